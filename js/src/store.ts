import { atEnd } from "./dom.ts";
import { type Append, type Bytes, decodeFrame, type Frame, type Keyframe } from "./frame.ts";
import { createGeneration, firstDifference, type Generation } from "./generation.ts";
import type { Metric } from "./schema.ts";

/** For each generation the index of the first token that is not as it was. */
export type Change = readonly number[];

type Listener = (change: Change) => void;

/** What the kernel has said so far, shared by all views of a model. */
export type Store = ReturnType<typeof createStore>;

export function createStore() {
  const listeners = new Set<Listener>();
  const store = {
    seq: -1,
    live: false,
    metrics: [] as readonly Metric[],
    parts: [] as readonly string[],
    generations: [] as readonly Generation[],
    error: "",
    subscribe(listener: Listener, signal: AbortSignal): void {
      listeners.add(listener);
      atEnd(signal, () => listeners.delete(listener));
    },
    receive(bytes: Bytes | null | undefined): void {
      if (bytes?.byteLength) store.take(() => decodeFrame(bytes));
    },
    /** Reads a frame; what is wrong with it is said in `error`. */
    take(read: () => Frame): void {
      const change = attempt(read);
      for (const listener of listeners) listener(change);
    },
  };
  const unchanged = (): Change => store.generations.map(({ length }) => length);
  const replace = ({ seq, live, metrics, parts, ...frame }: Keyframe): Change => {
    const before = store.generations;
    const generations = frame.generations.map((one) => {
      const generation = createGeneration(metrics, parts);
      generation.append({ ...one, base: [0, 0, 0] });
      return generation;
    });
    Object.assign(store, { seq, live, metrics, parts, generations, error: "" });
    return generations.map((now, k) => (before[k] ? firstDifference(before[k], now) : 0));
  };
  const extend = ({ generations: [...news] }: Append): Change => {
    const change = unchanged();
    const [first] = news;
    if (first?.seq !== store.seq + 1) return change;
    store.generations = news.map((one, k) => {
      const known = store.generations[k] ?? createGeneration(store.metrics, store.parts);
      known.append(one);
      return known;
    });
    Object.assign(store, { seq: first.seq, live: first.live });
    return change;
  };
  const attempt = (read: () => Frame): Change => {
    try {
      const frame = read();
      return frame.kind === "keyframe" ? replace(frame) : extend(frame);
    } catch (error) {
      store.error = (error as Error).message;
      return unchanged();
    }
  };
  return store;
}
