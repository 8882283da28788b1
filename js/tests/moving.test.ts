// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { addView, card, controller, model, nextFrame, one, spans, start, tokens } from "./page.ts";

describe("an output that is rendered again", () => {
  it("keeps its view, with the card that is open", () => {
    const el = start([tokens("a", "b")]);
    nextFrame();
    spans(el)[1]?.focus();
    const view = one(el, ".lpw");
    el.remove();
    const other = addView(controller.signal);
    nextFrame();
    expect(one(other, ".lpw")).toBe(view);
    expect(card(other).hidden).toBe(false);
    expect(document.activeElement).toBe(spans(other)[1]);
  });

  it("gets a view of its own while the first is on the page", () => {
    const el = start([tokens("a", "b")]);
    nextFrame();
    const other = addView(controller.signal);
    expect(one(other, ".lpw")).not.toBe(one(el, ".lpw"));
  });

  it("ends with its last place", () => {
    const first = new AbortController();
    const second = new AbortController();
    start([tokens("a")]);
    const el = addView(first.signal);
    nextFrame();
    el.remove();
    const other = addView(second.signal);
    first.abort();
    expect(spans(other)).toHaveLength(1);
    second.abort();
    expect(spans(other)).toHaveLength(0);
    expect(model.handlerCount).toBeGreaterThan(0);
  });
});
