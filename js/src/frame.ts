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
  readonly head: Head;
  readonly columns: Columns;
}

/** What is new in a generation. */
export interface News {
  readonly seq: number;
  readonly live: boolean;
  /** Tokens, pieces and alternatives before these. */
  readonly base: readonly number[];
  /** What has changed of it, null where nothing has. */
  readonly head: Partial<Head> | null;
  /** Of all generations in the frame. */
  readonly columns: Columns;
  /** From where to where the tokens, pieces, alternatives and bytes in the columns are its own. */
  readonly rows: readonly (readonly [start: number, end: number])[];
}

export interface Keyframe {
  readonly kind: "keyframe";
  readonly seq: number;
  readonly live: boolean;
  readonly generations: readonly GenerationFrame[];
  readonly parts: readonly string[];
  readonly metrics: readonly Metric[];
}

export interface Append {
  readonly kind: "append";
  readonly generations: readonly News[];
}

export type Frame = Keyframe | Append;

export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export function fail(text: string): never {
  throw new Error(text);
}

const CUT = "the frame is cut short";
const MAGIC = "LPW1";
const VERSION = 1;
const PREAMBLE = 8;
const ALIGNMENT = 8;

interface ColumnHeader {
  readonly dtype: string;
  readonly offset: number;
  readonly length: number;
}

type ColumnHeaders = Readonly<Record<string, ColumnHeader>>;

/** An append has the columns of all its generations in one table. */
interface Header extends Omit<Keyframe, "kind" | "generations"> {
  readonly version: number;
  readonly columns?: ColumnHeaders;
  readonly generations: readonly (Omit<News, "columns"> & { readonly columns: ColumnHeaders })[];
}

export function decodeFrame(source: Bytes): Frame {
  const bytes = alignedBytes(source);
  if (bytes.length < PREAMBLE) fail(CUT);
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== MAGIC) fail(`not a frame: it starts with ${JSON.stringify(magic)}`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const bodyStart = PREAMBLE + headerLength;
  if (bytes.length < bodyStart) fail(CUT);
  const header = parseHeader(bytes.subarray(PREAMBLE, bodyStart));
  const body = bytes.subarray(bodyStart);
  const table = header.columns && readColumns(body, header.columns);
  const generations = header.generations.map((one) => ({
    ...one,
    columns: table ?? readColumns(body, one.columns),
  }));
  return { ...header, generations } as unknown as Frame;
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

function readColumns(body: Uint8Array<ArrayBuffer>, headers: ColumnHeaders): Columns {
  const read = (name: string, type: ArrayType = Float32Array): Numbers =>
    readColumn(body, name, headers, type);
  const columns = Object.fromEntries(NAMES.map((name) => [name, read(name, ARRAYS[name])]));
  return { ...columns, metric: (name) => read(`metric:${name}`) } as Columns;
}

type ArrayType = (typeof ARRAYS)[Name];

function readColumn(
  body: Uint8Array<ArrayBuffer>,
  name: string,
  headers: ColumnHeaders,
  type: ArrayType,
): Numbers {
  const header = headers[name];
  if (!header) fail(`the frame has no column ${name}`);
  const { dtype, offset, length } = header;
  const wanted = type.name.slice(0, -"Array".length).toLowerCase();
  if (dtype !== wanted) fail(`column ${name} has ${dtype} values, not ${wanted}`);
  const start = body.byteOffset + offset;
  if (offset + length * type.BYTES_PER_ELEMENT > body.length || start % type.BYTES_PER_ELEMENT) {
    fail(CUT);
  }
  return new type(body.buffer, start, length);
}
