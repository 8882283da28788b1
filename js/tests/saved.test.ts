// @vitest-environment happy-dom
// Saved tokens as Python writes them, and where they stand in for a widget.

import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import type { AnyWidget } from "@anywidget/types";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeBase85 } from "../src/base85.ts";
import { keepReadable } from "../src/fallback.ts";
import { decodeFrame } from "../src/frame.ts";
import { createGeneration } from "../src/generation.ts";
import { unpack } from "../src/packed.ts";
import type { Registry, Renderer } from "../src/rendermime.ts";
import { createShow, MIME, type Saved } from "../src/saved.ts";
import widget from "../src/widget.ts";

interface Told {
  readonly [name: string]: unknown;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const CONTRACT = `${import.meta.dirname}/../../tests/contract/saved.json`;
const { saved: SAVED, columns: COLUMNS }: { saved: Saved; columns: Told[] } = JSON.parse(
  readFileSync(CONTRACT, "utf8"),
);
/** What values may be off by, of themselves. */
const ROUNDED = 2 ** -11;
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
const WORDS = "Error displaying widget: model not found";

const showSaved = createShow((view) =>
  view === "widget" ? Promise.resolve(widget as unknown as AnyWidget) : undefined,
);

let controller: AbortController;

beforeEach(() => {
  controller = new AbortController();
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
});

async function shown(saved: Saved): Promise<HTMLElement> {
  const el = document.createElement("div");
  document.body.append(el);
  await showSaved(saved, el, controller.signal);
  return el;
}

describe("packed columns", () => {
  test("are all there, values to half a step", async () => {
    const { frame } = await unpack(SAVED.data);
    const read = decodeFrame(frame as DataView<ArrayBuffer>);
    if (read.kind !== "keyframe") throw new Error("no keyframe");
    expect(read.generations).toHaveLength(COLUMNS.length);
    read.generations.forEach((one, k) => {
      const generation = createGeneration(read.metrics, read.parts);
      generation.append({ ...one, base: [0, 0, 0] });
      const { values, token, alternative, ...others } = COLUMNS[k] as Told;
      const { columns } = generation;
      for (const [name, column] of Object.entries(others)) {
        expect([name, ...columns[name as "rank"].view]).toEqual([name, ...(column as number[])]);
      }
      const texts = (indexes: Uint32Array): string[] =>
        [...indexes].map((index) => text(generation.piece(index)));
      expect(texts(columns.token.view)).toEqual(token);
      expect(texts(columns.alternative.view)).toEqual(alternative);
      for (const [name, column] of Object.entries(values)) {
        const own = name === "logprob" || name === "alternative_logprob";
        const found = own ? columns[name].view : generation.values(name);
        expect(found).toHaveLength(column.length);
        column.forEach((value, k) => {
          expect(isClose(found[k] as number, Number(value.replace("inf", "Infinity")))).toBe(true);
        });
      }
    });
  });

  test("are the bytes that base 85 writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        expect(decodeBase85(encodeBase85(bytes))).toEqual(bytes);
      }),
    );
  });
});

/** Half a step of what is saved; of what is made of that, as a power of e, a little more. */
function isClose(found: number, value: number): boolean {
  if (Number.isNaN(value)) return Number.isNaN(found);
  const off = 1.0001 * ROUNDED * Math.max(1, Math.abs(Math.log(Math.abs(value || 1))));
  return (
    Object.is(Math.abs(found), Math.abs(value)) || Math.abs(found - value) <= off * Math.abs(value)
  );
}

function text(bytes: Uint8Array): string {
  const found = new TextDecoder().decode(bytes);
  const escaped = [...bytes].map((byte) => `\\x${byte.toString(16)}`).join("");
  return found.includes("\ufffd") ? escaped : found;
}

function encodeBase85(bytes: Uint8Array): string {
  const digits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
  const padding = -bytes.length & 3;
  const padded = Buffer.concat([bytes, Buffer.alloc(padding)]);
  const groups = Array.from({ length: padded.length / 4 }, (_, k) => padded.readUInt32BE(4 * k));
  const group = (word: number): string =>
    [4, 3, 2, 1, 0].map((k) => digits[Math.floor(word / 85 ** k) % 85]).join("");
  const encoded = groups.map(group).join("");
  return encoded.slice(0, encoded.length - padding);
}

const tokensOf = (el: HTMLElement): (string | null)[] =>
  [...el.querySelectorAll(".lpw-token")].map(({ textContent }) => textContent);

describe("saved tokens", () => {
  test("are drawn as the widget draws them", async () => {
    const el = await shown(SAVED);
    expect(tokensOf(el).slice(0, 3)).toEqual(["Hello", "F0 9F", "<script>U+202E"]);
    expect(el.querySelector("select")?.value).toBe("surprisal");
    const marked = [...el.querySelectorAll(".lpw-highlighted")];
    expect(marked.map(({ textContent }) => textContent)).toEqual(["F0 9F"]);
  });

  test("have their alternatives on the card", async () => {
    const el = await shown(SAVED);
    el.querySelector<HTMLElement>(".lpw-token")?.focus();
    const codes = [...el.querySelectorAll(".lpw-card tbody code")];
    expect(codes.map(({ textContent }) => textContent)).toEqual(["Hello", "Hi", "Hey"]);
  });

  const other = "another version of lpwidgets saved them";
  test.each([
    ["nothing", {}, other],
    ["the first layout", { frame: "H4sI", traits: {} }, other],
    ["a later layout", { ...SAVED, version: 3 }, other],
    ["an unknown view", { ...SAVED, view: "constructor" }, other],
    ["no base 85", { ...SAVED, data: '"' }, "it is not base 85"],
    ["nothing that is packed", { ...SAVED, data: "00000" }, ""],
    ["half of it", { ...SAVED, data: SAVED.data.slice(0, -200) }, ""],
    ["too much", { ...SAVED, data: packed(Buffer.alloc(1 << 27)) }, "it is too large"],
    ["fewer tokens than said", { ...SAVED, data: packed(withoutBody()) }, "it is cut short"],
  ])("that hold %s are an error in words", async (_, saved, reason) => {
    const el = await shown(saved as unknown as Saved);
    const text = el.querySelector(".lpw .lpw-error")?.textContent;
    expect(text).toContain(`the saved tokens cannot be read: ${reason}`);
  });
});

function packed(bytes: Uint8Array): string {
  return encodeBase85(deflateRawSync(bytes));
}

function withoutBody(): Buffer {
  const counts = { tokens: 1e9, pieces: 1, alternatives: 1, bytes: 1 };
  const frame = { metrics: [], derived: {}, generations: [{ counts }] };
  const header = Buffer.from(JSON.stringify({ traits: {}, frame }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  return Buffer.concat([size, header]);
}

/** What ipywidgets registers, without a widget manager: a test says what it finds. */
function createRenderer() {
  const node = document.createElement("div");
  document.body.append(node);
  const renderer = {
    node,
    disposed: { connect: (act: () => void) => Object.assign(renderer, { dispose: act }) },
    dispose(): void {},
    show: vi.fn(),
    removeClass: vi.fn(),
    renders: 0,
    async renderModel(): Promise<void> {
      renderer.renders++;
      node.textContent = WORDS;
    },
    findModel(name = "live"): HTMLElement {
      node.textContent = "";
      const view = document.createElement("div");
      view.className = name;
      node.append(view);
      return view;
    },
  };
  return renderer;
}

describe("the place of a widget", () => {
  let made: ReturnType<typeof createRenderer>;
  let renderer: Renderer;
  const render = (data: object = {}): Promise<void> =>
    renderer.renderModel({ data: { [WIDGET_VIEW]: { model_id: "1" }, [MIME]: SAVED, ...data } });
  const isSaved = (): boolean => made.node.querySelector(".lpw") !== null;
  const becomesSaved = (): Promise<void> => vi.waitFor(() => expect(isSaved()).toBe(true));
  /** Longer than a live view is waited for. */
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

  beforeEach(() => {
    made = createRenderer();
    class Base {
      addFactory(): void {}
      createRenderer(): Renderer {
        return made;
      }
    }
    const registry: Registry = new Base();
    const before = Base.prototype.createRenderer;
    keepReadable(registry, showSaved);
    renderer = new Base().createRenderer(...([WIDGET_VIEW] as unknown as []));
    expect(Base.prototype.createRenderer).not.toBe(before);
  });

  test("has the saved view where there is no model", async () => {
    await render();
    expect(made.node.textContent).toBe(WORDS);
    await becomesSaved();
    expect(made.node.textContent).not.toContain(WORDS);
    expect(made.show).toHaveBeenCalled();
  });

  test("goes to the live view, whenever that appears, and back when it goes", async () => {
    await render();
    await becomesSaved();
    const view = made.findModel();
    await settle();
    expect(isSaved()).toBe(false);
    view.remove();
    await becomesSaved();
  });

  test("is drawn once where the live view is in time", async () => {
    const seen = vi.spyOn(document, "createElement");
    await render();
    made.findModel();
    seen.mockClear();
    await settle();
    expect(seen).not.toHaveBeenCalled();
  });

  test("is drawn once however often its words are set anew", async () => {
    await render();
    await becomesSaved();
    made.node.textContent = WORDS;
    await vi.waitFor(() => expect(made.node.textContent).not.toContain(WORDS));
    expect(made.node.querySelectorAll(".lpw")).toHaveLength(1);
  });

  test("keeps a live view when the output is saved anew", async () => {
    await render({ [MIME]: undefined });
    const view = made.findModel();
    await render();
    expect(view.isConnected).toBe(true);
    expect(made.renders).toBe(1);
    await render({ [WIDGET_VIEW]: { model_id: "2" } });
    expect(made.renders).toBe(2);
  });

  test("shows what is newest", async () => {
    await render({ [MIME]: { ...SAVED, data: '"' } });
    await vi.waitFor(() => expect(made.node.textContent).toContain("cannot be read"));
    await render();
    await vi.waitFor(() => expect(tokensOf(made.node)).toHaveLength(7));
  });

  test("has the saved view in place of a closed or a broken one", async () => {
    await render({ [WIDGET_VIEW]: { model_id: "" } });
    await becomesSaved();
    expect(made.renders).toBe(0);
    await render();
    const broken = made.findModel("jupyter-widgets-error-widget");
    await becomesSaved();
    expect(broken.hidden).toBe(true);
  });

  test("of others is left alone", async () => {
    await render({ [MIME]: undefined });
    await settle();
    expect([made.node.textContent, made.renders]).toEqual([WORDS, 1]);
  });

  test("is cleaned up with the output", async () => {
    await render();
    made.dispose();
    await settle();
    expect(isSaved()).toBe(false);
  });
});
