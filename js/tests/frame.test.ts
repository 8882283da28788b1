import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame } from "../src/frame.ts";
import { createStore, type Store } from "../src/store.ts";
import { bytesOf, FrameWriter, PARTS, PROBABILITY, type TokenSpec } from "./support.ts";

const PARIS: TokenSpec = {
  text: " Paris",
  id: 7042,
  logprob: -0.25,
  rank: 1,
  chosen: 0,
  alternatives: [
    [" Paris", -0.25],
    [" Lyon", -2],
  ],
};

const frame = (): ArrayBuffer => new FrameWriter().keyframe([[PARIS]], { seq: 12, live: true });

function shifted(bytes: ArrayBuffer, by: number): DataView<ArrayBuffer> {
  const buffer = new ArrayBuffer(bytes.byteLength + by);
  new Uint8Array(buffer, by).set(new Uint8Array(bytes));
  return new DataView(buffer, by);
}

describe("decodeFrame", () => {
  it("reads the header of a keyframe", () => {
    expect(decodeFrame(frame())).toMatchObject({
      kind: "keyframe",
      seq: 12,
      live: true,
      parts: PARTS,
      metrics: [PROBABILITY],
    });
  });

  it("reads columns as typed arrays", () => {
    const columns = decodeFrame(frame()).generations[0]?.columns;
    expect(columns?.token_id).toEqual(Int32Array.of(7042));
    expect(columns?.alternative_logprob).toEqual(Float32Array.of(-0.25, -2));
    expect(columns?.metric("probability")).toEqual(Float32Array.of(Math.exp(-0.25)));
  });

  it.each([1, 2, 3, 4, 5, 7, 8])("reads a buffer that begins at byte %i", (by) => {
    const { generations } = decodeFrame(shifted(frame(), by));
    expect(generations[0]?.columns.logprob).toEqual(Float32Array.of(-0.25));
  });

  it("rejects other bytes", () => {
    expect(() => decodeFrame(bytesOf("GIF89a..").buffer as ArrayBuffer)).toThrow(
      new Error('not a frame: it starts with "GIF8"'),
    );
  });

  it("rejects another version and says what to do", () => {
    const next = new FrameWriter().keyframe([[]], { version: 2 });
    expect(() => decodeFrame(next)).toThrow(/version 2.*reads version 1.*reload the page/);
  });

  it("rejects a frame cut at any byte", () => {
    const whole = frame();
    const ends = decodeFrame(whole).generations[0]?.columns.metric("probability");
    expect(ends).toBeDefined();
    for (let length = 0; length < whole.byteLength; length++) {
      const cut = (): unknown =>
        decodeFrame(whole.slice(0, length)).generations[0]?.columns.metric("probability");
      expect(cut).toThrow(/^the frame is cut short|^not a frame/);
    }
  });

  it("rejects a metric whose column is missing", () => {
    expect(() => decodeFrame(frame()).generations[0]?.columns.metric("margin")).toThrow(
      "the frame has no column metric:margin",
    );
  });
});

const logprob = fc.oneof(
  fc.constant(Number.NaN),
  fc.float({ max: 0, noNaN: true, noDefaultInfinity: true }),
);
const piece = fc.array(fc.nat(255), { maxLength: 6 });
const token = fc.record({
  text: piece,
  id: fc.integer({ min: -1, max: 200_000 }),
  logprob,
  rank: fc.nat(20),
  part: fc.constantFrom(...PARTS),
  alternatives: fc.array(fc.tuple(piece, logprob), { maxLength: 4 }),
});

describe("any frame", () => {
  it("gives back the tokens it was written from", () => {
    const generations = fc.array(fc.array(token, { maxLength: 12 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(generations, fc.nat(9), (specs, offset) => {
        const store = createStore();
        store.receive(shifted(new FrameWriter().keyframe(specs), offset));
        expect(store.error).toBe("");
        expect(store.generations.map(read)).toEqual(specs);
      }),
      { numRuns: 60 },
    );
  });
});

function read(generation: Store["generations"][number]): unknown[] {
  return Array.from({ length: generation.length }, (_, index) => ({
    text: [...generation.bytes(index)],
    id: generation.tokenId(index),
    logprob: generation.logprob(index),
    rank: generation.rank(index),
    part: generation.part(index),
    alternatives: generation.alternatives(index).map(({ bytes, logprob }) => [[...bytes], logprob]),
  }));
}
