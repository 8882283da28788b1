// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { card, marked, model, nextFrame, one, press, spans, start, tokens, type } from "./page.ts";
import type { TokenSpec } from "./support.ts";

const said = (el: HTMLElement): string | null => one(el, "[role=status]").textContent;
const chances = (...values: number[]): TokenSpec[] =>
  values.map((p, k) => ({ text: `t${k}`, logprob: Math.log(p), rank: p > 0.5 ? 1 : 2 }));
const focused = (el: HTMLElement): number => spans(el).indexOf(document.activeElement as never);

describe("jumps", () => {
  it("lead to uncertain tokens and back, and say when there is none", () => {
    const el = start([chances(0.9, 0.2, 0.95, 0.1)]);
    spans(el)[0]?.focus();
    const places = ["n", "n", "n", "p"].map((key) => {
      press(document.activeElement as Element, key);
      return focused(el);
    });
    expect(places).toEqual([1, 3, 3, 1]);
    press(document.activeElement as Element, "p");
    expect(said(el)).toBe("no uncertain token before this");
  });

  it("lead to tokens that were not the first choice", () => {
    const el = start([chances(0.9, 0.8, 0.3, 0.7)]);
    spans(el)[3]?.focus();
    press(document.activeElement as Element, "R");
    expect(focused(el)).toBe(2);
  });
});

describe("the search", () => {
  it("finds text across tokens, counts it and ends at the match", () => {
    const el = start([tokens("Un", "believ", "able", " un", "do")]);
    spans(el)[0]?.focus();
    press(document.activeElement as Element, "/");
    const field = type(el, "un");
    expect(one(el, ".lpw-search .lpw-number").textContent).toBe("1 of 2");
    expect(marked(el, "match")).toEqual([0, 3]);
    press(field, "Enter");
    expect(marked(el, "current-match")).toEqual([3]);
    type(el, "evABLE");
    expect(marked(el, "match")).toEqual([1, 2]);
    press(field, "Escape");
    expect([focused(el), marked(el, "match")]).toEqual([1, []]);
  });

  it("says when there is nothing", () => {
    const el = start([tokens("a")]);
    press(spans(el)[0] as Element, "/");
    type(el, "zebra");
    expect(one(el, ".lpw-search .lpw-number").textContent).toBe("nothing found");
  });
});

describe("pins", () => {
  it("stay side by side until they are taken away", () => {
    const el = start([tokens("a", "b", "c")]);
    for (const index of [0, 2]) {
      spans(el)[index]?.focus();
      press(spans(el)[index] as Element, "Enter");
    }
    const places = [...el.querySelectorAll(".lpw-pin .lpw-card-place")];
    expect(places.map(({ textContent }) => textContent)).toEqual(["token 1 of 3", "token 3 of 3"]);
    expect(marked(el, "pinned")).toEqual([0, 2]);
    expect(card(el).hidden).toBe(true);
    one(el, ".lpw-close").click();
    expect(marked(el, "pinned")).toEqual([2]);
    press(spans(el)[2] as Element, "Escape");
    expect(one(el, ".lpw-pins").hidden).toBe(true);
  });
});

describe("the help", () => {
  it("opens and closes, and gives the focus back", () => {
    const el = start([tokens("a")]);
    spans(el)[0]?.focus();
    press(spans(el)[0] as Element, "?");
    expect(one(el, ".lpw-help").hidden).toBe(false);
    press(one(el, ".lpw-help"), "Escape");
    expect(one(el, ".lpw-help").hidden).toBe(true);
    expect(focused(el)).toBe(0);
  });
});

describe("the legend", () => {
  it("dims what is more certain than its threshold", () => {
    const el = start([chances(0.99, 0.6, 0.1)]);
    const slider = one(el, ".lpw-threshold") as HTMLInputElement;
    slider.value = "16";
    slider.dispatchEvent(new Event("input"));
    nextFrame();
    expect(marked(el, "dim")).toEqual([0, 1]);
    expect(slider.ariaValueText).toBe("dimmed: more certain than 48.4 %");
  });

  it("shows how the values are spread", () => {
    const el = start([chances(1, 1, 1, 1, 0)]);
    const bars = [...el.querySelectorAll<HTMLElement>(".lpw-histogram > span")];
    expect(bars.map(({ style }) => style.height).filter((height) => height !== "0%")).toEqual([
      "100%",
      "50%",
    ]);
  });
});

describe("what page and kernel share", () => {
  it("has the tokens that were clicked", () => {
    const el = start([tokens("a", "b", "c", "d")]);
    const click = (index: number, keys: MouseEventInit = {}): void => {
      spans(el)[index]?.dispatchEvent(new MouseEvent("click", { bubbles: true, ...keys }));
    };
    click(1);
    expect(model.get("selection")).toEqual([[0, 1, 2]]);
    click(3, { shiftKey: true });
    expect(model.get("selection")).toEqual([[0, 1, 4]]);
    click(2, { ctrlKey: true });
    expect(marked(el, "selected")).toEqual([1, 3]);
    press(spans(el)[2] as Element, " ");
    expect(model.get("selection")).toEqual([[0, 1, 4]]);
    one(el, ".lpw-block").click();
    expect(model.get("selection")).toEqual([]);
  });

  it("has the tokens that the kernel highlights", () => {
    const el = start([tokens("a", "b"), tokens("c", "d")]);
    model.set("highlight", [[1, 0, 1]]);
    expect(marked(el, "highlighted")).toEqual([2]);
  });

  it("has the hovered token, here and in a linked view", () => {
    const el = start([tokens("a", "b")]);
    spans(el)[1]?.focus();
    expect(model.get("hovered")).toEqual([0, 1]);
    model.set("hovered", [0, 0]);
    expect(marked(el, "hovered")).toEqual([0]);
    press(spans(el)[1] as Element, "Escape");
    expect(model.get("hovered")).toBeNull();
  });
});
