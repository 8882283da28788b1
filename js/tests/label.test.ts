// @vitest-environment happy-dom

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../src/label/marks.ts";
import { reliability } from "../src/label/reliability.ts";
import label from "../src/label.ts";
import { FakeModel } from "./support.ts";

let controller: AbortController;
let model: FakeModel;

const answers = (count: number): Answer[] =>
  Array.from({ length: count }, (_, k) => ({ question: `q${k}`, text: `a${k}`, score: k / count }));

function show(given: readonly Answer[], labels: (boolean | null)[] = [], unsure: number[] = []) {
  const whole = given.map((_, k) => labels[k] ?? null);
  model = new FakeModel({ answers: given, labels: whole, unsure });
  const el = document.createElement("div");
  document.body.append(el);
  label.render({ model, el, signal: controller.signal } as never);
  return el;
}

const boxes = (el: HTMLElement): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(".lpw-answer"),
];
const text = (el: Element, selector: string): string =>
  el.querySelector(selector)?.textContent ?? "";
const choose = (el: HTMLElement, index: number, mark: string): void =>
  boxes(el)[index]?.querySelector<HTMLElement>(`[data-mark="${mark}"]`)?.click();
const press = (key: string, more: object = {}): boolean => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  return document.activeElement?.dispatchEvent(event) ?? true;
};
const current = (el: HTMLElement): number =>
  boxes(el).indexOf(document.activeElement as HTMLElement);

beforeEach(() => {
  controller = new AbortController();
});
afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
});

describe("labelling", () => {
  it("shows question, answer and confidence", () => {
    const el = show([{ question: "Who?", text: "line one\nline two", score: 0.25 }]);
    expect(text(el, ".lpw-question")).toBe("Who?");
    expect(text(el, ".lpw-said")).toBe("line one\nline two");
    expect(text(el, ".lpw-confidence")).toBe("confidence 25.0 %");
  });

  it("tells the kernel all at once what was clicked", () => {
    const el = show(answers(3));
    choose(el, 1, "right");
    expect(model.get("labels")).toEqual([null, true, null]);
    choose(el, 2, "wrong");
    choose(el, 0, "unsure");
    expect(model.get("labels")).toEqual([null, true, false]);
    expect(model.get("unsure")).toEqual([0]);
    expect(model.saved).toBe(3);
    expect(text(el, ".lpw-count")).toBe("2 of 3 labelled, 1 unsure");
    expect(boxes(el).map(({ dataset }) => dataset["mark"])).toEqual(["unsure", "right", "wrong"]);
    expect(boxes(el)[2]?.ariaLabel).toBe("answer 3 of 3, wrong");
  });

  it("takes a mark away when it is chosen again", () => {
    const el = show(answers(2), [true]);
    choose(el, 0, "right");
    expect(model.get("labels")).toEqual([null, null]);
  });

  it.each([
    ["1", "y", [true]],
    ["2", "n", [false]],
    ["3", "u", [null]],
  ])("has the keys %s and %s, and goes on", (digit, letter, [expected]) => {
    for (const key of [digit, letter]) {
      const el = show(answers(3), [null, true]);
      boxes(el)[0]?.focus();
      expect(press(key)).toBe(false);
      expect((model.get("labels") as unknown[])[0]).toBe(expected);
      expect(current(el)).toBe(2);
    }
  });

  it("moves by arrows, and leaves other keys to the notebook", () => {
    const el = show(answers(4));
    boxes(el)[0]?.focus();
    press("ArrowDown");
    press("ArrowDown");
    press("ArrowUp");
    expect(current(el)).toBe(1);
    press("End");
    expect(current(el)).toBe(3);
    expect(press("a")).toBe(true);
    expect(press("1", { ctrlKey: true })).toBe(true);
    expect(model.saved).toBe(0);
    expect(boxes(el).filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
  });

  it("takes marks back one by one, and goes where they were", () => {
    const el = show(answers(3), [false]);
    choose(el, 0, "right");
    choose(el, 1, "unsure");
    boxes(el)[2]?.focus();
    press("z");
    expect([model.get("unsure"), current(el)]).toEqual([[], 1]);
    press("z", { ctrlKey: true });
    expect(model.get("labels")).toEqual([false, null, null]);
    press("z");
    expect(model.get("labels")).toEqual([false, null, null]);
    const undo = el.querySelector(".lpw-progress button");
    expect(undo?.hasAttribute("disabled")).toBe(true);
  });

  it("follows labels that are set elsewhere", () => {
    const el = show(answers(2));
    model.set("labels", [true, false]);
    expect(text(el, ".lpw-count")).toBe("2 of 2 labelled");
  });

  it("goes to the next that is not labelled, after the last from the first again", () => {
    const el = show(answers(3), [null, true, true]);
    boxes(el)[2]?.focus();
    [...el.querySelectorAll<HTMLElement>("button")]
      .find((one) => one.textContent === "next unlabelled")
      ?.click();
    expect(current(el)).toBe(0);
  });

  it("shows the diagram from ten labels on, with the number in each bin", () => {
    const given = answers(12);
    const el = show(given, Array(9).fill(true));
    expect(el.querySelector("svg")).toBeNull();
    choose(el, 9, "wrong");
    expect(el.querySelectorAll("svg circle")).toHaveLength(4);
    const numbers = [...el.querySelectorAll("svg > text")].map((one) => one.textContent);
    expect(numbers.slice(-5)).toEqual(["3", "2", "3", "2", "0"]);
    expect(text(el, "figcaption")).toBe("10 labels: 90.0 % right at a mean confidence of 37.5 %");
    const name = el.querySelector("svg")?.getAttribute("aria-label");
    expect(name).toContain("66.7 %: 50.0 % of 2 right".slice(8));
  });

  it("leaves answers of unknown confidence out of the diagram", () => {
    const given = answers(10).map((one) => ({ ...one, score: null }));
    const el = show(given, Array(10).fill(true));
    expect(text(el, ".lpw-count")).toBe("10 of 10 labelled");
    expect(el.querySelector("svg")).toBeNull();
    expect(text(el, ".lpw-confidence")).toBe("confidence unknown");
  });

  it("writes hostile texts as they are and long ones when asked", () => {
    const evil = "<img src=x onerror=alert(1)>\u202e";
    const el = show([{ question: evil, text: "x".repeat(3000), score: null }]);
    expect(el.querySelector("img")).toBeNull();
    expect(text(el, ".lpw-question")).toContain("U+202E");
    const more = el.querySelector<HTMLElement>(".lpw-said button");
    expect(more?.textContent).toBe("show all 3,000 characters");
    more?.click();
    expect(text(el, ".lpw-said")).toHaveLength(3000);
  });

  it("brings many answers onto the page bit by bit", () => {
    const el = show(answers(5000));
    expect(boxes(el)).toHaveLength(100);
    expect(text(el, ".lpw-list > button")).toBe("4,900 more answers: show 100");
    boxes(el)[0]?.focus();
    press("End");
    press("ArrowDown");
    expect([boxes(el).length, current(el)]).toEqual([200, 100]);
  });

  it("shows no answers and leaves nothing behind", () => {
    const el = show([]);
    expect(text(el, ".lpw-count")).toBe("0 of 0 labelled");
    controller.abort();
    expect(model.handlerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});

describe("the reliability diagram", () => {
  const contract = join(import.meta.dirname, "../../tests/contract/reliability.json");
  it.each(JSON.parse(readFileSync(contract, "utf8")) as never[])(
    "has the bins of Python",
    (one) => {
      const { scores, correct, bins, rows } = one as {
        scores: number[];
        correct: boolean[];
        bins: number;
        rows: Record<string, number | null>[];
      };
      const found = reliability(scores, correct, bins);
      expect(found).toHaveLength(rows.length);
      rows.forEach((row, k) => {
        for (const [name, value] of Object.entries(row)) {
          const mine = (found[k] as unknown as Record<string, number>)[name] as number;
          if (value === null) expect(mine).toBeNaN();
          else expect(mine).toBeCloseTo(value, 12);
        }
      });
    },
  );
});
