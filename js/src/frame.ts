// Reads the frames described in docs/frame-format.md.

import type { Numbers } from "./growable.ts";
import type { Head, Metric } from "./schema.ts";

/** The columns of every frame; those of the metrics come on top. */
const ARRAYS = {
  piece_offsets: Uint32Array,
  piece_bytes: Uint8Array,
  token: Uint32Array,
  token_id: Int32Array,
  logprob: Float32Array,
  rank: Int32Array,
  part: Uint8Array,
  chosen: Int32Array,
  alternative_offsets: Uint32Array,
  alternative: Uint32Array,
  alternative_logprob: Float32Array,
} as const;

export type Name = keyof typeof ARRAYS;

export const NAMES = Object.keys(ARRAYS) as Name[];

export type Columns = { readonly [N in Name]: InstanceType<(typeof ARRAYS)[N]> } & {
  readonly metric: (name: string) => Float32Array;
};

export interface GenerationFrame {
  readonly base: {
    readonly tokens: number;
    readonly pieces: number;
    readonly alternatives: number;
  };
  readonly head: Head;
  readonly columns: Columns;
}

interface Common {
  readonly seq: number;
  readonly live: boolean;
  readonly generations: readonly GenerationFrame[];
}

export interface Keyframe extends Common {
  readonly kind: "keyframe";
  readonly parts: readonly string[];
  readonly metrics: readonly Metric[];
}

export interface Append extends Common {
  readonly kind: "append";
}

export type Frame = Keyframe | Append;

export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export class FrameError extends Error {
  override readonly name = "FrameError";
}

export function fail(text: string): never {
  throw new FrameError(text);
}

const MAGIC = "LPW1";
const VERSION = 1;
const PREAMBLE = 8;
const ALIGNMENT = 8;

interface ColumnHeader {
  readonly dtype: string;
  readonly offset: number;
  readonly length: number;
}

interface GenerationHeader extends Omit<GenerationFrame, "columns"> {
  readonly columns: Readonly<Record<string, ColumnHeader>>;
}

type Header = Omit<Frame, "generations"> & {
  readonly version: number;
  readonly generations: readonly GenerationHeader[];
};

export function decodeFrame(source: Bytes): Frame {
  const bytes = alignedBytes(source);
  if (bytes.length < PREAMBLE) fail("the frame is cut short");
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== MAGIC) fail(`not a frame: it starts with ${JSON.stringify(magic)}`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const bodyStart = PREAMBLE + headerLength;
  if (bytes.length < bodyStart) fail("the frame is cut short");
  const header = parseHeader(bytes.subarray(PREAMBLE, bodyStart));
  const body = bytes.subarray(bodyStart);
  const generations = header.generations.map((generation) => ({
    ...generation,
    columns: readColumns(body, generation.columns),
  }));
  return { ...header, generations } as Frame;
}

/** Typed arrays need an aligned start, and hosts hand out views that begin anywhere. */
function alignedBytes(source: Bytes): Uint8Array<ArrayBuffer> {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return bytes.byteOffset % ALIGNMENT === 0 ? bytes : bytes.slice();
}

function parseHeader(bytes: Uint8Array): Header {
  const header: Header = JSON.parse(new TextDecoder().decode(bytes));
  if (header.version !== VERSION) {
    fail(
      `the frame has version ${header.version}, this page reads version ${VERSION}: reload the page`,
    );
  }
  return header;
}

function readColumns(body: Uint8Array<ArrayBuffer>, headers: GenerationHeader["columns"]): Columns {
  const read = (name: string, type: ArrayType = Float32Array): Numbers =>
    readColumn(body, name, headers, type);
  const columns = Object.fromEntries(NAMES.map((name) => [name, read(name, ARRAYS[name])]));
  return { ...columns, metric: (name) => read(`metric:${name}`) } as Columns;
}

type ArrayType = (typeof ARRAYS)[Name];

function readColumn(
  body: Uint8Array<ArrayBuffer>,
  name: string,
  headers: GenerationHeader["columns"],
  type: ArrayType,
): Numbers {
  const header = headers[name];
  if (!header) fail(`the frame has no column ${name}`);
  const { dtype, offset, length } = header;
  const wanted = `${expectedLength(name, headers)} ${type.name.slice(0, -"Array".length).toLowerCase()}`;
  const found = `${length} ${dtype}`;
  if (found !== wanted) fail(`column ${name} has ${found} values, not ${wanted}`);
  const start = body.byteOffset + offset;
  if (offset + length * type.BYTES_PER_ELEMENT > body.length || start % type.BYTES_PER_ELEMENT) {
    fail("the frame is cut short");
  }
  return new type(body.buffer, start, length);
}

/** Pieces have a length of their own, tokens and alternatives one for all their columns. */
function expectedLength(name: string, headers: GenerationHeader["columns"]): number | undefined {
  if (name.startsWith("piece")) return headers[name]?.length;
  if (name === "alternative_offsets") return (headers["token"]?.length ?? 0) + 1;
  return headers[name.startsWith("alternative") ? "alternative" : "token"]?.length;
}
