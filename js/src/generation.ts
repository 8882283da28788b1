import { firstWhere } from "./blocks.ts";
import type { Extremes } from "./color.ts";
import { firstDifference } from "./difference.ts";
import { type Columns, FrameError, type GenerationFrame, NAMES, type Name } from "./frame.ts";
import { Growable, type Numbers, Offsets } from "./growable.ts";
import type { Head, Metric } from "./schema.ts";
import { MetricValues } from "./values.ts";

export interface Alternative {
  readonly bytes: Uint8Array;
  readonly logprob: number;
  readonly isChosen: boolean;
}

const NO_VALUES = new Float32Array(0);
const NOTHING: Extremes = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

function firstWithout(length: number, holds: (index: number) => boolean): number {
  let index = 0;
  while (index < length && holds(index)) index++;
  return index;
}

type Growing = {
  readonly [N in Name]: N extends `${string}_offsets` ? Offsets : Growable<Columns[N]>;
};

/** One generation's tokens with all that is known about each, column by column. */
export class Generation {
  readonly #parts: readonly string[];
  readonly #columns = Object.fromEntries(
    NAMES.map((name) => [name, name.endsWith("offsets") ? new Offsets() : new Growable()]),
  ) as Growing;
  readonly #metrics: ReadonlyMap<string, MetricValues>;
  #head: Head;

  constructor(frame: GenerationFrame, metrics: readonly Metric[], parts: readonly string[]) {
    this.#parts = parts;
    this.#metrics = new Map(metrics.map(({ name }) => [name, new MetricValues()]));
    this.#head = frame.head;
    this.append(frame);
  }

  get head(): Head {
    return this.#head;
  }

  get length(): number {
    return this.#columns.token.length;
  }

  append({ base, head, columns }: GenerationFrame): void {
    this.#expect(base);
    this.#appendColumns(columns);
    this.#head = head;
  }

  bytes(index: number): Uint8Array {
    return this.#piece(this.#columns.token.at(index));
  }

  /** The token's id in the vocabulary, −1 unknown. */
  tokenId(index: number): number {
    return this.#columns.token_id.at(index);
  }

  logprob(index: number): number {
    return this.#columns.logprob.at(index);
  }

  /** 1 = most likely, 0 unknown. */
  rank(index: number): number {
    return this.#columns.rank.at(index);
  }

  part(index: number): string {
    return this.#parts[this.#columns.part.at(index)] ?? "";
  }

  alternatives(index: number): Alternative[] {
    const start = this.#columns.alternative_offsets.at(index);
    const end = this.#columns.alternative_offsets.at(index + 1);
    const chosen = start + this.#columns.chosen.at(index);
    const hasChosen = this.#columns.chosen.at(index) >= 0;
    return Array.from({ length: end - start }, (_, k) => ({
      bytes: this.#piece(this.#columns.alternative.at(start + k)),
      logprob: this.#columns.alternative_logprob.at(start + k),
      isChosen: hasChosen && start + k === chosen,
    }));
  }

  metric(name: string, index: number): number {
    return this.#metrics.get(name)?.at(index) ?? Number.NaN;
  }

  /** The metric's value of every token. */
  values(name: string): Float32Array {
    return this.#metrics.get(name)?.view ?? new Float32Array(this.length).fill(Number.NaN);
  }

  /** Infinite when no value is known. */
  extremes(name: string): Extremes {
    return this.#metrics.get(name)?.extremes ?? NOTHING;
  }

  /** The token's text in bytes: where it begins and ends in `pieceBytes`. */
  get pieces(): { token: Uint32Array; offsets: Uint32Array; bytes: Uint8Array } {
    return {
      token: this.#columns.token.view,
      offsets: this.#columns.piece_offsets.view,
      bytes: this.#columns.piece_bytes.view,
    };
  }

  /** Whether another token was likelier than the sampled one. */
  isSecondChoice(index: number): boolean {
    const rank = this.#columns.rank.at(index);
    if (rank > 0) return rank > 1;
    const hasAlternatives =
      this.#columns.alternative_offsets.at(index + 1) > this.#columns.alternative_offsets.at(index);
    return (
      hasAlternatives && this.#columns.chosen.at(index) !== 0 && !Number.isNaN(this.logprob(index))
    );
  }

  /** The index of the first token that looks different in `other`. */
  firstDifference(other: Generation): number {
    const vocabulary = this.#sharedPieces(other);
    const isShared = (index: number): boolean => this.#columns.token.at(index) < vocabulary;
    const columns: [Numbers, Numbers][] = [
      [this.#columns.token.view, other.#columns.token.view],
      [this.#columns.part.view, other.#columns.part.view],
    ];
    for (const [name, { view }] of other.#metrics) columns.push([this.values(name), view]);
    const same = columns.reduce(
      (limit, [mine, theirs]) => firstDifference(mine, theirs, limit),
      Math.min(this.length, other.length),
    );
    return vocabulary === this.#columns.piece_offsets.rows ? same : firstWithout(same, isShared);
  }

  /** How many pieces both know by the same number. */
  #sharedPieces(other: Generation): number {
    const [mine, theirs] = [this.#columns.piece_offsets.view, other.#columns.piece_offsets.view];
    const pieces = firstDifference(mine, theirs, mine.length) - 1;
    const bytes = firstDifference(
      this.#columns.piece_bytes.view,
      other.#columns.piece_bytes.view,
      this.#columns.piece_bytes.length,
    );
    return firstWhere(pieces, (piece) => (mine[piece + 1] as number) > bytes);
  }

  #piece(piece: number): Uint8Array {
    return this.#columns.piece_bytes.slice(
      this.#columns.piece_offsets.at(piece),
      this.#columns.piece_offsets.at(piece + 1),
    );
  }

  #expect(base: GenerationFrame["base"]): void {
    const isNext =
      base.tokens === this.length &&
      base.pieces === this.#columns.piece_offsets.rows &&
      base.alternatives === this.#columns.alternative.length;
    if (!isNext) throw new FrameError("an append does not continue what came before it");
  }

  #appendColumns(columns: Columns): void {
    const values = [...this.#metrics.keys()].map(columns.metric);
    for (const name of NAMES) (this.#columns[name] as Growable<Numbers>).append(columns[name]);
    [...this.#metrics.values()].forEach((column, k) => {
      column.append(values[k] ?? NO_VALUES);
    });
  }
}
