import { type Columns, FrameError, type GenerationFrame } from "./frame.ts";
import { Growable, Offsets } from "./growable.ts";
import type { Head, Metric } from "./schema.ts";

export interface Alternative {
  readonly bytes: Uint8Array;
  readonly logprob: number;
  readonly isChosen: boolean;
}

/** The values of one metric, and the largest one among them. */
class MetricColumn {
  readonly values = new Growable<Float32Array>(new Float32Array(0));
  peak = Number.NEGATIVE_INFINITY;

  append(values: Float32Array): void {
    this.values.append(values);
    for (const value of values) if (value > this.peak) this.peak = value;
  }
}

/** One generation's tokens with all that is known about each, column by column. */
export class Generation {
  readonly #parts: readonly string[];
  readonly #pieceBytes = new Growable<Uint8Array>(new Uint8Array(0));
  readonly #pieceOffsets = new Offsets();
  readonly #token = new Growable<Uint32Array>(new Uint32Array(0));
  readonly #tokenId = new Growable<Int32Array>(new Int32Array(0));
  readonly #logprob = new Growable<Float32Array>(new Float32Array(0));
  readonly #rank = new Growable<Int32Array>(new Int32Array(0));
  readonly #part = new Growable<Uint8Array>(new Uint8Array(0));
  readonly #chosen = new Growable<Int32Array>(new Int32Array(0));
  readonly #alternativeOffsets = new Offsets();
  readonly #alternative = new Growable<Uint32Array>(new Uint32Array(0));
  readonly #alternativeLogprob = new Growable<Float32Array>(new Float32Array(0));
  readonly #metrics: ReadonlyMap<string, MetricColumn>;
  #head: Head;

  constructor(frame: GenerationFrame, metrics: readonly Metric[], parts: readonly string[]) {
    this.#parts = parts;
    this.#metrics = new Map(metrics.map(({ name }) => [name, new MetricColumn()]));
    this.#head = frame.head;
    this.append(frame);
  }

  get head(): Head {
    return this.#head;
  }

  get length(): number {
    return this.#token.length;
  }

  append({ base, head, columns }: GenerationFrame): void {
    this.#expect(base);
    this.#appendColumns(columns);
    this.#head = head;
  }

  bytes(index: number): Uint8Array {
    return this.#piece(this.#token.at(index));
  }

  /** The token's id in the vocabulary, −1 unknown. */
  tokenId(index: number): number {
    return this.#tokenId.at(index);
  }

  logprob(index: number): number {
    return this.#logprob.at(index);
  }

  /** 1 = most likely, 0 unknown. */
  rank(index: number): number {
    return this.#rank.at(index);
  }

  part(index: number): string {
    return this.#parts[this.#part.at(index)] ?? "";
  }

  alternatives(index: number): Alternative[] {
    const [start, end] = this.#alternativeOffsets.range(index);
    const chosen = start + this.#chosen.at(index);
    const hasChosen = this.#chosen.at(index) >= 0;
    return Array.from({ length: end - start }, (_, k) => ({
      bytes: this.#piece(this.#alternative.at(start + k)),
      logprob: this.#alternativeLogprob.at(start + k),
      isChosen: hasChosen && start + k === chosen,
    }));
  }

  metric(name: string, index: number): number {
    return this.#metrics.get(name)?.values.at(index) ?? Number.NaN;
  }

  /** The metric's largest value, −∞ when none is known. */
  peak(name: string): number {
    return this.#metrics.get(name)?.peak ?? Number.NEGATIVE_INFINITY;
  }

  /** The index of the first token that looks different in `other`. */
  firstDifference(other: Generation): number {
    const shared = Math.min(this.length, other.length);
    for (let index = 0; index < shared; index++) {
      if (!this.#looksLike(other, index)) return index;
    }
    return shared;
  }

  #looksLike(other: Generation, index: number): boolean {
    if (this.part(index) !== other.part(index)) return false;
    for (const name of other.#metrics.keys()) {
      if (!Object.is(this.metric(name, index), other.metric(name, index))) return false;
    }
    const mine = this.bytes(index);
    const theirs = other.bytes(index);
    return mine.length === theirs.length && mine.every((byte, k) => byte === theirs[k]);
  }

  #piece(piece: number): Uint8Array {
    return this.#pieceBytes.slice(...this.#pieceOffsets.range(piece));
  }

  #expect(base: GenerationFrame["base"]): void {
    const isNext =
      base.tokens === this.length &&
      base.pieces === this.#pieceOffsets.rows &&
      base.alternatives === this.#alternative.length;
    if (!isNext) throw new FrameError("an append does not continue what came before it");
  }

  #appendColumns(columns: Columns): void {
    const values = [...this.#metrics].map(([name]) => columns.metric(name));
    this.#pieceBytes.append(columns.pieceBytes);
    this.#pieceOffsets.append(columns.pieceOffsets);
    this.#token.append(columns.token);
    this.#tokenId.append(columns.tokenId);
    this.#logprob.append(columns.logprob);
    this.#rank.append(columns.rank);
    this.#part.append(columns.part);
    this.#chosen.append(columns.chosen);
    this.#alternativeOffsets.append(columns.alternativeOffsets);
    this.#alternative.append(columns.alternative);
    this.#alternativeLogprob.append(columns.alternativeLogprob);
    [...this.#metrics.values()].forEach((column, k) => {
      column.append(values[k] ?? new Float32Array(0));
    });
  }
}
