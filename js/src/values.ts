import type { Extremes } from "./color.ts";
import { Growable } from "./growable.ts";

/** The values of one metric, and how far they reach. */
export class MetricValues extends Growable<Float32Array> {
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;
  #seen = 0;

  /** Looked for when asked, and only among what is new: most metrics are never shown. */
  get extremes(): Extremes {
    const values = this.view;
    for (; this.#seen < values.length; this.#seen++) {
      const value = values[this.#seen] as number;
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
    }
    return { low: this.#low, high: this.#high };
  }
}
