// @vitest-environment happy-dom
// Saved tokens as Python writes them, and where they stand in for a widget.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepReadable } from "../src/fallback.ts";
import type { Registry, Renderer } from "../src/rendermime.ts";
import { MIME, type Saved, showSaved } from "../src/saved.ts";

const CONTRACT = `${import.meta.dirname}/../../tests/contract/saved.json`;
const SAVED: Saved = JSON.parse(readFileSync(CONTRACT, "utf8"));
const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
const WORDS = "Error displaying widget: model not found";

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

const tokensOf = (el: HTMLElement): (string | null)[] =>
  [...el.querySelectorAll(".lpw-token")].map(({ textContent }) => textContent);

describe("saved tokens", () => {
  test("are drawn as the widget draws them", async () => {
    const el = await shown(SAVED);
    expect(tokensOf(el)).toEqual(["Hello", "F0 9F", "<script>U+202E"]);
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

  test.each([
    ["nothing", {}, ""],
    ["no base64", { frame: "?", traits: {} }, ""],
    ["no gzip", { frame: "AAAA", traits: {} }, ""],
    ["too much", { frame: gzipped(1 << 27), traits: {} }, "it is too large"],
  ])("that hold %s are an error in words", async (_, saved, reason) => {
    const el = await shown(saved as unknown as Saved);
    const text = el.querySelector(".lpw .lpw-error")?.textContent;
    expect(text).toContain(`the saved tokens cannot be read: ${reason}`);
  });
});

function gzipped(bytes: number): string {
  return gzipSync(Buffer.alloc(bytes)).toString("base64");
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
    keepReadable(registry);
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
    await render({ [MIME]: { ...SAVED, frame: "?" } });
    await vi.waitFor(() => expect(made.node.textContent).toContain("cannot be read"));
    await render();
    await vi.waitFor(() => expect(tokensOf(made.node)).toHaveLength(3));
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
