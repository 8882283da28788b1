import { firstWhere } from "../blocks.ts";
import type { Stretch as Range } from "../spans.ts";

export type Kind = "equal" | "replaced" | "inserted" | "deleted" | "end";

/** 0 is the first text, 1 the one that is compared with it. */
export type Side = 0 | 1;

type Both<T> = readonly [first: T, other: T];

type Values = readonly (number | null)[];

/** A text against the first, in the words of lpwidgets/display/compare.py; null is unknown. */
export interface PairData {
  readonly kinds: readonly Kind[];
  readonly starts: Both<number>;
  readonly counts: Both<readonly number[]>;
  readonly bits: Both<Values>;
  readonly delta: Values;
  readonly divergence: Values;
  /** The tokens where the texts part or, of equal texts, where the distributions are farthest apart. */
  readonly fork: Both<number | null> | null;
  readonly isText: boolean;
}

/** Tokens of both texts that stand for each other; numbers are NaN where unknown. */
export interface Stretch {
  readonly kind: Kind;
  readonly tokens: Both<Range>;
  readonly bits: Both<number>;
  readonly delta: number;
  readonly divergence: number;
}

export type Pair = ReturnType<typeof createPair>;

export function createPair({ kinds, starts, counts, ...data }: PairData) {
  const edges = ([0, 1] as const).map((side) => {
    let edge = starts[side];
    return [edge, ...counts[side].map((count) => (edge += count))];
  });
  const range = (side: Side, k: number): Range => [
    edges[side]?.[k] as number,
    edges[side]?.[k + 1] as number,
  ];
  const pair = {
    length: kinds.length,
    fork: data.fork,
    forkName: data.isText ? "fork" : "farthest",
    at: (k: number): Stretch => ({
      kind: kinds[k] as Kind,
      tokens: [range(0, k), range(1, k)],
      bits: [data.bits[0][k] ?? Number.NaN, data.bits[1][k] ?? Number.NaN],
      delta: data.delta[k] ?? Number.NaN,
      divergence: data.divergence[k] ?? Number.NaN,
    }),
    get stretches() {
      return kinds.map((_, k) => pair.at(k));
    },
    /** The stretch that a token of one side is in; a prompt's tokens are in none. */
    of(side: Side, token: number): Stretch | undefined {
      const k = firstWhere(kinds.length, (k) => range(side, k)[1] > token);
      return k < kinds.length && range(side, k)[0] <= token ? pair.at(k) : undefined;
    },
  };
  return pair;
}

/** Bits a byte from which on a difference has the next colour, as in compare_html.py. */
export const LEVELS = [0.1, 0.3, 1, 3];

/** 0 for a difference that is not worth a colour, then 1 to 4. */
export function levelOf(delta: number): number {
  return LEVELS.filter((least) => Math.abs(delta) >= least).length;
}

export function isDifferent({ kind }: Stretch): boolean {
  return kind !== "equal" && kind !== "end";
}
