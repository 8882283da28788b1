export type Numbers = Uint8Array | Uint32Array | Int32Array | Float32Array;

/** A typed array that grows by doubling, so that appending costs what is new. */
export interface Growable<A extends Numbers = Numbers> {
  readonly length: number;
  /** All values, until the next append. */
  readonly view: A;
  at(index: number): number;
  slice(start: number, end: number): A;
  append(more: A): void;
}

/** Offsets of rows arrive in batches, each counting from a start of its own. */
export function growable<A extends Numbers>(areOffsets = false): Growable<A> {
  let values = new Uint8Array(0) as A;
  let length = 0;
  let isOwn = false;
  const slice = (start: number, end: number): A => values.subarray(start, end) as A;
  const at = (index: number): number => {
    if (index < 0 || index >= length) throw new RangeError(`no value at ${index}`);
    return values[index] as number;
  };
  const reserve = (needed: number): void => {
    if (isOwn && needed <= values.length) return;
    const larger = new (values.constructor as new (size: number) => A)(
      Math.max(needed, 2 * length),
    );
    larger.set(slice(0, length));
    values = larger;
    isOwn = true;
  };
  const continued = (batch: A): A => {
    const base = at(length - 1) - (batch[0] as number);
    return batch.subarray(1).map((offset) => base + offset) as A;
  };
  return {
    get length() {
      return length;
    },
    get view() {
      return slice(0, length);
    },
    at,
    slice,
    /** The first values are taken as they are, not copied: a keyframe may be large. */
    append(batch) {
      const more = areOffsets && length ? continued(batch) : batch;
      if (length) {
        reserve(length + more.length);
        values.set(more, length);
      } else {
        values = more;
        isOwn = false;
      }
      length += more.length;
    },
  };
}
