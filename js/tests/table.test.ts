// @vitest-environment happy-dom

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStore } from "../src/store.ts";
import { columnsOf } from "../src/table/columns.ts";
import { nextSorting, placesOf } from "../src/table/order.ts";
import table from "../src/table.ts";
import { nextFrame, one, press } from "./page.ts";
import { FakeModel, FrameWriter, PROBABILITY, SURPRISAL, type TokenSpec } from "./support.ts";

const both = { metrics: [PROBABILITY, SURPRISAL] };
const tokens = (...logprobs: (number | undefined)[]): TokenSpec[] =>
  logprobs.map((logprob, k) => ({
    text: `t${k}`,
    rank: k,
    ...(logprob === undefined ? {} : { logprob }),
    alternatives: [["x", -1]],
  }));

let model: FakeModel;
let writer: FrameWriter;

function start(
  generations: readonly (readonly TokenSpec[])[],
  traits: Record<string, unknown> = {},
): HTMLElement {
  writer = new FrameWriter();
  const frame = new DataView(writer.keyframe(generations, { ...both, live: true }));
  model = new FakeModel({ frame, color: "surprisal", address: "here", selection: [], ...traits });
  const el = document.createElement("div");
  const { signal } = new AbortController();
  document.body.append(el);
  const view = table();
  view.initialize({ model, signal } as never);
  view.render({ model, el, signal } as never);
  return el;
}

const rows = (el: HTMLElement): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>("tbody tr[data-at]"),
];
const cells = (row: HTMLElement | undefined): (string | null)[] =>
  [...(row?.children ?? [])].map(({ textContent }) => textContent);
const heads = (el: HTMLElement): HTMLElement[] => [...el.querySelectorAll<HTMLElement>("th")];
const column = (el: HTMLElement, name: string): (string | null | undefined)[] => {
  const at = heads(el).findIndex(({ textContent }) => textContent === name);
  return rows(el).map((row) => row.children[at]?.textContent);
};

describe("the table of tokens", () => {
  it("is printed whole, up to a limit that it says", () => {
    const el = start([tokens(...Array.from({ length: 1010 }, (_, k) => -k / 1010))]);
    const near = rows(el).length;
    expect(near).toBeLessThan(500);
    dispatchEvent(new Event("beforeprint"));
    expect(rows(el)).toHaveLength(1000);
    expect(one(el, "tbody tr:last-child").textContent).toBe("10 more rows not printed");
    dispatchEvent(new Event("afterprint"));
    expect(rows(el)).toHaveLength(near);
  }, 20_000);

  it("says what the card says", () => {
    const el = start([tokens(0, -1, undefined)]);
    expect(heads(el).map(({ textContent }) => textContent)).toEqual([
      ...["position", "token", "probability", "nats", "rank", "surprisal"],
    ]);
    expect(cells(rows(el)[1])).toEqual(["1", "t1", "36.8 %", "−1.000", "1", "1.443"]);
    expect(cells(rows(el)[2]).slice(2)).toEqual(["unknown", "unknown", "2", "unknown"]);
    expect(one(el, "td.lpw-token").style.cssText).toBe("");
    expect(rows(el)[1]?.querySelector<HTMLElement>("td.lpw-token")?.style.cssText).toContain(
      "var(--lpw-step-",
    );
  });

  it("numbers generations when there are several", () => {
    const el = start([tokens(0), tokens(-1, -2)]);
    expect(column(el, "generation")).toEqual(["0", "1", "1"]);
    expect(column(el, "position")).toEqual(["0", "0", "1"]);
  });

  it("grows", () => {
    const el = start([tokens(0)]);
    model.append(writer.append([tokens(-1)]));
    nextFrame();
    expect(rows(el)).toHaveLength(2);
    expect(one(el, ".lpw-count").textContent).toBe("2 tokens so far");
  });

  it("lists only what meets a condition", () => {
    const filtered = { condition: "rank > 1", runs: [[0, 1, 2]], error: "" };
    const el = start([tokens(0, -1, -2)], { filtered });
    expect(column(el, "position")).toEqual(["1"]);
    expect(one(el, ".lpw-count").textContent).toBe("1 of 3 tokens so far: rank > 1");
  });

  it("sorts by a heading, what is unknown last", () => {
    const el = start([tokens(-1, undefined, -3, 0)]);
    const heading = heads(el).find(({ textContent }) => textContent === "nats");
    const orders = [1, 2, 3].map(() => {
      one(heading as HTMLElement, "button").click();
      nextFrame();
      return [heading?.ariaSort ?? null, column(el, "position").join("")];
    });
    expect(orders).toEqual([
      ["descending", "3021"],
      ["ascending", "2031"],
      [null, "0123"],
    ]);
  });

  it("has few rows of a long text, and keys lead to all of them", () => {
    const el = start([tokens(...Array.from({ length: 3000 }, () => -1))]);
    expect(rows(el).length).toBeLessThan(100);
    expect(one(el, "table").ariaRowCount).toBe("3001");
    press(one(el, "table"), "End");
    expect(one(el, ".lpw-active").dataset["at"]).toBe("2999");
    expect(one(el, "table").getAttribute("aria-activedescendant")).toBe(one(el, ".lpw-active").id);
    expect(one(el, ".lpw-card .lpw-card-place").textContent).toBe("token 3000 of 3000");
    expect(model.get("hovered")).toEqual([0, 2999]);
  });

  it("shares the selection", () => {
    const el = start([tokens(0, -1)]);
    one(el, "tbody tr[data-at='1']").click();
    expect(model.get("selection")).toEqual([[0, 1, 2]]);
    expect(rows(el).map(({ ariaSelected }) => ariaSelected)).toEqual(["false", "true"]);
    model.set("selection", []);
    expect(rows(el).map(({ ariaSelected }) => ariaSelected)).toEqual(["false", "false"]);
  });
});

describe("any order", () => {
  it("lists every token once, known values in order", () => {
    const value = fc.oneof(fc.constant(undefined), fc.float({ min: -9, max: 0, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.array(value, { maxLength: 9 }), { maxLength: 3 }), (specs) => {
        const store = createStore();
        const generations = specs.map((logprobs) => tokens(...logprobs));
        store.receive(new FrameWriter().keyframe(generations, both));
        const [, right] = columnsOf(store.metrics, "", specs.length);
        const nats = right.find(({ label }) => label === "nats");
        if (!nats) throw new Error("no column");
        const sorting = nextSorting(nats, undefined);
        const places = placesOf(store.generations, undefined, sorting);
        expect(new Set(places.map(String)).size).toBe(specs.flat().length);
        const found = places.map(([k, i]) => specs[k]?.[i] ?? Number.NEGATIVE_INFINITY);
        expect(found).toEqual([...found].sort((a, b) => b - a));
      }),
    );
  });
});
