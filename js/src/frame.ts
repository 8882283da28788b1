// Reads the frames described in docs/frame-format.md.

import type { Head, Metric, Palette } from "./schema.ts";

export interface Columns {
  readonly pieceOffsets: Uint32Array;
  readonly pieceBytes: Uint8Array;
  readonly token: Uint32Array;
  readonly tokenId: Int32Array;
  readonly logprob: Float32Array;
  readonly rank: Int32Array;
  readonly part: Uint8Array;
  readonly chosen: Int32Array;
  readonly alternativeOffsets: Uint32Array;
  readonly alternative: Uint32Array;
  readonly alternativeLogprob: Float32Array;
  readonly metric: (name: string) => Float32Array;
}

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
  readonly palette: Palette;
}

export interface Append extends Common {
  readonly kind: "append";
}

export type Frame = Keyframe | Append;

export type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export class FrameError extends Error {
  override readonly name = "FrameError";
}

const MAGIC = "LPW1";
const VERSION = 1;
const PREAMBLE = 8;
const ALIGNMENT = 8;

const ARRAYS = {
  uint8: Uint8Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
} as const;

type Dtype = keyof typeof ARRAYS;
type ArrayOf<D extends Dtype> = InstanceType<(typeof ARRAYS)[D]>;

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
  if (bytes.length < PREAMBLE) throw new FrameError("the frame is cut short");
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic !== MAGIC) throw new FrameError(`not a frame: it starts with ${JSON.stringify(magic)}`);
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const bodyStart = PREAMBLE + headerLength;
  if (bytes.length < bodyStart) throw new FrameError("the frame is cut short in its header");
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
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FrameError("the frame's header is not JSON");
  }
  if (header.version !== VERSION) {
    throw new FrameError(
      `the frame has version ${header.version}, this page reads version ${VERSION}: ` +
        "reload the page after upgrading lpwidgets",
    );
  }
  return header;
}

function readColumns(body: Uint8Array<ArrayBuffer>, headers: GenerationHeader["columns"]): Columns {
  const read = <D extends Dtype>(name: string, dtype: D, length?: number): ArrayOf<D> =>
    readColumn(body, name, headers[name], dtype, length);
  const token = read("token", "uint32");
  const alternative = read("alternative", "uint32");
  return {
    pieceOffsets: read("piece_offsets", "uint32"),
    pieceBytes: read("piece_bytes", "uint8"),
    token,
    tokenId: read("token_id", "int32", token.length),
    logprob: read("logprob", "float32", token.length),
    rank: read("rank", "int32", token.length),
    part: read("part", "uint8", token.length),
    chosen: read("chosen", "int32", token.length),
    alternativeOffsets: read("alternative_offsets", "uint32", token.length + 1),
    alternative,
    alternativeLogprob: read("alternative_logprob", "float32", alternative.length),
    metric: (name) => read(`metric:${name}`, "float32", token.length),
  };
}

function readColumn<D extends Dtype>(
  body: Uint8Array<ArrayBuffer>,
  name: string,
  header: ColumnHeader | undefined,
  dtype: D,
  expectedLength: number | undefined,
): ArrayOf<D> {
  if (!header) throw new FrameError(`the frame has no column ${name}`);
  if (header.dtype !== dtype)
    throw new FrameError(`column ${name} is ${header.dtype}, not ${dtype}`);
  if (expectedLength !== undefined && header.length !== expectedLength) {
    throw new FrameError(`column ${name} has ${header.length} values, not ${expectedLength}`);
  }
  const { BYTES_PER_ELEMENT } = ARRAYS[dtype];
  if (header.offset + header.length * BYTES_PER_ELEMENT > body.length) {
    throw new FrameError(`the frame is cut short in column ${name}`);
  }
  const start = body.byteOffset + header.offset;
  if (start % BYTES_PER_ELEMENT !== 0) throw new FrameError(`column ${name} is misaligned`);
  return new ARRAYS[dtype](body.buffer, start, header.length) as ArrayOf<D>;
}
