// Shows what a notebook's file holds of a view: see docs/decisions/0006-saved-output.md.

import type { AnyWidget, RenderProps } from "@anywidget/types";
import { element } from "./dom.ts";
import { fail } from "./frame.ts";
import { unpack } from "./packed.ts";

export const MIME = "application/vnd.lpwidgets.v1+json";

/** The saved output; a hostile file may hold anything instead. */
export interface Saved {
  readonly version: number;
  readonly view: string;
  readonly data: string;
  /** Why there is none of that. */
  readonly note?: string;
}

/** Loads the script and the stylesheet of a view, undefined if there is none of that name. */
export type Load = (view: string) => Promise<AnyWidget> | undefined;

type Traits = Record<string, unknown>;

const VERSION = 2;

/**
 * Draws what was saved as its widget does; what a reader changes there stays there. What it
 * returns opens again what the browser has closed, to be called while `el` is off the page.
 */
export type Show = (saved: Saved, el: HTMLElement, signal: AbortSignal) => Promise<() => void>;

export function createShow(load: Load): Show {
  return async (saved, el, signal) => {
    try {
      const loading = load(saved.view);
      if (saved.version !== VERSION || !loading) {
        fail("another version of lpwidgets saved them; run the cell again");
      }
      if (saved.note) {
        el.replaceChildren(paragraph("p.note", saved.note));
        return () => {};
      }
      const [module, traits] = await Promise.all([loading, unpack(saved.data)]);
      if (signal.aborted) return () => {};
      const model = createModel({ selection: [], hovered: null, ...traits });
      const { initialize, render } = typeof module === "function" ? await module() : module;
      const props = { model, el, signal } as unknown as RenderProps;
      await initialize?.(props);
      await render?.(props);
      if (typeof module !== "function") return () => {};
      return () => {
        el.replaceChildren();
        render?.(props);
      };
    } catch (error) {
      const text = `the saved tokens cannot be read: ${(error as Error).message}`;
      el.replaceChildren(paragraph("p.error", text));
      return () => {};
    }
  };
}

function paragraph(kind: "p.note" | "p.error", text: string): HTMLElement {
  const box = element("div", element(kind, text));
  box.classList.add("lpw");
  return box;
}

/** What anywidget gives a view, without a kernel behind it. */
function createModel(traits: Traits) {
  const target = new EventTarget();
  return {
    get: (name: string) => traits[name],
    set(name: string, value: unknown): void {
      traits[name] = value;
      target.dispatchEvent(new Event(`change:${name}`));
    },
    save_changes(): void {},
    send(): void {},
    on: (name: string, handler: () => void) => target.addEventListener(name, handler),
    off: (name: string, handler: () => void) => target.removeEventListener(name, handler),
  };
}
