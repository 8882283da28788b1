import { firstWhere } from "./blocks.ts";

export type Stretch = readonly [start: number, end: number];

/** Stretches of tokens, in order and apart. */
export interface Spans {
  readonly stretches: readonly Stretch[];
  has(index: number): boolean;
}

/** Of any stretches, in any order. */
export function spansOf(any: Iterable<Stretch> = []): Spans {
  const stretches: [start: number, end: number][] = [];
  for (const [start, end] of [...any].sort(([a], [b]) => a - b)) {
    const last = stretches.at(-1);
    if (start >= end) continue;
    if (last && start <= last[1]) last[1] = Math.max(end, last[1]);
    else stretches.push([start, end]);
  }
  const endOf = (k: number): number => (stretches[k] as Stretch)[1];
  return {
    stretches,
    has(index) {
      const found = stretches[firstWhere(stretches.length, (k) => endOf(k) > index)];
      return found !== undefined && found[0] <= index;
    },
  };
}

/** A stretch of one generation, as the kernel knows it. */
export type Selected = readonly [generation: number, start: number, end: number];

export function spansIn(
  generation: number,
  selected: readonly Selected[] | null | undefined,
): Spans {
  const mine = (selected ?? []).filter(([number]) => number === generation);
  return spansOf(mine.map(([, start, end]): Stretch => [start, end]));
}
