import type { Extremes } from "./color.ts";
import { type Columns, fail, NAMES, type Name, type News } from "./frame.ts";
import { type Growable, growable, type Numbers } from "./growable.ts";
import type { Head, Metric } from "./schema.ts";

export interface Alternative {
  readonly bytes: Uint8Array;
  readonly logprob: number;
  readonly isChosen: boolean;
}

/** What is new; all of the columns without rows. */
type Part = Pick<News, "base" | "head" | "columns"> & Partial<Pick<News, "rows">>;

/** Which kind of rows a column has values for, and how many more. */
const COUNTED = NAMES.map((name) => {
  const areOffsets = name.endsWith("offsets");
  const ofPieces = areOffsets ? 1 : 3;
  const ofTokens = name.startsWith("alternative") && !areOffsets ? 2 : 0;
  return [name, name.startsWith("piece") ? ofPieces : ofTokens, Number(areOffsets)] as const;
});

type Growing = { readonly [N in Name]: Growable<Columns[N]> };

const SAMPLE = 2000;

/** One generation's tokens with all that is known about each, column by column. */
export type Generation = ReturnType<typeof createGeneration>;

export function createGeneration(shown: readonly Metric[], parts: readonly string[]) {
  const columns = Object.fromEntries(
    NAMES.map((name) => [name, growable(name.endsWith("offsets"))]),
  ) as unknown as Growing;
  const metrics = new Map(shown.map(({ name }) => [name, growable<Float32Array>()]));
  const { token, rank, chosen, logprob, alternative, alternative_offsets } = columns;
  const { piece_offsets, piece_bytes } = columns;
  const piece = (k: number): Uint8Array =>
    piece_bytes.slice(piece_offsets.at(k), piece_offsets.at(k + 1));

  const generation = {
    head: {} as Head,
    columns,
    metrics,
    get length() {
      return token.length;
    },
    append({ base, head, columns: table, rows }: Part): void {
      const lengths = [token.length, Math.max(0, piece_offsets.length - 1), alternative.length];
      if (`${base}` !== `${lengths}`) fail("an append is missing");
      const own = (column: Numbers, kind = 0, more = 0): Numbers => {
        const [start, end = column.length] = rows?.[kind] ?? [];
        return column.subarray(start, end + more);
      };
      const values = [...metrics.keys()].map((name) => own(table.metric(name)));
      for (const [name, ...counted] of COUNTED) {
        (columns[name] as Growable).append(own(table[name], ...counted));
      }
      [...metrics.values()].forEach((column, k) => {
        column.append(values[k] as Float32Array);
      });
      if (head) generation.head = { ...generation.head, ...head };
    },
    piece,
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
    /** How far the values reach, but for the outermost hundredth at each end; told from some of many. */
    extremes(name: string): Extremes {
      const values = generation.values(name);
      const every = Math.ceil(values.length / SAMPLE);
      const sample = Float32Array.from(
        { length: SAMPLE },
        (_, k) => values[k * every] ?? Number.NaN,
      );
      const known = sample.filter(Number.isFinite).sort();
      const outer = Math.floor(known.length / 100);
      return { low: known[outer] ?? Infinity, high: known.at(-1 - outer) ?? -Infinity };
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
  return generation;
}

/** The index of the first token that looks different in another generation. */
export function firstDifference(mine: Generation, theirs: Generation): number {
  const columns = (["token", "part"] as const).map((name): [Numbers, Numbers] => [
    mine.columns[name].view,
    theirs.columns[name].view,
  ]);
  for (const [name, { view }] of theirs.metrics) columns.push([mine.values(name), view]);
  const { token } = mine.pieces;
  const listed = Math.min(mine.pieces.offsets.length, theirs.pieces.offsets.length) - 1;
  const pieces = firstOther(listed, (k) => isSame(mine.piece(k), theirs.piece(k)));
  return firstOther(
    Math.min(mine.length, theirs.length),
    (k) => (token[k] as number) < pieces && columns.every(([a, b]) => Object.is(a[k], b[k])),
  );
}

function firstOther(count: number, isEqual: (k: number) => boolean): number {
  let k = 0;
  while (k < count && isEqual(k)) k++;
  return k;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, k) => byte === b[k]);
}
