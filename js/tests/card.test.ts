// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { cardContent } from "../src/card.ts";
import type { Metric } from "../src/schema.ts";
import { createStore } from "../src/store.ts";
import { FrameWriter, PROBABILITY, SURPRISAL, type TokenSpec } from "./support.ts";

const PARIS: TokenSpec = {
  text: " Paris",
  id: 7042,
  logprob: Math.log(0.25),
  rank: 2,
  chosen: 1,
  alternatives: [
    [" Lyon", Math.log(0.5)],
    [" Paris", Math.log(0.25)],
  ],
};

function card(
  token: TokenSpec,
  metrics: readonly Metric[] = [PROBABILITY, SURPRISAL],
): HTMLElement {
  const store = createStore();
  store.receive(new FrameWriter().keyframe([[{ text: "The" }, token]], { metrics }));
  const box = document.createElement("div");
  const generation = store.generations[0];
  if (generation) box.append(...cardContent(generation, 1, metrics));
  return box;
}

const texts = (box: Element, selector: string): (string | null)[] =>
  [...box.querySelectorAll(selector)].map(({ textContent }) => textContent);

const rows = (box: Element): (string | null)[][] =>
  [...box.querySelectorAll("tbody tr")].map((row) => texts(row, "td"));

const figures = (box: Element): (string | null)[] => texts(box, ".lpw-card-figures > span");

const widths = (box: Element): string[] =>
  [...box.querySelectorAll<HTMLElement>(".lpw-bar-fill")].map(({ style }) => style.width);

describe("the card", () => {
  it("shows the token exactly and where it stands", () => {
    expect(texts(card(PARIS), ".lpw-card-title > *")).toEqual(["·Paris", "token 2 of 2"]);
  });

  it("spells out the bytes of half a character", () => {
    const half = card({ text: [0xe2, 0x82] });
    expect(texts(half, ".lpw-card-title > *")).toEqual(["E2 82", "token 2 of 2", "bytes E2 82"]);
  });

  it("gives probability, log probability, rank and id", () => {
    expect(figures(card(PARIS))).toEqual(["25.0 %", "−1.386 nats", "rank 2 of 2 shown", "id 7042"]);
  });

  it("says what it does not know", () => {
    expect(figures(card({ text: "x" }))).toEqual(["log probability unknown", "rank unknown"]);
  });

  it("lists the metrics of the frame, those already said left out", () => {
    expect(texts(card(PARIS), ".lpw-card-facts > div")).toEqual(["surprisal2.000 bits"]);
  });

  it("names the part unless the token was generated", () => {
    expect(texts(card({ ...PARIS, part: "forced" }, []), ".lpw-card-facts > div")).toEqual([
      "partforced",
    ]);
    expect(texts(card(PARIS, []), ".lpw-card-facts > div")).toEqual([]);
  });

  it("has a row for each alternative and one for what is not shown", () => {
    expect(rows(card(PARIS))).toEqual([
      ["", "·Lyon", "", "50.0 %", "−0.6931"],
      ["●sampled", "·Paris", "", "25.0 %", "−1.386"],
      ["", "not shown", "", "25.0 %", ""],
    ]);
    expect(widths(card(PARIS)).map(Number.parseFloat).map(Math.round)).toEqual([50, 25, 25]);
  });

  it("never has less than nothing unseen", () => {
    const rounded = card({
      text: "a",
      logprob: 0,
      chosen: 0,
      alternatives: [
        ["a", 0],
        ["b", -3],
      ],
    });
    expect(rows(rounded).at(-1)).toEqual(["", "not shown", "", "0 %", ""]);
  });

  it("adds a token sampled from outside its alternatives", () => {
    const outside = card({
      text: "zz",
      logprob: Math.log(0.1),
      rank: 913,
      alternatives: [["a", Math.log(0.6)]],
    });
    expect(figures(outside)[2]).toBe("rank 913");
    expect(
      rows(outside).map(([marker, token, , probability]) => [marker, token, probability]),
    ).toEqual([
      ["", "a", "60.0 %"],
      ["●sampled", "zz", "10.0 %"],
      ["", "not shown", "30.0 %"],
    ]);
  });

  it("keeps two alternatives of the same text apart", () => {
    const twins = card({
      text: "a",
      logprob: -1,
      chosen: 1,
      alternatives: [
        ["a", -1],
        ["a", -1],
      ],
    });
    expect(rows(twins).map(([marker]) => marker)).toEqual(["", "●sampled", ""]);
  });

  it("says when there are no alternatives", () => {
    const bare = card({ text: "a", logprob: -1 });
    expect(texts(bare, ".lpw-card-note")).toEqual(["the server returned no alternatives"]);
    expect(rows(bare)).toEqual([]);
  });
});
