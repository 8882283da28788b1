// Writes a keyframe of docs/frame-format.md, for views that have no kernel to send one.

import type { Numbers } from "./growable.ts";
import type { Head, Metric } from "./schema.ts";

/** How many of each there are; `bytes` are those of the pieces. */
export interface Counts {
  readonly tokens: number;
  readonly pieces: number;
  readonly alternatives: number;
  readonly bytes: number;
}

export interface Header {
  readonly metrics: readonly Metric[];
  readonly generations: readonly { readonly head: Head; readonly counts: Counts }[];
}

export type Columns = Readonly<Record<string, Numbers>>;

const ALIGNMENT = 8;

export function writeKeyframe(header: Header, columns: readonly Columns[]): DataView<ArrayBuffer> {
  const arrays: [offset: number, array: Numbers][] = [];
  let size = 0;
  const place = (array: Numbers) => {
    const offset = size;
    arrays.push([offset, array]);
    size = aligned(offset + array.byteLength);
    const dtype = array.constructor.name.slice(0, -"Array".length).toLowerCase();
    return { dtype, offset, length: array.length };
  };
  const generations = header.generations.map(({ counts, ...generation }, k) => {
    const places = Object.entries(columns[k] ?? {}).map(([name, one]) => [name, place(one)]);
    return { ...generation, columns: Object.fromEntries(places) };
  });
  const text = new TextEncoder().encode(JSON.stringify({ ...header, generations }));
  const start = aligned(8 + text.length);
  const frame = new Uint8Array(start + size).fill(" ".charCodeAt(0), 0, start);
  frame.set(new TextEncoder().encode("LPW1"));
  new DataView(frame.buffer).setUint32(4, start - 8, true);
  frame.set(text, 8);
  for (const [offset, array] of arrays) {
    const { buffer, byteOffset, byteLength } = array;
    frame.set(new Uint8Array(buffer, byteOffset, byteLength), start + offset);
  }
  return new DataView(frame.buffer);
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}
