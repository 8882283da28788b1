import { NO_STEP, type Scale, STEPS, stepOf } from "./color.ts";

/** A metric over a whole text: how often each step occurs, and where the uncertain ones are. */
export type Overview = ReturnType<typeof createOverview>;

export function createOverview(scale: Scale) {
  const counts = new Uint32Array(STEPS);
  let values: Float32Array = new Float32Array();
  return {
    counts,
    get length() {
      return values.length;
    },
    /** Takes in the values that are new. */
    extend(all: Float32Array): void {
      for (const value of all.subarray(values.length)) {
        const step = stepOf(value, scale);
        if (step !== NO_STEP) (counts[step] as number)++;
      }
      values = all;
    },
    /** The most uncertain step between two shares of the text. */
    most(from: number, to: number): number {
      const first = Math.floor(from * values.length);
      const last = Math.max(first + 1, Math.ceil(to * values.length));
      return values
        .subarray(first, last)
        .reduce((most, value) => Math.max(most, stepOf(value, scale)), NO_STEP);
    },
  };
}
