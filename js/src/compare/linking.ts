import type { Generation } from "../generation.ts";
import type { Stretch as Range } from "../spans.ts";
import type { Pair, Side, Stretch } from "./pairs.ts";

/** What one text has where another has a token: tokens of the same bytes, or what it says instead. */
export interface Link {
  readonly tokens: Range;
  readonly isSame: boolean;
}

const NOTHING: Link = { tokens: [0, 0], isSame: false };

/** What every text has at the place of a token of one of them. */
export function linksOf(
  pairs: readonly Pair[],
  generations: readonly Generation[],
  column: number,
  token: number,
): Link[] {
  const own: Link = { tokens: [token, token + 1], isSame: true };
  const first = generations[0] as Generation;
  const at = (number: number): [Pair, Generation] => [
    pairs[number - 1] as Pair,
    generations[number] as Generation,
  ];
  const back = (): Link => {
    const [pair, mine] = at(column);
    return counterpart(pair, 1, token, mine, first);
  };
  const inFirst = column === 0 ? own : back();
  return generations.map((_, number) => {
    if (number === column) return own;
    return number === 0 ? inFirst : onward(inFirst, first, ...at(number));
  });
}

function onward({ tokens, isSame }: Link, first: Generation, pair: Pair, other: Generation): Link {
  const [start, end] = tokens;
  if (start === end) return NOTHING;
  const from = counterpart(pair, 0, start, first, other);
  const to = counterpart(pair, 0, end - 1, first, other);
  if (from.tokens[0] === from.tokens[1]) return from;
  return {
    tokens: [from.tokens[0], Math.max(from.tokens[1], to.tokens[1])],
    isSame: isSame && from.isSame && to.isSame,
  };
}

function counterpart(
  pair: Pair,
  side: Side,
  token: number,
  mine: Generation,
  theirs: Generation,
): Link {
  const stretch = pair.of(side, token);
  if (!stretch) return NOTHING;
  const there = stretch.tokens[1 - side] as Range;
  if (stretch.kind === "equal") return sameBytes(stretch, side, token, mine, theirs);
  if (stretch.kind === "end") return { tokens: there, isSame: true };
  const [start, end] = there;
  const isFirst = token === stretch.tokens[side][0] && start < end;
  return isFirst ? { tokens: [start, start + 1], isSame: false } : NOTHING;
}

function sameBytes(
  { tokens }: Stretch,
  side: Side,
  token: number,
  mine: Generation,
  theirs: Generation,
): Link {
  const start = sizeOf(mine, tokens[side][0], token);
  const stop = start + sizeOf(mine, token, token + 1);
  const [first, end] = tokens[1 - side] as Range;
  let [from, to] = [end, end];
  let at = 0;
  for (let k = first; k < end; k++) {
    const after = at + sizeOf(theirs, k, k + 1);
    if (from === end && after > start && at < stop) from = k;
    if (at < stop && after > at) to = k + 1;
    at = after;
  }
  return from < to ? { tokens: [from, to], isSame: true } : NOTHING;
}

/** Bytes of what was said: prompts and special tokens have none here. */
function sizeOf(generation: Generation, start: number, end: number): number {
  let size = 0;
  for (let k = start; k < end; k++) {
    if (!["prompt", "special"].includes(generation.part(k))) size += generation.bytes(k).length;
  }
  return size;
}
