import { type Append, type Bytes, decodeFrame, type Keyframe } from "./frame.ts";
import { Generation } from "./generation.ts";
import type { Metric, Palette } from "./schema.ts";

/** For each generation the index of the first token that is not as it was. */
export type Change = readonly number[];

type Listener = (change: Change) => void;

/** What the kernel has said so far, shared by all views of a model. */
export class Store {
  seq = -1;
  live = false;
  metrics: readonly Metric[] = [];
  palette: Palette = { light: [], dark: [] };
  generations: readonly Generation[] = [];
  error = "";
  readonly #listeners = new Set<Listener>();

  subscribe(listener: Listener, signal: AbortSignal): void {
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  receive(bytes: Bytes | null | undefined): void {
    if (!bytes?.byteLength) return;
    const change = this.#attempt(bytes);
    for (const listener of this.#listeners) listener(change);
  }

  #attempt(bytes: Bytes): Change {
    try {
      const frame = decodeFrame(bytes);
      const change = frame.kind === "keyframe" ? this.#replace(frame) : this.#extend(frame);
      if (frame.kind === "keyframe") this.error = "";
      return change;
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      return this.#unchanged();
    }
  }

  #replace(frame: Keyframe): Change {
    const before = this.generations;
    this.generations = frame.generations.map(
      (generation) => new Generation(generation, frame.metrics, frame.parts),
    );
    this.seq = frame.seq;
    this.live = frame.live;
    this.metrics = frame.metrics;
    this.palette = frame.palette;
    return this.generations.map((now, k) => before[k]?.firstDifference(now) ?? 0);
  }

  #extend(frame: Append): Change {
    const change = this.#unchanged();
    if (frame.seq !== this.seq + 1) return change;
    this.generations.forEach((generation, k) => {
      const more = frame.generations[k];
      if (more) generation.append(more);
    });
    this.seq = frame.seq;
    this.live = frame.live;
    return change;
  }

  #unchanged(): Change {
    return this.generations.map(({ length }) => length);
  }
}
