import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { GenerationFrame } from "../src/frame.ts";
import { decodeFrame } from "../src/frame.ts";
import type { Generation } from "../src/generation.ts";
import { createStore } from "../src/store.ts";

interface ExpectedToken {
  readonly bytes: string;
  readonly token_id: number;
  readonly logprob: number | null;
  readonly rank: number;
  readonly part: string;
  readonly chosen: number;
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly alternatives: readonly { readonly bytes: string; readonly logprob: number | null }[];
}

interface Expected {
  readonly seq: number;
  readonly kind: string;
  readonly live: boolean;
  readonly generations: readonly (Pick<GenerationFrame, "head"> & {
    /** Tokens before these. */
    readonly base: number;
    readonly tokens: readonly ExpectedToken[];
  })[];
}

const FOLDER = join(import.meta.dirname, "../../tests/contract");
const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".frame"))
  .map((name) => name.slice(0, -".frame".length))
  .sort();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
const float32 = (value: number | null): number | null =>
  value === null ? null : Math.fround(value);

function decoded(generation: Generation, index: number, metrics: readonly string[]): ExpectedToken {
  const alternatives = generation.alternatives(index);
  return {
    bytes: hex(generation.bytes(index)),
    token_id: generation.tokenId(index),
    logprob: orNull(generation.logprob(index)),
    rank: generation.rank(index),
    part: generation.part(index),
    chosen: alternatives.findIndex(({ isChosen }) => isChosen),
    metrics: Object.fromEntries(
      metrics.map((name) => [name, orNull(generation.metric(name, index))]),
    ),
    alternatives: alternatives.map(({ bytes, logprob }) => ({
      bytes: hex(bytes),
      logprob: orNull(logprob),
    })),
  };
}

function rounded(token: ExpectedToken): ExpectedToken {
  return {
    ...token,
    logprob: float32(token.logprob),
    metrics: Object.fromEntries(
      Object.entries(token.metrics).map(([name, value]) => [name, float32(value)]),
    ),
    alternatives: token.alternatives.map(({ bytes, logprob }) => ({
      bytes,
      logprob: float32(logprob),
    })),
  };
}

describe("frames written by Python", () => {
  const store = createStore();

  it("exist", () => expect(names).not.toEqual([]));

  // In the order of their names: an append stands after the keyframe it continues.
  it.each(names)("%s decodes to what Python meant", (name) => {
    const bytes = Uint8Array.from(readFileSync(join(FOLDER, `${name}.frame`)));
    const expected: Expected = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));
    const { kind, generations } = decodeFrame(bytes);
    expect(kind).toBe(expected.kind);
    store.receive(bytes);
    expect(store.error).toBe("");
    expect([store.seq, store.live]).toEqual([expected.seq, expected.live]);
    expected.generations.forEach(({ base, head, tokens }, k) => {
      const generation = store.generations[k] as Generation;
      expect(generations[k]).toMatchObject({ head });
      expect(generation.length).toBe(base + tokens.length);
      tokens.forEach((token, index) => {
        const found = decoded(generation, base + index, Object.keys(token.metrics));
        expect(found).toEqual(rounded(token));
      });
    });
  });
});
