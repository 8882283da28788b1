import { beforeEach, describe, expect, it } from "vitest";
import { type Change, createStore, type Store } from "../src/store.ts";
import { FrameWriter, SURPRISAL, type TokenSpec } from "./support.ts";

const tokens = (...texts: string[]): TokenSpec[] => texts.map((text) => ({ text, logprob: -1 }));

const textOf = (store: Store, k = 0): string => {
  const generation = store.generations[k];
  const length = generation?.length ?? 0;
  return Array.from({ length }, (_, i) => new TextDecoder().decode(generation?.bytes(i))).join("");
};

let writer: FrameWriter;
let store: Store;
let changes: Change[];

beforeEach(() => {
  writer = new FrameWriter();
  store = createStore();
  changes = [];
  store.subscribe((change) => changes.push(change), new AbortController().signal);
  store.receive(writer.keyframe([tokens("The", " capital")], { live: true }));
});

describe("appends", () => {
  it("continue the text in order", () => {
    store.receive(writer.append([tokens(" of")]));
    store.receive(writer.append([tokens(" The", " capital")], { live: false }));
    expect(textOf(store)).toBe("The capital of The capital");
    expect(store.live).toBe(false);
  });

  it("say from where on tokens are new", () => {
    store.receive(writer.append([tokens(" of", " France")]));
    expect(changes.at(-1)).toEqual([2]);
  });

  it("bring alternatives whose pieces came earlier", () => {
    store.receive(
      writer.append([
        [
          {
            text: " of",
            chosen: 1,
            alternatives: [
              ["The", -1],
              [" of", -2],
            ],
          },
        ],
      ]),
    );
    const alternatives = store.generations[0]?.alternatives(2);
    expect(alternatives?.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual([
      "The",
      " of",
    ]);
    expect(alternatives?.map(({ isChosen }) => isChosen)).toEqual([false, true]);
  });

  it("are applied once", () => {
    const append = writer.append([tokens(" of")]);
    store.receive(append);
    store.receive(append);
    expect(textOf(store)).toBe("The capital of");
  });

  it("wait for the next keyframe after a gap", () => {
    writer.append([tokens(" of")]);
    store.receive(writer.append([tokens(" France")]));
    expect(textOf(store)).toBe("The capital");
    store.receive(writer.keyframe([tokens("The", " capital", " of", " France")], { seq: 3 }));
    store.receive(writer.append([tokens(" is")]));
    expect(textOf(store)).toBe("The capital of France is");
  });

  it("update the header", () => {
    store.receive(writer.append([[]], { heads: [{ status: "length" }] }));
    expect(store.generations[0]?.head.status).toBe("length");
  });

  it("that do not continue what came before are an error, not a wrong text", () => {
    const other = new FrameWriter();
    other.keyframe([tokens("a", "b", "c")]);
    store.receive(other.append([tokens("d")]));
    expect(store.error).toMatch("an append is missing");
    expect(textOf(store)).toBe("The capital");
  });
});

describe("keyframes", () => {
  it("of the same tokens change nothing", () => {
    store.receive(writer.keyframe([tokens("The", " capital", " of")], { seq: 1 }));
    expect(changes.at(-1)).toEqual([2]);
  });

  it("say which token is the first that differs", () => {
    store.receive(writer.keyframe([tokens("The", " Capital")], { seq: 1 }));
    expect(changes.at(-1)).toEqual([1]);
  });

  it("with other metrics change every token", () => {
    store.receive(writer.keyframe([tokens("The", " capital")], { metrics: [SURPRISAL] }));
    expect(changes.at(-1)).toEqual([0]);
  });

  it("may bring another number of generations", () => {
    store.receive(writer.keyframe([tokens("The"), tokens("A")], { seq: 1 }));
    expect(changes.at(-1)).toEqual([1, 0]);
    expect(textOf(store, 1)).toBe("A");
  });

  it("clear an earlier error", () => {
    store.receive(new Uint8Array(16));
    expect(store.error).toMatch("not a frame");
    store.receive(writer.keyframe([tokens("The")]));
    expect(store.error).toBe("");
  });
});

describe("a store", () => {
  it("has nothing to say about an empty buffer", () => {
    store.receive(new DataView(new ArrayBuffer(0)));
    expect(changes).toHaveLength(1);
  });

  it("forgets a listener when its signal ends", () => {
    const controller = new AbortController();
    const heard: Change[] = [];
    store.subscribe((change) => heard.push(change), controller.signal);
    controller.abort();
    store.receive(writer.append([tokens(" of")]));
    expect(heard).toEqual([]);
  });

  it("knows how far the values reach of a metric as it grows", () => {
    store.receive(
      writer.keyframe([[{ text: "a", metrics: { surprisal: 2 } }]], { metrics: [SURPRISAL] }),
    );
    store.receive(writer.append([[{ text: "b", metrics: { surprisal: 7 } }, { text: "c" }]]));
    expect(store.generations[0]?.extremes("surprisal")).toEqual({ low: 2, high: 7 });
  });
});
