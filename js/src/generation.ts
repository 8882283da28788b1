import { firstWhere } from "./blocks.ts";
import type { Extremes } from "./color.ts";
import { type Columns, fail, type GenerationFrame, NAMES, type Name } from "./frame.ts";
import { type Growable, growable, type Numbers } from "./growable.ts";
import type { Metric } from "./schema.ts";

export interface Alternative {
  readonly bytes: Uint8Array;
  readonly logprob: number;
  readonly isChosen: boolean;
}

type Extent = readonly [low: number, high: number, seen: number];

type Growing = { readonly [N in Name]: Growable<Columns[N]> };

/** One generation's tokens with all that is known about each, column by column. */
export type Generation = ReturnType<typeof createGeneration>;

export function createGeneration(
  first: GenerationFrame,
  shown: readonly Metric[],
  parts: readonly string[],
) {
  const columns = Object.fromEntries(
    NAMES.map((name) => [name, growable(name.endsWith("offsets"))]),
  ) as unknown as Growing;
  const metrics = new Map(shown.map(({ name }) => [name, growable<Float32Array>()]));
  const extents = new Map<string, Extent>();
  const { token, rank, chosen, logprob, alternative, alternative_offsets } = columns;
  const { piece_offsets, piece_bytes } = columns;
  const piece = (k: number): Uint8Array =>
    piece_bytes.slice(piece_offsets.at(k), piece_offsets.at(k + 1));

  const generation = {
    head: first.head,
    columns,
    metrics,
    get length() {
      return token.length;
    },
    append({ base, head, columns: more }: GenerationFrame): void {
      const isNext =
        base.tokens === token.length &&
        base.pieces === Math.max(0, piece_offsets.length - 1) &&
        base.alternatives === alternative.length;
      if (!isNext) fail("an append does not continue what came before it");
      const values = [...metrics.keys()].map(more.metric);
      for (const name of NAMES) (columns[name] as Growable).append(more[name]);
      [...metrics.values()].forEach((column, k) => {
        column.append(values[k] as Float32Array);
      });
      generation.head = head;
    },
    bytes: (index: number) => piece(token.at(index)),
    /** The token's id in the vocabulary, −1 unknown. */
    tokenId: (index: number) => columns.token_id.at(index),
    logprob: (index: number) => logprob.at(index),
    /** 1 = most likely, 0 unknown. */
    rank: (index: number) => rank.at(index),
    part: (index: number) => parts[columns.part.at(index)] ?? "",
    alternatives(index: number): Alternative[] {
      const start = alternative_offsets.at(index);
      return Array.from({ length: alternative_offsets.at(index + 1) - start }, (_, k) => ({
        bytes: piece(alternative.at(start + k)),
        logprob: columns.alternative_logprob.at(start + k),
        isChosen: k === chosen.at(index),
      }));
    },
    metric: (name: string, index: number) => metrics.get(name)?.at(index) ?? Number.NaN,
    /** The metric's value of every token. */
    values: (name: string) =>
      metrics.get(name)?.view ?? new Float32Array(token.length).fill(Number.NaN),
    /** Infinite when no value is known; looked for when asked, and only among what is new. */
    extremes(name: string): Extremes {
      let [low, high, seen] = extents.get(name) ?? [Infinity, -Infinity, 0];
      const values = metrics.get(name)?.view ?? [];
      for (; seen < values.length; seen++) {
        const value = values[seen] as number;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      extents.set(name, [low, high, seen]);
      return { low, high };
    },
    /** The tokens' text: the piece of each, and where a piece begins and ends in `bytes`. */
    get pieces() {
      return { token: token.view, offsets: piece_offsets.view, bytes: piece_bytes.view };
    },
    /** Whether another token was likelier than the sampled one. */
    isSecondChoice(index: number): boolean {
      if (rank.at(index) > 0) return rank.at(index) > 1;
      const hasAlternatives = alternative_offsets.at(index + 1) > alternative_offsets.at(index);
      return hasAlternatives && chosen.at(index) !== 0 && !Number.isNaN(logprob.at(index));
    },
  };
  generation.append(first);
  return generation;
}

/** The index of the first token that looks different in another generation. */
export function firstDifference(mine: Generation, theirs: Generation): number {
  const columns: (readonly [Numbers, Numbers])[] = (["token", "part"] as const).map((name) => [
    mine.columns[name].view,
    theirs.columns[name].view,
  ]);
  for (const [name, { view }] of theirs.metrics) columns.push([mine.values(name), view]);
  const same = columns.reduce((limit, [a, b]) => firstOther(a, b, limit), mine.length);
  const { token, offsets } = mine.pieces;
  const shared = sharedPieces(mine, theirs);
  if (shared === offsets.length - 1) return same;
  const other = token.subarray(0, same).findIndex((piece) => piece >= shared);
  return other < 0 ? same : other;
}

/** How many pieces both know by the same number. */
function sharedPieces({ pieces: mine }: Generation, { pieces: theirs }: Generation): number {
  const pieces = firstOther(mine.offsets, theirs.offsets) - 1;
  const bytes = firstOther(mine.bytes, theirs.bytes);
  return firstWhere(pieces, (piece) => (mine.offsets[piece + 1] as number) > bytes);
}

/** The first index at which two columns differ, at most `limit`; NaN equals itself. */
function firstOther(mine: Numbers, theirs: Numbers, limit = mine.length): number {
  const [a, b] = [bits(mine), bits(theirs)];
  const end = Math.min(limit, a.length, b.length);
  for (let index = 0; index < end; index++) if (a[index] !== b[index]) return index;
  return end;
}

function bits(values: Numbers): Numbers {
  if (!(values instanceof Float32Array)) return values;
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
