// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import { card, model, nextFrame, point, press, spans, start, tokens, writer } from "./page.ts";

describe("the card", () => {
  it("opens after a moment over a token, and at once over the next", () => {
    const el = start([tokens("a", "b")]);
    point(spans(el)[0] as Element, "pointerover");
    expect(card(el).hidden).toBe(true);
    vi.advanceTimersByTime(60);
    expect(card(el).textContent).toContain("token 1 of 2");
    point(spans(el)[1] as Element, "pointerover");
    expect(card(el).textContent).toContain("token 2 of 2");
  });

  it("stays while the pointer is on it, and goes when it leaves", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as Element;
    point(token, "pointerover");
    vi.advanceTimersByTime(60);
    point(token, "pointerout");
    point(card(el), "pointerover");
    vi.advanceTimersByTime(1000);
    expect(card(el).hidden).toBe(false);
    point(card(el), "pointerout");
    vi.advanceTimersByTime(150);
    expect(card(el).hidden).toBe(true);
  });

  it("keeps out of the way of a selection", () => {
    const el = start([tokens("a")]);
    const drag = new PointerEvent("pointerover", {
      bubbles: true,
      pointerType: "mouse",
      buttons: 1,
    });
    spans(el)[0]?.dispatchEvent(drag);
    vi.advanceTimersByTime(1000);
    expect(card(el).hidden).toBe(true);
  });

  it("closes when a keyframe replaces its token", () => {
    const el = start([tokens("a")]);
    spans(el)[0]?.focus();
    model.set("frame", new DataView(writer.keyframe([tokens("b")], { seq: 1 })));
    nextFrame();
    expect(card(el).hidden).toBe(true);
  });

  it("describes the focused token and closes with Escape", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as HTMLElement;
    token.focus();
    expect(token.getAttribute("aria-describedby")).toBe(card(el).id);
    press(token, "Escape");
    expect(card(el).hidden).toBe(true);
    expect(token.hasAttribute("aria-describedby")).toBe(false);
  });

  it("opens by a tap and closes by a tap elsewhere", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as Element;
    point(token, "pointerover", "touch");
    point(token, "pointerdown", "touch");
    point(token, "pointerout", "touch");
    vi.advanceTimersByTime(1000);
    expect(card(el).hidden).toBe(false);
    point(document.body, "pointerdown", "touch");
    expect(card(el).hidden).toBe(true);
  });

  it("and the focus stay when tokens arrive", () => {
    const el = start([tokens("a", "b")], { live: true });
    spans(el)[1]?.focus();
    model.append(writer.append([tokens("c")]));
    nextFrame();
    expect(document.activeElement).toBe(spans(el)[1]);
    expect(card(el).hidden).toBe(false);
  });
});
