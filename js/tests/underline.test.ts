// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { colorOf, model, nextFrame, one, spans, start } from "./page.ts";
import { PROBABILITY, SURPRISAL, type TokenSpec } from "./support.ts";

const both = { metrics: [PROBABILITY, SURPRISAL] };
const VALUES: TokenSpec[] = [
  { text: "a", logprob: 0 },
  { text: "b", logprob: -4 * Math.LN2 },
  { text: "c", logprob: -8 * Math.LN2 },
  { text: "d" },
];
const shadows = (el: HTMLElement): string[] => spans(el).map(({ style }) => style.boxShadow);
const line = (pixels: string): string => `inset 0 -${pixels}px var(--lpw-under)`;

describe("the underline", () => {
  it("is thicker where a second metric is less certain, none at first", () => {
    const el = start([VALUES], both);
    expect(shadows(el)).toEqual(["", "", "", ""]);
    model.set("underline", "surprisal");
    nextFrame();
    expect(shadows(el)).toEqual(["", line("1.6"), line("3.1"), ""]);
    expect(colorOf(spans(el)[2] as Element)).toBe("lpw-c31");
  });

  it("is chosen from a menu that tells the kernel, and explained", () => {
    const el = start([VALUES], both);
    const menu = el.querySelectorAll("select")[1] as HTMLSelectElement;
    const wedge = one(el, ".lpw-wedge").parentElement as HTMLElement;
    expect([menu.value, wedge.hidden]).toEqual(["", true]);
    menu.value = "surprisal";
    menu.dispatchEvent(new Event("change"));
    nextFrame();
    expect(model.get("underline")).toBe("surprisal");
    expect([wedge.hidden, wedge.textContent]).toEqual([false, "0 bits8.000 bits"]);
    model.set("underline", "");
    nextFrame();
    expect([shadows(el)[2], wedge.hidden]).toEqual(["", true]);
  });
});

describe("an open scale", () => {
  const spread = (values: readonly number[]): TokenSpec[] =>
    values.map((surprisal) => ({ text: "x", logprob: -1, metrics: { surprisal } }));

  it("is not stretched by the outermost hundredth of many values", () => {
    const values = [...Array.from({ length: 400 }, (_, k) => (k % 8) + 1), 500, 500];
    const el = start([spread(values)], { metrics: [SURPRISAL] });
    expect(one(el, ".lpw-scale").textContent).toBe("certain 0 bits8.000 bits uncertain");
    expect(colorOf(spans(el).at(-1) as Element)).toBe("lpw-c31");
  });

  it("reaches to the largest of few", () => {
    const el = start([spread([1, 2, 40])], { metrics: [SURPRISAL] });
    expect(one(el, ".lpw-scale").textContent).toBe("certain 0 bits40.00 bits uncertain");
  });
});
