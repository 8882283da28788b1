// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { Answer } from "../src/traits.ts";
import { marked, model, nextFrame, one, press, spans, start, tokens, type } from "./page.ts";

const NOTHING: Answer = { condition: "", runs: [], error: "" };
const focused = (el: HTMLElement): number => spans(el).indexOf(document.activeElement as never);
const count = (el: HTMLElement): string | null => one(el, ".lpw-search .lpw-number").textContent;
const answer = (changes: Partial<Answer>): void =>
  model.set("filtered", { ...NOTHING, ...changes });

function startWith(filtered: Answer = NOTHING): HTMLElement {
  const el = start([tokens("a", "b", "c", "d", "e")], {}, { filtered });
  spans(el)[0]?.focus();
  return el;
}

/** Opens the search and asks for a condition. */
function ask(el: HTMLElement, condition: string): void {
  press(spans(el)[0] as Element, "/");
  const kind = one(el, ".lpw-search select") as HTMLSelectElement;
  kind.value = "where";
  kind.dispatchEvent(new Event("change"));
  press(type(el, condition), "Enter");
}

describe("a condition", () => {
  it("is asked of the kernel, and its matches are marked, counted and gone through", () => {
    const el = startWith();
    ask(el, "surprisal > 4");
    expect(model.sent).toEqual([{ type: "filter", condition: "surprisal > 4" }]);
    expect(marked(el, "match")).toEqual([]);
    const runs: Answer["runs"] = [
      [0, 1, 3],
      [0, 4, 5],
    ];
    answer({ condition: "surprisal > 4", runs });
    expect([count(el), marked(el, "match")]).toEqual(["1 of 2", [1, 2, 4]]);
    press(one(el, ".lpw-field"), "Enter");
    expect([count(el), marked(el, "current-match")]).toEqual(["2 of 2", [4]]);
  });

  it("that is wrong is shown with the word that is", () => {
    const el = startWith();
    ask(el, "surprsal > 4");
    const error = "there is no surprsal\n  surprsal > 4\n  ^^^^^^^^";
    answer({ condition: "surprsal > 4", error });
    expect([one(el, ".lpw-fault").textContent, count(el)]).toEqual([error, ""]);
    type(el, "surprisal > 4");
    expect(one(el, ".lpw-fault").textContent).toBe("Enter: ask the kernel");
  });

  it("that no token meets says so", () => {
    const el = startWith();
    ask(el, "rank > 9");
    answer({ condition: "rank > 9" });
    expect(count(el)).toBe("nothing found");
  });

  it("that Python has set is marked at once, and n and p go through it", () => {
    const el = startWith({
      ...NOTHING,
      condition: "rank > 1",
      runs: [
        [0, 2, 3],
        [0, 4, 5],
      ],
    });
    expect(marked(el, "match")).toEqual([2, 4]);
    expect(marked(el, "current-match")).toEqual([]);
    const places = ["n", "n", "p"].map((key) => {
      press(document.activeElement as Element, key);
      return focused(el);
    });
    expect(places).toEqual([2, 4, 2]);
    press(document.activeElement as Element, "p");
    expect(one(el, "[role=status]").textContent).toBe("no match before this");
    press(document.activeElement as Element, "/");
    expect([(one(el, ".lpw-field") as HTMLInputElement).value, count(el)]).toEqual([
      "rank > 1",
      "1 of 2",
    ]);
  });

  it("ends with the search", () => {
    const el = startWith({ ...NOTHING, condition: "rank > 1", runs: [[0, 2, 3]] });
    press(document.activeElement as Element, "/");
    press(one(el, ".lpw-field"), "Escape");
    expect(model.sent).toEqual([{ type: "filter", condition: "" }]);
    expect([marked(el, "match"), focused(el)]).toEqual([[], 2]);
  });

  it("changes its matches while tokens come, and nothing moves", () => {
    const el = startWith({ ...NOTHING, condition: "rank > 1", runs: [[0, 2, 3]] });
    press(document.activeElement as Element, "/");
    answer({
      condition: "rank > 1",
      runs: [
        [0, 2, 3],
        [0, 4, 5],
      ],
    });
    expect([count(el), marked(el, "match")]).toEqual(["1 of 2", [2, 4]]);
  });

  it("cannot be asked where there is no kernel", () => {
    const el = start([tokens("a")]);
    press(spans(el)[0] as Element, "/");
    expect(one(el, ".lpw-search select").hidden).toBe(true);
  });
});

describe("alternatives", () => {
  const pinned = (choosable?: boolean): HTMLElement => {
    const el = start([tokens("a", "b")], {}, choosable === undefined ? {} : { choosable });
    spans(el)[1]?.focus();
    press(spans(el)[1] as Element, "Enter");
    return el;
  };

  it("in a pinned card can be chosen when Python listens", () => {
    const el = pinned(true);
    const offered = [...el.querySelectorAll<HTMLElement>(".lpw-pin td button")];
    expect(offered.map(({ ariaLabel }) => ariaLabel)).toEqual(["branch with x"]);
    offered[0]?.click();
    expect(model.sent).toEqual([{ type: "choose", generation: 0, position: 1, alternative: 0 }]);
  });

  it.each([undefined, false])("are only shown otherwise", (choosable) => {
    expect(pinned(choosable).querySelector(".lpw-pin td button")).toBeNull();
  });
});

describe("the search", () => {
  it("opens with a button, too", () => {
    const el = startWith();
    const open = [...el.querySelectorAll<HTMLElement>(".lpw-legend button")];
    open.find(({ textContent }) => textContent === "search")?.click();
    nextFrame();
    expect(one(el, ".lpw-search").hidden).toBe(false);
  });
});
