export type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array;

/** A typed array that grows by doubling, so that appending costs what is new. */
export class Growable<A extends Numbers> {
  #values: A;
  #length = 0;

  constructor(first: A) {
    this.#values = first;
    this.#length = first.length;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    if (index < 0 || index >= this.#length) throw new RangeError(`no value at ${index}`);
    return this.#values[index] as number;
  }

  slice(start: number, end: number): A {
    return this.#values.subarray(start, end) as A;
  }

  append(more: A): void {
    this.#reserve(this.#length + more.length);
    this.#values.set(more, this.#length);
    this.#length += more.length;
  }

  #reserve(needed: number): void {
    if (needed <= this.#values.length) return;
    const Type = this.#values.constructor as new (length: number) => A;
    const larger = new Type(Math.max(needed, 2 * this.#values.length));
    larger.set(this.#values.subarray(0, this.#length));
    this.#values = larger;
  }
}

/** Offsets of rows that arrive in batches, each batch counting from its own start. */
export class Offsets {
  readonly #ends: Growable<Uint32Array>;

  constructor() {
    this.#ends = new Growable<Uint32Array>(new Uint32Array(1));
  }

  get rows(): number {
    return this.#ends.length - 1;
  }

  range(row: number): [start: number, end: number] {
    return [this.#ends.at(row), this.#ends.at(row + 1)];
  }

  append(batch: Uint32Array): void {
    const base = this.#ends.at(this.rows);
    this.#ends.append(batch.subarray(1).map((offset) => base + offset));
  }
}
