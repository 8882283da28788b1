import { NO_STEP, type Scale, STEPS, stepOf } from "./color.ts";

const MOST_BINS = 2048;

/** A metric over a whole text in at most 2,048 bins, the most uncertain value of each, and how often each step occurs. */
export type Overview = ReturnType<typeof createOverview>;

export function createOverview(scale: Scale) {
  const counts = new Uint32Array(STEPS);
  let bins = new Int8Array(MOST_BINS).fill(NO_STEP);
  let perBin = 1;
  let length = 0;
  const halve = (): void => {
    const halved = new Int8Array(MOST_BINS).fill(NO_STEP);
    bins.forEach((step, k) => {
      if (step > (halved[k >> 1] as number)) halved[k >> 1] = step;
    });
    bins = halved;
    perBin *= 2;
  };
  return {
    counts,
    get length() {
      return length;
    },
    /** Takes in the values that are new. */
    extend(values: Float32Array): void {
      for (; length < values.length; length++) {
        if (length === MOST_BINS * perBin) halve();
        const step = stepOf(values[length] as number, scale);
        const bin = Math.floor(length / perBin);
        if (step > (bins[bin] as number)) bins[bin] = step;
        if (step !== NO_STEP) (counts[step] as number)++;
      }
    },
    /** The most uncertain step between two shares of the text. */
    most(from: number, to: number): number {
      const used = length / perBin;
      const first = Math.floor(from * used);
      const last = Math.max(first + 1, Math.ceil(to * used));
      return Math.max(NO_STEP, ...bins.subarray(first, Math.min(last, Math.ceil(used))));
    },
  };
}
