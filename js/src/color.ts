import type { Metric } from "./schema.ts";

export const STEPS = 32;

/** The step of a value that is not known. */
export const NO_STEP = -1;

export interface Extremes {
  readonly low: number;
  readonly high: number;
}

/** Where a metric's domain begins (certain) and ends (uncertain). */
export interface Scale {
  readonly certain: number;
  readonly uncertain: number;
}

/** The smallest and the largest value in view stand in for open ends of the domain. */
export function scaleOf({ domain, certain }: Metric, { low, high }: Extremes): Scale {
  const isCertainLow = certain === domain[0];
  const uncertain = isCertainLow
    ? (domain[1] ?? certain + reach(high - certain))
    : (domain[0] ?? certain - reach(certain - low));
  return { certain, uncertain };
}

/** At least 1, and rounded up, so that not every larger value changes the scale. */
function reach(size: number): number {
  const step = 2 ** (Math.floor(Math.log2(Math.max(1, size))) - 2);
  return Math.max(1, Math.ceil(size / step) * step);
}

/** The value that a step begins with. */
export function valueAt(step: number, { certain, uncertain }: Scale): number {
  return certain + (uncertain - certain) * (step / (STEPS - 1));
}

/** 0 = certain … STEPS − 1 = uncertain. */
export function stepOf(value: number, { certain, uncertain }: Scale): number {
  if (Number.isNaN(value)) return NO_STEP;
  const share = (value - certain) / (uncertain - certain);
  return Math.round(Math.min(1, Math.max(0, share)) * (STEPS - 1));
}
