import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Extremes, NO_STEP, STEPS, scaleOf, stepOf } from "../src/color.ts";
import type { Metric } from "../src/schema.ts";
import { PROBABILITY, SURPRISAL } from "./support.ts";

const reaching = (high: number): Extremes => ({ low: -high, high });

describe("a scale", () => {
  it("begins at the certain end of the domain", () => {
    expect(scaleOf(PROBABILITY, reaching(0.9))).toEqual({ certain: 1, uncertain: 0 });
  });

  it("ends at the largest value in view when the domain is open", () => {
    expect(scaleOf(SURPRISAL, reaching(7))).toEqual({ certain: 0, uncertain: 7 });
  });

  it("ends at 1 at least", () => {
    expect(scaleOf(SURPRISAL, reaching(0.2)).uncertain).toBe(1);
    expect(scaleOf(SURPRISAL, reaching(Number.NEGATIVE_INFINITY)).uncertain).toBe(1);
  });

  it("ends at the smallest value in view when the domain is open below", () => {
    const logprob: Metric = { ...SURPRISAL, domain: [null, 0] };
    expect(scaleOf(logprob, reaching(7))).toEqual({ certain: 0, uncertain: -7 });
    expect(scaleOf(logprob, reaching(0.2)).uncertain).toBe(-1);
  });

  it("grows in few steps, and never falls short of the largest value", () => {
    fc.assert(
      fc.property(fc.float({ min: 1, max: 1e6, noNaN: true }), (high) => {
        const { uncertain } = scaleOf(SURPRISAL, reaching(high));
        expect(uncertain).toBeGreaterThanOrEqual(high);
        expect(uncertain).toBeLessThanOrEqual(1.25 * high);
        expect(scaleOf(SURPRISAL, reaching(uncertain)).uncertain).toBe(uncertain);
      }),
    );
  });

  it("gives steps from certain to uncertain", () => {
    const scale = scaleOf(PROBABILITY, reaching(1));
    expect([1, 0.5, 0, -3].map((p) => stepOf(p, scale))).toEqual([0, 16, STEPS - 1, STEPS - 1]);
  });

  it("has no step for the unknown", () => {
    expect(stepOf(Number.NaN, scaleOf(PROBABILITY, reaching(1)))).toBe(NO_STEP);
  });
});
