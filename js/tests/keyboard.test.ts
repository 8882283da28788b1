// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { nearestOnNextLine } from "../src/lines.ts";
import { press, spans, start, tokens } from "./page.ts";

describe("the keyboard", () => {
  const stops = (el: HTMLElement): number[] =>
    spans(el).flatMap(({ tabIndex }, k) => (tabIndex === 0 ? [k] : []));

  it("has one tab stop in the text", () => {
    expect(stops(start([tokens("a", "b", "c")]))).toEqual([0]);
  });

  it.each([
    [["ArrowRight"], 1],
    [["ArrowRight", "ArrowRight", "ArrowLeft"], 1],
    [["ArrowLeft"], 0],
    [["End"], 2],
    [["End", "ArrowRight"], 2],
    [["End", "Home"], 0],
  ])("%j leads to token %i", (keys, expected) => {
    const el = start([tokens("a", "b", "c")]);
    spans(el)[0]?.focus();
    for (const key of keys) press(document.activeElement as Element, key);
    expect(document.activeElement).toBe(spans(el)[expected]);
    expect(stops(el)).toEqual([expected]);
  });

  it("leaves other keys to the page, but no letters: to a notebook they are commands", () => {
    const el = start([tokens("a", "b")]);
    expect(press(spans(el)[0] as Element, "F5")).toBe(true);
    expect(press(spans(el)[0] as Element, "b")).toBe(false);
    expect(press(spans(el)[0] as Element, "ArrowRight")).toBe(false);
  });

  it("begins where the reader clicked", () => {
    const el = start([tokens("a", "b", "c")]);
    spans(el)[2]?.click();
    expect(stops(el)).toEqual([2]);
    press(document.activeElement as Element, "ArrowLeft");
    expect(document.activeElement).toBe(spans(el)[1]);
  });

  it("goes up and down to what is nearest", () => {
    const at = (left: number, top: number): HTMLElement => {
      const span = document.createElement("span");
      span.getClientRects = () => [new DOMRect(left, top, 10, 10)] as unknown as DOMRectList;
      return span;
    };
    const lines = [at(0, 0), at(20, 0), at(40, 0), at(0, 20), at(18, 21), at(0, 40), at(40, 40)];
    expect(nearestOnNextLine((k) => lines[k], 1, 1)).toBe(4);
    expect(nearestOnNextLine((k) => lines[k], 2, 1)).toBe(4);
    expect(nearestOnNextLine((k) => lines[k], 4, -1)).toBe(1);
    expect(nearestOnNextLine((k) => lines[k], 6, -1)).toBe(4);
    expect(nearestOnNextLine((k) => lines[k], 6, 1)).toBe(6);
  });
});
