// @vitest-environment happy-dom

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { linksOf } from "../src/compare/linking.ts";
import { createPair, type Kind, levelOf, type PairData } from "../src/compare/pairs.ts";
import definition from "../src/compare.ts";
import { createStore } from "../src/store.ts";
import { one, point, press, spans, texts } from "./page.ts";
import { FakeModel, FrameWriter, PROBABILITY, SURPRISAL, type TokenSpec } from "./support.ts";

type Row = readonly [kind: Kind, first: number, other: number, delta?: number];

const pairOf = (rows: readonly Row[], changes: Partial<PairData> = {}): PairData => ({
  kinds: rows.map(([kind]) => kind),
  starts: [0, 0],
  counts: [rows.map(([, first]) => first), rows.map(([, , other]) => other)],
  bits: [rows.map(() => 1), rows.map(() => 2)],
  delta: rows.map(([, , , delta]) => delta ?? null),
  divergence: rows.map(() => null),
  fork: null,
  isText: true,
  ...changes,
});
const said = (...words: string[]): TokenSpec[] =>
  words.map((text) => ({ text, logprob: -1, alternatives: [[text, -1]] }));

// "a b|c" and "a|b c" stand for the same bytes; then they differ; only the first goes on.
const FIRST = said("a b", "c", " x", " y", " z");
const OTHER = said("a", " bc", " u");
const ROWS: Row[] = [
  ["equal", 2, 2, 0.5],
  ["replaced", 2, 1, -0.4],
  ["deleted", 1, 0],
];

let controller: AbortController;
let model: FakeModel;

function show(
  generations: readonly (readonly TokenSpec[])[],
  pairs: readonly PairData[],
  color = "difference",
): HTMLElement {
  const frame = new FrameWriter().keyframe(generations, { metrics: [PROBABILITY, SURPRISAL] });
  const names = generations.map((_, k) => `text ${k + 1}`);
  model = new FakeModel({
    frame: new DataView(frame),
    pairs,
    names,
    summaries: names.map((name) => `about ${name}`),
    color,
  });
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal: controller.signal } as never);
  return el;
}

function storeOf(...generations: TokenSpec[][]): ReturnType<typeof createStore> {
  const store = createStore();
  store.receive(new FrameWriter().keyframe(generations));
  return store;
}

beforeEach(() => {
  controller = new AbortController();
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"],
  });
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("stretches", () => {
  it("hold every token of both sides once, whatever their sizes", () => {
    const sizes = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1 });
    fc.assert(
      fc.property(sizes, fc.nat(9), (counts, start) => {
        const rows = counts.map(([a, b]): Row => ["replaced", a, b]);
        const pair = createPair(pairOf(rows, { starts: [start, 0] }));
        for (const side of [0, 1] as const) {
          const first = side === 0 ? start : 0;
          const total = counts.reduce((sum, both) => sum + both[side], first);
          for (let token = 0; token < total + 2; token++) {
            const [from, to] = pair.of(side, token)?.tokens[side] ?? [0, 0];
            expect(from <= token && token < to).toBe(token >= first && token < total);
          }
        }
      }),
    );
  });

  it("have a colour from 0.1 bits a byte on, four at most", () => {
    expect([0, 0.09, -0.1, 0.5, -1, 99, Number.NaN].map(levelOf)).toEqual([0, 0, 1, 2, 3, 4, 0]);
  });
});

describe("the tokens of one place", () => {
  const { generations } = storeOf(FIRST, OTHER, FIRST);
  const same: Row[] = FIRST.map(() => ["equal", 1, 1]);
  const pairs = [createPair(pairOf(ROWS)), createPair(pairOf(same))];
  const links = (column: number, token: number): unknown[] =>
    linksOf(pairs, generations, column, token).map(({ tokens, isSame }) => [...tokens, isSame]);

  it("share bytes with it, where tokens begin and end elsewhere", () => {
    expect(links(0, 0)).toEqual([
      [0, 1, true],
      [0, 2, true],
      [0, 1, true],
    ]);
    expect(links(0, 1)).toEqual([
      [1, 2, true],
      [1, 2, true],
      [1, 2, true],
    ]);
    expect(links(1, 0)).toEqual([
      [0, 1, true],
      [0, 1, true],
      [0, 1, true],
    ]);
  });

  it("are what is said instead at a fork, and nothing after it", () => {
    expect(links(0, 2)[1]).toEqual([2, 3, false]);
    expect(links(0, 3)[1]).toEqual([0, 0, false]);
    expect(links(0, 4)[1]).toEqual([0, 0, false]);
  });

  it("are found through the first text for the others", () => {
    expect(links(2, 1)).toEqual([
      [1, 2, true],
      [1, 2, true],
      [1, 2, true],
    ]);
    expect(links(1, 2)).toEqual([
      [2, 3, false],
      [2, 3, true],
      [2, 3, false],
    ]);
  });
});

describe("the view", () => {
  const fork = { fork: [2, 2] as const };

  it("has a column for each text, with its name and summary", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS, fork)]);
    expect(texts(el)).toEqual(["a b", "c", " x", " y", " z", "a", " bc", " u"]);
    const lines = [...el.querySelectorAll(".lpw-summary")].map((line) => line.textContent);
    expect(lines).toEqual(["about text 1", "about text 2"]);
    expect(one(el, ".lpw-column:last-child .lpw-source").textContent).toMatch("text 2");
  });

  it("marks the fork, what differs, and what was more or less expected", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS, fork)]);
    const marked = (name: string): number[] =>
      spans(el).flatMap((span, k) => (span.classList.contains(`lpw-${name}`) ? [k] : []));
    expect(marked("fork")).toEqual([2, 7]);
    expect(marked("differs")).toEqual([2, 3, 4, 7]);
    expect(marked("more-2")).toEqual([5, 6]);
  });

  it("names the place where equal texts are farthest apart otherwise", () => {
    const rows: Row[] = FIRST.map(() => ["equal", 1, 1]);
    const el = show([FIRST, FIRST], [pairOf(rows, { fork: [1, 1], isText: false })]);
    expect(spans(el)[1]?.className).toMatch("lpw-farthest");
    expect(el.querySelectorAll(".lpw-fork").length).toBe(0);
  });

  it("shows the cards of all texts, and underlines their tokens", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS, fork)]);
    spans(el)[0]?.focus();
    const cards = [...el.querySelectorAll(".lpw-linked-text")];
    expect(cards.map((card) => card.querySelector("p")?.textContent)).toEqual([
      "text 1",
      "text 2the same bytes in 2 tokens",
    ]);
    expect(cards[1]?.querySelectorAll(".lpw-linked-card").length).toBe(2);
    expect(one(el, ".lpw-linked-change").textContent).toBe(
      "equal: 1.000 bits → 2.000 bits · Δ +0.5000 bits a byte",
    );
    const hovered = (): number[] =>
      spans(el).flatMap((span, k) => (span.classList.contains("lpw-hovered") ? [k] : []));
    expect(hovered()).toEqual([0, 5, 6]);
    press(document.body, "Escape");
    expect(hovered()).toEqual([]);
  });

  it("shows cards to the pointer too, and says where there is nothing", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS, fork)]);
    point(spans(el)[4] as Element, "pointerover");
    vi.advanceTimersByTime(100);
    expect(one(el, ".lpw-linked-text:last-child").textContent).toMatch("nothing stands here");
  });

  it("is walked by keys: differences, the fork, the same place across", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS, fork)]);
    const at = (): number => spans(el).indexOf(document.activeElement as HTMLElement);
    const after = (key: string): number => {
      press(document.activeElement as Element, key);
      return at();
    };
    spans(el)[0]?.focus();
    expect(["n", "n", "n", "p", "Home", "f", "o", "o", "ArrowLeft", "End"].map(after)).toEqual([
      2, 4, 4, 2, 0, 2, 7, 2, 1, 4,
    ]);
    expect(one(el, "[role=status]").textContent).toBe("no difference after this");
  });

  it("colours by a metric when asked, and tells the kernel", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS)]);
    const menu = one(el, "select") as HTMLSelectElement;
    expect([...menu.options].map(({ value }) => value)).toEqual([
      "difference",
      "probability",
      "surprisal",
    ]);
    menu.value = "surprisal";
    menu.dispatchEvent(new Event("change"));
    vi.advanceTimersByTime(20);
    expect(model.get("color")).toBe("surprisal");
    expect(model.saved).toBe(1);
    expect(spans(el)[0]?.className).toMatch(/lpw-c\d/);
    expect(one(el, ".lpw-compare").classList.contains("lpw-uncolored")).toBe(false);
  });

  it("keeps hostile names and texts as text", () => {
    const attack = "<img src=x onerror=alert(1)>";
    const el = show([said(attack), said(attack)], [pairOf([["equal", 1, 1]])]);
    expect(texts(el)).toEqual([attack, attack]);
    expect(el.querySelector("img")).toBeNull();
  });

  it("says what is wrong with a frame that cannot be read", () => {
    const el = document.createElement("div");
    const values = { frame: new DataView(new ArrayBuffer(64)), pairs: [], names: [] };
    model = new FakeModel({ ...values, summaries: [], color: "difference" });
    definition.render({ model, el, signal: controller.signal } as never);
    expect(one(el, "[role=alert]").textContent).toMatch("not a frame");
  });

  it("leaves nothing behind", () => {
    const el = show([FIRST, OTHER], [pairOf(ROWS)]);
    controller.abort();
    expect(model.handlerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
