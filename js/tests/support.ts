// A frame writer and a model for tests, written from docs/frame-format.md.

import { decodeFrame } from "../src/frame.ts";
import type { Fact, Finding, Head, Metric } from "../src/schema.ts";

export interface TokenSpec {
  readonly text: string | readonly number[];
  readonly id?: number;
  readonly logprob?: number;
  readonly rank?: number;
  readonly part?: string;
  readonly chosen?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly alternatives?: readonly (readonly [text: string | readonly number[], logprob: number])[];
}

export const PARTS = ["prompt", "reasoning", "generated", "forced", "special", "tool"];

export const PROBABILITY: Metric = {
  name: "probability",
  label: "probability",
  unit: "",
  domain: [0, 1],
  certain: 1,
  format: "percent",
  on_card: false,
  description: "probability the model gave to the sampled token",
};

export const SURPRISAL: Metric = {
  name: "surprisal",
  label: "surprisal",
  unit: "bits",
  domain: [0, null],
  certain: 0,
  format: "number",
  on_card: true,
  description: "how unexpected the sampled token was",
};

export function head(changes: Partial<Head> = {}): Head {
  return {
    provider: "local",
    model: "SmolLM2-135M-Instruct",
    status: "complete",
    tone: "good",
    status_title: "the server said: stop",
    facts: [{ label: "tokens", value: "24", title: "tokens with a log probability" }] as Fact[],
    findings: [] as Finding[],
    unshown: "",
    ...changes,
  };
}

export function bytesOf(text: string | readonly number[]): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : Uint8Array.from(text);
}

export interface FrameSpec {
  readonly seq?: number;
  readonly live?: boolean;
  readonly metrics?: readonly Metric[];
  readonly heads?: readonly Partial<Head>[];
  readonly version?: number;
}

/** Writes a keyframe, then appends that continue it. */
export class FrameWriter {
  #generations: GenerationWriter[] = [];
  #metrics: readonly Metric[] = [];
  #seq = 0;

  keyframe(generations: readonly (readonly TokenSpec[])[], spec: FrameSpec = {}): ArrayBuffer {
    this.#generations = generations.map(() => new GenerationWriter());
    this.#metrics = spec.metrics ?? [PROBABILITY];
    this.#seq = spec.seq ?? 0;
    const extra = { parts: PARTS, metrics: this.#metrics };
    return this.#write("keyframe", generations, spec, extra);
  }

  append(generations: readonly (readonly TokenSpec[])[], spec: FrameSpec = {}): ArrayBuffer {
    this.#seq = spec.seq ?? this.#seq + 1;
    return this.#write("append", generations, { live: true, ...spec }, {});
  }

  #write(
    kind: string,
    generations: readonly (readonly TokenSpec[])[],
    { live = false, heads = [], version = 1 }: FrameSpec,
    extra: object,
  ): ArrayBuffer {
    const body = new Body();
    const rows = generations.map((tokens, k) => this.#generations[k]?.rows(tokens) as Rows);
    const columns = (some: readonly Rows[]): object => columnsOf(some, this.#metrics, body);
    const whole = kind === "append" ? { columns: columns(rows) } : { seq: this.#seq, live };
    const written = rows.map((one, k) => ({
      head: head(heads[k]),
      ...(kind === "append"
        ? { seq: this.#seq, live, base: one.base, rows: spansOf(rows, k) }
        : { columns: columns([one]) }),
    }));
    const header = { version, kind, ...whole, ...extra, generations: written };
    return assemble(new TextEncoder().encode(JSON.stringify(header)), body.bytes);
  }
}

class Body {
  readonly bytes: number[] = [];

  add(dtype: string, values: Uint8Array | Uint32Array | Int32Array | Float32Array): object {
    while (this.bytes.length % 8) this.bytes.push(0);
    const column = { dtype, offset: this.bytes.length, length: values.length };
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (const byte of bytes) this.bytes.push(byte);
    return column;
  }
}

interface Counts {
  readonly tokens: number;
  readonly pieces: number;
  readonly alternatives: number;
  readonly bytes: number;
}

/** Tokens as rows: their pieces as numbers, and the pieces that are new. */
interface Rows {
  /** Tokens, pieces and alternatives before these. */
  readonly base: readonly number[];
  readonly counts: Counts;
  readonly tokens: readonly TokenSpec[];
  readonly fresh: readonly Uint8Array[];
  readonly token: readonly number[];
  readonly alternative: readonly number[];
}

class GenerationWriter {
  readonly #pieces = new Map<string, number>();
  #tokens = 0;
  #alternatives = 0;

  rows(tokens: readonly TokenSpec[]): Rows {
    const base = [this.#tokens, this.#pieces.size, this.#alternatives];
    const fresh: Uint8Array[] = [];
    const piece = (text: TokenSpec["text"]): number => {
      const key = bytesOf(text).join();
      if (!this.#pieces.has(key)) {
        this.#pieces.set(key, this.#pieces.size);
        fresh.push(bytesOf(text));
      }
      return this.#pieces.get(key) as number;
    };
    const token = tokens.map(({ text }) => piece(text));
    const alternative = tokens.flatMap((one) => (one.alternatives ?? []).map(([t]) => piece(t)));
    this.#tokens += tokens.length;
    this.#alternatives += alternative.length;
    const counts = {
      tokens: tokens.length,
      pieces: fresh.length,
      alternatives: alternative.length,
      bytes: fresh.reduce((sum, { length }) => sum + length, 0),
    };
    return { base, counts, tokens, fresh, token, alternative };
  }
}

/** From where to where the rows of one generation are in a table of all. */
function spansOf(all: readonly Rows[], k: number): number[][] {
  const sum = (rows: readonly Rows[], name: keyof Counts): number =>
    rows.reduce((total, { counts }) => total + counts[name], 0);
  const span = (name: keyof Counts): number[] => [
    sum(all.slice(0, k), name),
    sum(all.slice(0, k + 1), name),
  ];
  return [span("tokens"), span("pieces"), span("alternatives"), span("bytes")];
}

/** Rows as a table, those of one generation after another's. */
function columnsOf(all: readonly Rows[], metrics: readonly Metric[], body: Body): object {
  const tokens = all.flatMap((one) => one.tokens);
  const fresh = all.flatMap((one) => one.fresh);
  const f32 = (pick: (token: TokenSpec) => number | undefined): object =>
    body.add(
      "float32",
      Float32Array.from(tokens, (t) => pick(t) ?? Number.NaN),
    );
  const i32 = (pick: (token: TokenSpec) => number): object =>
    body.add("int32", Int32Array.from(tokens, pick));
  const u32 = (numbers: readonly number[]): object => body.add("uint32", Uint32Array.from(numbers));
  return {
    piece_offsets: body.add("uint32", offsets(fresh)),
    piece_bytes: body.add("uint8", Uint8Array.from(fresh.flatMap((bytes) => [...bytes]))),
    token: u32(all.flatMap(({ token }) => token)),
    token_id: i32(({ id }) => id ?? -1),
    logprob: f32(({ logprob }) => logprob),
    rank: i32(({ rank }) => rank ?? 0),
    part: body.add(
      "uint8",
      Uint8Array.from(tokens, ({ part }) => PARTS.indexOf(part ?? "generated")),
    ),
    chosen: i32(({ chosen }) => chosen ?? -1),
    alternative_offsets: body.add("uint32", offsets(tokens.map((t) => t.alternatives ?? []))),
    alternative: u32(all.flatMap(({ alternative }) => alternative)),
    alternative_logprob: body.add(
      "float32",
      Float32Array.from(
        tokens.flatMap((t) => t.alternatives ?? []),
        ([, p]) => p,
      ),
    ),
    ...Object.fromEntries(
      metrics.map(({ name }) => [
        `metric:${name}`,
        f32(({ metrics: values, logprob }) => values?.[name] ?? defaultMetric(name, logprob)),
      ]),
    ),
  };
}

function defaultMetric(name: string, logprob = Number.NaN): number {
  return name === "surprisal" ? -logprob / Math.LN2 : Math.exp(logprob);
}

function offsets(rows: readonly { readonly length: number }[]): Uint32Array {
  let end = 0;
  return Uint32Array.from([0, ...rows.map(({ length }) => (end += length))]);
}

function assemble(json: Uint8Array, body: readonly number[]): ArrayBuffer {
  const headerLength = Math.ceil(json.length / 8) * 8;
  const frame = new Uint8Array(8 + headerLength + body.length).fill(0x20);
  frame.set(new TextEncoder().encode("LPW1"));
  new DataView(frame.buffer).setUint32(4, headerLength, true);
  frame.set(json, 8);
  frame.set(body, 8 + headerLength);
  return frame.buffer;
}

type Handler = (...args: unknown[]) => void;

/** What anywidget hands to a widget. */
export class FakeModel {
  readonly #values: Record<string, unknown>;
  readonly #handlers = new Map<string, Set<Handler>>();
  saved = 0;
  readonly sent: unknown[] = [];

  constructor(values: Record<string, unknown>) {
    this.#values = values;
  }

  get handlerCount(): number {
    return [...this.#handlers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get(name: string): unknown {
    return this.#values[name];
  }

  set(name: string, value: unknown): void {
    this.#values[name] = value;
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    this.saved++;
  }

  send(message: unknown): void {
    this.sent.push(message);
  }

  on(event: string, handler: Handler): void {
    this.#handlers.set(event, (this.#handlers.get(event) ?? new Set()).add(handler));
  }

  off(event: string, handler: Handler): void {
    this.#handlers.get(event)?.delete(handler);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const handler of this.#handlers.get(event) ?? []) handler(...args);
  }

  append(frame: ArrayBuffer): void {
    const to = decodeFrame(frame).generations.map(() => this.#values["address"]);
    this.emit("msg:custom", { type: "append", to: [to] }, [new DataView(frame)]);
  }
}
