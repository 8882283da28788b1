// Shows what a notebook's file holds of the tokens: see docs/decisions/0006-saved-output.md.

import type { AnyModel, RenderProps } from "@anywidget/types";
import { element } from "./dom.ts";
import { fail } from "./frame.ts";
import type { Traits } from "./traits.ts";
import widget from "./widget.ts";

export const MIME = "application/vnd.lpwidgets.v1+json";

/** The saved output; a hostile file may hold anything instead. */
export interface Saved {
  readonly frame: string;
  readonly traits: Pick<Traits, "color" | "underline" | "highlight">;
}

const START = 8;
/** Bytes a frame may unpack to: what the kernel saves is far below. */
const MOST = 1 << 26;

/**
 * Draws the tokens as the widget does; what a reader selects there stays there. What it returns
 * opens again what the browser has closed, to be called while `el` is off the page.
 */
export async function showSaved(
  saved: Saved,
  el: HTMLElement,
  signal: AbortSignal,
): Promise<() => void> {
  try {
    const { color, underline = "", highlight } = saved.traits;
    const frame = await unpack(saved.frame);
    if (signal.aborted) return () => {};
    const model = createModel({ frame, color, underline, highlight, selection: [], hovered: null });
    const props = { model: model as AnyModel<Traits>, el, signal } as RenderProps<Traits>;
    const view = widget();
    view.initialize(props);
    view.render(props);
    return () => {
      el.replaceChildren();
      view.render(props);
    };
  } catch (error) {
    const text = `the saved tokens cannot be read: ${(error as Error).message}`;
    el.replaceChildren(element("div", element("p.error", text)));
    el.firstElementChild?.classList.add("lpw");
    return () => {};
  }
}

/** base64, gzip, and a body of which all first bytes of four come first. */
async function unpack(text: string): Promise<DataView<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await readAll(stream.getReader());
  const frame = bytes.slice();
  const start = START + new DataView(bytes.buffer).getUint32(4, true);
  const count = (bytes.length - start) / 4;
  for (let k = 0; k < 4; k++) {
    for (let i = 0; i < count; i++) {
      frame[start + 4 * i + k] = bytes[start + k * count + i] as number;
    }
  }
  return new DataView(frame.buffer);
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size <= MOST) continue;
    await reader.cancel();
    fail("it is too large");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** What anywidget gives a view, without a kernel behind it. */
function createModel(traits: Traits) {
  const target = new EventTarget();
  return {
    get: <K extends keyof Traits>(name: K): Traits[K] => traits[name],
    set<K extends keyof Traits>(name: K, value: Traits[K]): void {
      traits[name] = value;
      target.dispatchEvent(new Event(`change:${name}`));
    },
    save_changes(): void {},
    on: (name: string, handler: () => void) => target.addEventListener(name, handler),
    off: (name: string, handler: () => void) => target.removeEventListener(name, handler),
  };
}
