// @vitest-environment happy-dom

import { array, assert, boolean, constantFrom, property } from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGraph, type LatticeData } from "../src/lattice/graph.ts";
import { layOut, rowsOf } from "../src/lattice/layout.ts";
import { firstPaths, type Node, prune } from "../src/lattice/pruned.ts";
import lattice from "../src/lattice.ts";

type Text = string | readonly number[];

/** A prefix tree of runs, written as the kernel writes it; answers are the whole texts, or one for all. */
function data(runs: readonly (readonly Text[])[], merged = false): LatticeData {
  const edges = {
    source: [] as number[],
    target: [] as number[],
    token: [] as Text[],
    token_id: [] as number[],
    part: [] as string[],
    probability: [] as (number | null)[],
    contexts: [] as number[],
    answer: [] as number[],
  };
  const known = new Map<string, number>();
  const answers: { text: string; runs: number; mass: number | null }[] = [];
  const paths = new Map<string, { edges: number[]; runs: number }>();
  const add = (key: string, source: number, token: Text, answer: number): number => {
    const edge = known.get(key) ?? edges.source.length;
    if (known.has(key)) return edge;
    known.set(key, edge);
    edges.source.push(source);
    edges.target.push(edge + 1);
    edges.token.push(token);
    edges.token_id.push(-1);
    edges.part.push(answer < 0 ? "generated" : "end");
    edges.probability.push(answer < 0 ? 0.5 : null);
    edges.contexts.push(1);
    edges.answer.push(answer);
    return edge;
  };
  for (const run of runs) {
    const name = merged ? "all" : run.join("");
    let answer = answers.findIndex(({ text }) => text === name);
    if (answer < 0) answer = answers.push({ text: name, runs: 0, mass: 0.25 }) - 1;
    (answers[answer] as { runs: number }).runs++;
    let state = 0;
    let key = "";
    const way: number[] = [];
    for (const token of run) {
      key += `|${token}`;
      way.push(add(key, state, token, -1));
      state = edges.target[way.at(-1) as number] as number;
    }
    way.push(add(`${key}|end ${answer}`, state, "", answer));
    const path = paths.get(key) ?? { edges: way, runs: 0 };
    path.runs++;
    paths.set(key, path);
  }
  const sorted = [...paths.values()].sort((a, b) => b.runs - a.runs);
  return { source: ["local", "a model"], facts: [], notes: [], edges, paths: sorted, answers };
}

const RUNS = array(array(constantFrom("a", "b", "c", " d"), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 60,
});
const sum = (values: readonly { runs: number }[]): number =>
  values.reduce((total, { runs }) => total + runs, 0);

describe("what is drawn of any runs", () => {
  it("holds every run once: in a stream to an answer or in a fold", () => {
    assert(
      property(RUNS, boolean(), (runs, merged) => {
        const graph = createGraph(data(runs, merged));
        const nodes = prune(graph, firstPaths(graph));
        const ends = nodes.filter(({ kind }) => kind === "answer" || kind === "fold");
        expect(sum(ends.flatMap(({ previous }) => previous))).toBe(runs.length);
        for (const { kind, previous, next, runs: through } of nodes) {
          if (kind !== "start" && kind !== "answer") expect(sum(previous)).toBe(through);
          if (kind === "text" || kind === "start") expect(sum(next)).toBe(through);
        }
      }),
    );
  });

  it("has few rows, folds of at least two ways, and a text per stretch without a fork", () => {
    assert(
      property(RUNS, boolean(), (runs, merged) => {
        const graph = createGraph(data(runs, merged));
        const nodes = prune(graph, firstPaths(graph));
        expect(rowsOf(nodes[0] as Node).count).toBeLessThanOrEqual(20);
        for (const { kind, paths, next } of nodes) {
          if (kind === "fold") expect(paths.length).toBeGreaterThan(1);
          const [only, other] = next;
          const isStretch = kind === "text" && !other && only?.to.kind === "text";
          if (isStretch) expect(only.to.previous.length).toBeGreaterThan(1);
        }
      }),
    );
  });

  it("goes from left to right, rows below each other, answers in one column", () => {
    assert(
      property(RUNS, boolean(), (runs, merged) => {
        const graph = createGraph(data(runs, merged));
        const nodes = prune(graph, firstPaths(graph));
        const size = { width: 50, height: 19 };
        const { boxes } = layOut(nodes, new Map(nodes.map((node) => [node, size])));
        const at = (node: Node) => boxes.get(node) as { x: number; y: number };
        const places = nodes.map((node) => `${at(node).x} ${at(node).y}`);
        expect(new Set(places).size).toBe(places.length);
        for (const node of nodes) {
          for (const { to } of node.next) expect(at(to).x).toBeGreaterThan(at(node).x + 50);
        }
        const columns = nodes.filter(({ kind }) => kind === "answer").map((node) => at(node).x);
        expect(new Set(columns).size).toBe(1);
      }),
    );
  });
});

describe("the view", () => {
  let controller: AbortController;
  const show = (sent: LatticeData): HTMLElement => {
    const el = document.createElement("div");
    document.body.append(el);
    const model = { get: () => sent };
    lattice.render({ model, el, signal: controller.signal } as never);
    return el;
  };
  const all = (el: HTMLElement, selector: string): HTMLElement[] => [
    ...el.querySelectorAll<HTMLElement>(selector),
  ];
  const texts = (el: HTMLElement, selector: string): (string | null)[] =>
    all(el, selector).map(({ textContent }) => textContent);
  const one = (el: HTMLElement, selector: string): HTMLElement =>
    all(el, selector)[0] as HTMLElement;
  const token = (el: HTMLElement, text: string): HTMLElement =>
    all(el, ".lpw-token").find(({ textContent }) => textContent === text) as HTMLElement;
  const press = (key: string): void => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  };
  const marked = (el: HTMLElement): (string | null)[] => texts(el, ".lpw-node.lpw-marked");

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    controller = new AbortController();
  });
  afterEach(() => {
    controller.abort();
    document.body.replaceChildren();
    vi.useRealTimers();
  });

  it("has texts that do not fork in one piece, coloured token by token", () => {
    const el = show(data([["New", " York"], ["New", " York"], ["Rome"]]));
    expect(texts(el, ".lpw-of-text")).toEqual(["New York", "Rome"]);
    expect(token(el, "New").style.backgroundColor).toMatch(/^var\(--lpw-step-\d+\)$/);
    expect(texts(el, ".lpw-answer .lpw-answer-text")).toEqual(["New York", "Rome"]);
    expect(one(el, ".lpw-scroller").ariaLabel).toBe("lattice of 3 runs");
  });

  it("marks the runs through what has the focus, and says how many they are", () => {
    const el = show(data([["a", "b"], ["a", "c"], ["d"]]));
    token(el, "a").focus();
    expect(marked(el)).toEqual(["3 runs", "a", "b", "ab125.0 %", "c", "ac125.0 %"]);
    expect(one(el, ".lpw-card").textContent).toContain("2 of 3 · 66.7 %");
    expect(all(el, ".lpw-marked-streams path").length).toBeGreaterThan(4);
    token(el, "d").focus();
    expect(marked(el)).toEqual(["3 runs", "d", "d125.0 %"]);
    press("Escape");
    expect(marked(el)).toEqual([]);
    expect(all(el, ".lpw-marked-streams path")).toEqual([]);
  });

  it("is walked with the arrow keys, along the most frequent way", () => {
    const el = show(data([["a", "b"], ["a", "c"], ["a", "c"], ["d"]]));
    const focused = (): string | null => document.activeElement?.textContent ?? null;
    expect(all(el, ".lpw-token").filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
    one(el, ".lpw-start").focus();
    for (const expected of ["a", "c", "ac225.0 %"]) {
      press("ArrowRight");
      expect(focused()).toBe(expected);
    }
    for (const expected of ["c", "a", "4 runs"]) {
      press("ArrowLeft");
      expect(focused()).toBe(expected);
    }
  });

  it("opens a fold by a click, and folds again", () => {
    const runs = Array.from({ length: 40 }, (_, k) => [`word ${k}`]);
    const el = show(data([...runs, ["a"], ["a"]]));
    const fold = one(el, ".lpw-fold");
    expect(fold.textContent).toBe("22 more · 22 runs");
    expect(one(el, ".lpw-legend .lpw-button").hidden).toBe(true);
    fold.click();
    expect(one(el, ".lpw-fold").textContent).toBe("10 more · 10 runs");
    expect(document.activeElement?.textContent).toMatch(/^word/);
    one(el, ".lpw-legend .lpw-button").click();
    expect(one(el, ".lpw-fold").textContent).toBe("22 more · 22 runs");
  });

  it("has a way to each large answer, however rare its ways are", () => {
    const ways = (word: string): string[][] => Array.from({ length: 30 }, (_, k) => [word, `${k}`]);
    const sent = data([...ways("no").flatMap((way) => [way, way]), ...ways("yes")]);
    const name = ({ text }: { text: string }): number => Number(text.startsWith("yes"));
    const answer = sent.edges.answer.map((k) => (k < 0 ? k : name(sent.answers[k] as never)));
    const answers = ["no", "yes"].map((text, k) => ({ text, runs: 60 / (k + 1), mass: 0.25 }));
    const el = show({ ...sent, edges: { ...sent.edges, answer }, answers });
    expect(texts(el, ".lpw-answer .lpw-answer-text")).toEqual(["no", "yes"]);
  });

  it("counts the tokens that there is no room for, and shows them on demand", () => {
    const el = show(data([Array.from({ length: 40 }, (_, k) => ` word${k}`)]));
    const more = one(el, ".lpw-of-text .lpw-button");
    expect(more.textContent).toBe("… 32 more tokens");
    more.click();
    expect(all(el, ".lpw-of-text .lpw-token")).toHaveLength(40);
  });

  it("shows text as text, bytes as bytes, and line ends as marks", () => {
    const el = show(data([["<img src=x>", [0xe2], "\n"]]));
    expect(one(el, ".lpw-of-text").textContent).toBe("<img src=x>E2⏎");
    expect(el.querySelector("img")).toBeNull();
  });

  it("says what is unknown", () => {
    const sent = data([["a"]]);
    const edges = { ...sent.edges, probability: [null, null] };
    const el = show({ ...sent, edges, answers: [{ text: "a", runs: 1, mass: null }] });
    expect(token(el, "a").classList).toContain("lpw-unknown");
    expect(one(el, ".lpw-answer-mass").textContent).toBe("unknown");
  });

  it("ends without a trace", () => {
    const el = show(data([["a"]]));
    controller.abort();
    expect(el.childElementCount).toBe(0);
  });
});
