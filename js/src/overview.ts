import { NO_STEP, type Scale, STEPS, stepOf } from "./color.ts";

const MOST_BINS = 2048;

/** A metric over a whole text in at most 2,048 bins, the most uncertain value of each, and how often each step occurs. */
export class Overview {
  readonly counts = new Uint32Array(STEPS);
  #bins = new Int8Array(MOST_BINS).fill(NO_STEP);
  #perBin = 1;
  #length = 0;
  readonly #scale: Scale;

  constructor(scale: Scale) {
    this.#scale = scale;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes in the values that are new. */
  extend(values: Float32Array): void {
    for (; this.#length < values.length; this.#length++) {
      if (this.#length === MOST_BINS * this.#perBin) this.#halve();
      const step = stepOf(values[this.#length] as number, this.#scale);
      const bin = Math.floor(this.#length / this.#perBin);
      if (step > (this.#bins[bin] as number)) this.#bins[bin] = step;
      if (step !== NO_STEP) this.counts[step] = (this.counts[step] as number) + 1;
    }
  }

  /** The most uncertain step between two shares of the text. */
  most(from: number, to: number): number {
    const bins = this.#length / this.#perBin;
    const first = Math.floor(from * bins);
    const last = Math.max(first + 1, Math.ceil(to * bins));
    return Math.max(NO_STEP, ...this.#bins.subarray(first, Math.min(last, Math.ceil(bins))));
  }

  #halve(): void {
    const halved = new Int8Array(MOST_BINS).fill(NO_STEP);
    this.#bins.forEach((step, k) => {
      if (step > (halved[k >> 1] as number)) halved[k >> 1] = step;
    });
    this.#bins = halved;
    this.#perBin *= 2;
  }
}
