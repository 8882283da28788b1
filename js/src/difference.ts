import type { Numbers } from "./growable.ts";

/** The first index at which two columns differ, at most `limit`; NaN equals itself. */
export function firstDifference(mine: Numbers, theirs: Numbers, limit: number): number {
  const a = bits(mine);
  const b = bits(theirs);
  const end = Math.min(limit, a.length, b.length);
  for (let index = 0; index < end; index++) if (a[index] !== b[index]) return index;
  return end;
}

function bits(values: Numbers): Uint8Array | Uint32Array | Int32Array {
  if (!(values instanceof Float32Array)) return values;
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
