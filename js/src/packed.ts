// Unpacks what lpwidgets/display/packing.py has packed: see docs/decisions/0006-saved-output.md.

import { decodeBase85 } from "./base85.ts";
import { fail } from "./frame.ts";
import { type Columns, type Counts, type Header, writeKeyframe } from "./keyframe.ts";

/** A metric without values of its own: a column times a factor, null for its exponential. */
type Derived = readonly [name: string, factor: number | null];

interface Packed {
  readonly traits: Record<string, unknown>;
  readonly frame?: Header & { readonly derived: Readonly<Record<string, Derived>> };
}

/** Bytes a saved output may unpack to: what the kernel saves is far below. */
const MOST = 1 << 26;
/** Bits of a float32 that are not saved. */
const DROPPED = 13;

/** The traits of a view, its frame among them. */
export async function unpack(text: string): Promise<Record<string, unknown>> {
  const bytes = await inflate(decodeBase85(text));
  const start = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const { traits, frame }: Packed = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  if (!frame) return traits;
  const { derived, ...header } = frame;
  return { ...traits, frame: writeKeyframe(header, readColumns(bytes, start, frame)) };
}

async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = stream.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size <= MOST) continue;
    await reader.cancel();
    fail("it is too large");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The columns of every generation. */
function readColumns(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  { metrics, derived, generations }: Required<Packed>["frame"],
): Columns[] {
  const counts = generations.map((generation) => generation.counts);
  const own = metrics.map(({ name }) => name).filter((name) => !derived[name]);
  const total = (size: (one: Counts) => number): number =>
    counts.reduce((sum, one) => sum + size(one), 0);
  let at = start;
  const take = (size: number): Uint8Array => {
    at += size;
    if (!(size >= 0 && at <= bytes.length)) fail("it is cut short");
    return bytes.subarray(at - size, at);
  };
  const texts = reader(take(total((one) => one.bytes)));
  const words = (size: (one: Counts) => number) => reader(joined(take(4 * total(size))));
  const rows = words(({ pieces, tokens }) => pieces + 7 * tokens);
  const references = words(({ alternatives }) => alternatives);
  const steps = words(({ alternatives }) => alternatives);
  const values = words(({ tokens }) => own.length * tokens);
  return counts.map((one) => {
    const lengths = rows(one.pieces);
    const columns = readRows(rows, references(one.alternatives), steps(one.alternatives), one);
    const saved = own.map((name) => [name, floats(values(one.tokens))] as const);
    const others = Object.entries(derived).map(([name, from]) => [name, derive(columns, from)]);
    const named = Object.entries({ ...Object.fromEntries(saved), ...Object.fromEntries(others) });
    return {
      piece_offsets: ends(lengths),
      piece_bytes: texts(one.bytes),
      ...columns,
      ...Object.fromEntries(named.map(([name, column]) => [`metric:${name}`, column])),
    };
  });
}

/** The columns of tokens and alternatives; they are saved as differences. */
function readRows(
  next: (count: number) => Uint32Array,
  references: Uint32Array,
  steps: Uint32Array,
  { tokens }: Counts,
) {
  const part = Uint8Array.from(next(tokens));
  const offsets = ends(next(tokens));
  const [chosen, token, tokenId, rank, value] = Array.from({ length: 5 }, () =>
    Int32Array.from(next(tokens), unfold),
  ) as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
  const alternative = new Uint32Array(references.length);
  const codes = new Uint32Array(steps.length);
  let highest = -1;
  references.forEach((reference, k) => {
    const piece = highest + 1 - unfold(reference);
    alternative[k] = piece;
    highest = Math.max(highest, piece);
  });
  const starts = new Set(offsets);
  steps.forEach((step, k) => {
    codes[k] = unfold(step) + (starts.has(k) ? 0 : (codes[k - 1] as number));
  });
  for (let k = 0; k < tokens; k++) {
    const place = chosen[k] as number;
    const at = (offsets[k] as number) + place;
    (rank[k] as number) += place + 1;
    if (place < 0) continue;
    (token[k] as number) += alternative[at] ?? 0;
    (value[k] as number) += codes[at] ?? 0;
  }
  return {
    token: Uint32Array.from(token),
    token_id: tokenId,
    logprob: floats(value),
    rank,
    part,
    chosen,
    alternative_offsets: offsets,
    alternative,
    alternative_logprob: floats(codes),
  };
}

function derive(columns: ReturnType<typeof readRows>, [name, factor]: Derived): Float32Array {
  const ranks = (): Float32Array => Float32Array.from(columns.rank, (rank) => rank || Number.NaN);
  const source = name === "rank" ? ranks() : columns.logprob;
  return source.map((value) => (factor === null ? Math.exp(value) : factor * value));
}

function reader<A extends Uint8Array | Uint32Array>(array: A): (count: number) => A {
  let at = 0;
  return (count) => {
    at += count;
    return array.subarray(at - count, at) as A;
  };
}

/** Words of which all first bytes come first, then all second ones. */
function joined(planes: Uint8Array): Uint32Array {
  const count = planes.length / 4;
  return Uint32Array.from({ length: count }, (_, i) =>
    [0, 1, 2, 3].reduce((word, k) => 256 * word + (planes[k * count + i] as number), 0),
  );
}

/** 0, 1, 2, 3, 4 … stand for 0, −1, 1, −2, 2 … */
function unfold(word: number): number {
  return word % 2 ? -(word + 1) / 2 : word / 2;
}

/** Numbers of which only the first bits were saved. */
function floats(codes: ArrayLike<number>): Float32Array {
  return new Float32Array(Uint32Array.from(codes, (code) => code << DROPPED).buffer);
}

function ends(lengths: Uint32Array): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, k) => {
    offsets[k + 1] = (offsets[k] as number) + length;
  });
  return offsets;
}
