import type { Marks } from "../look.ts";
import { type Stretch as Range, type Spans, spansOf } from "../spans.ts";
import { isDifferent, levelOf, type Pair, type Side, type Stretch } from "./pairs.ts";

/** A difference that is worth a stop has at least this level. */
const WORTH = 2;

/** Every text against the first, or one against it; and on which side the column stands. */
function sideOf(pairs: readonly Pair[], column: number): [readonly Pair[], Side] {
  return column === 0 ? [pairs, 0] : [pairs.slice(column - 1, column), 1];
}

/** What is marked in a column: what differs, the fork, and by level what surprised more or less. */
export function marksOf(pairs: readonly Pair[], column: number): Marks {
  const [mine, side] = sideOf(pairs, column);
  const found = new Map<string, Range[]>();
  const add = (name: string, range: Range): void => {
    const ranges = found.get(name) ?? [];
    ranges.push(range);
    found.set(name, ranges);
  };
  for (const { fork, forkName, stretches } of mine) {
    const at = fork?.[side] ?? -1;
    if (at >= 0) add(forkName, [at, at + 1]);
    for (const stretch of stretches) {
      const name = nameOf(stretch, side);
      if (name) add(name, stretch.tokens[side]);
    }
  }
  const spans = [...found].map(([name, ranges]): [string, Spans] => [name, spansOf(ranges)]);
  return Object.fromEntries(spans);
}

function nameOf(stretch: Stretch, side: Side): string {
  if (isDifferent(stretch)) return "differs";
  const level = levelOf(stretch.delta);
  return side && level ? `${stretch.delta > 0 ? "more" : "less"}-${level}` : "";
}

/** The tokens of a column where something different begins, ascending. */
export function differences(pairs: readonly Pair[], column: number): number[] {
  const [mine, side] = sideOf(pairs, column);
  return mine
    .flatMap(({ stretches }) => stretches)
    .filter((one) => isDifferent(one) || levelOf(one.delta) >= WORTH)
    .map(({ tokens }) => tokens[side])
    .filter(([start, end]) => start < end)
    .map(([start]) => start)
    .sort((a, b) => a - b);
}
