import { atEnd } from "./dom.ts";
import { type Append, type Bytes, decodeFrame, type Keyframe } from "./frame.ts";
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
    generations: [] as readonly Generation[],
    error: "",
    subscribe(listener: Listener, signal: AbortSignal): void {
      listeners.add(listener);
      atEnd(signal, () => listeners.delete(listener));
    },
    receive(bytes: Bytes | null | undefined): void {
      if (!bytes?.byteLength) return;
      const change = attempt(bytes);
      for (const listener of listeners) listener(change);
    },
  };
  const unchanged = (): Change => store.generations.map(({ length }) => length);
  const replace = ({ seq, live, metrics, parts, ...frame }: Keyframe): Change => {
    const before = store.generations;
    const generations = frame.generations.map((one) => createGeneration(one, metrics, parts));
    Object.assign(store, { seq, live, metrics, generations, error: "" });
    return generations.map((now, k) => (before[k] ? firstDifference(before[k], now) : 0));
  };
  const extend = ({ seq, live, generations }: Append): Change => {
    const change = unchanged();
    if (seq !== store.seq + 1) return change;
    store.generations.forEach((generation, k) => {
      const more = generations[k];
      if (more) generation.append(more);
    });
    Object.assign(store, { seq, live });
    return change;
  };
  const attempt = (bytes: Bytes): Change => {
    try {
      const frame = decodeFrame(bytes);
      return frame.kind === "keyframe" ? replace(frame) : extend(frame);
    } catch (error) {
      store.error = (error as Error).message;
      return unchanged();
    }
  };
  return store;
}
