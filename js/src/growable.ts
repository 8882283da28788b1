export type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array;

/** A typed array that grows by doubling, so that appending costs what is new. */
export class Growable<A extends Numbers> {
  #values = new Uint8Array(0) as A;
  #length = 0;
  #isOwn = false;

  get length(): number {
    return this.#length;
  }

  /** All values, until the next append. */
  get view(): A {
    return this.slice(0, this.#length);
  }

  at(index: number): number {
    if (index < 0 || index >= this.#length) throw new RangeError(`no value at ${index}`);
    return this.#values[index] as number;
  }

  slice(start: number, end: number): A {
    return this.#values.subarray(start, end) as A;
  }

  /** The first values are taken as they are, not copied: a keyframe may be large. */
  append(more: A): void {
    if (this.#length === 0) {
      this.#values = more;
      this.#isOwn = false;
    } else {
      this.#reserve(this.#length + more.length);
      this.#values.set(more, this.#length);
    }
    this.#length += more.length;
  }

  #reserve(needed: number): void {
    if (this.#isOwn && needed <= this.#values.length) return;
    const Type = this.#values.constructor as new (length: number) => A;
    const larger = new Type(Math.max(needed, 2 * this.#length));
    larger.set(this.view);
    this.#values = larger;
    this.#isOwn = true;
  }
}

/** Offsets of rows that arrive in batches, each batch counting from its own start. */
export class Offsets extends Growable<Uint32Array> {
  get rows(): number {
    return Math.max(0, this.length - 1);
  }

  override append(batch: Uint32Array): void {
    const base = this.length && this.at(this.rows);
    super.append(this.length ? batch.subarray(1).map((offset) => base + offset) : batch);
  }
}
