import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  contrast,
  type Extremes,
  NO_STEP,
  parseHex,
  type Rgb,
  STEPS,
  scaleOf,
  shades,
  stepOf,
} from "../src/color.ts";
import type { Metric } from "../src/schema.ts";
import { PALETTE, PROBABILITY, SURPRISAL } from "./support.ts";

const rgb = (css: string): Rgb => (css.match(/\d+/g) ?? []).map(Number) as unknown as Rgb;

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

  it("gives steps from certain to uncertain", () => {
    const scale = scaleOf(PROBABILITY, reaching(1));
    expect([1, 0.5, 0, -3].map((p) => stepOf(p, scale))).toEqual([0, 16, STEPS - 1, STEPS - 1]);
  });

  it("has no step for the unknown", () => {
    expect(stepOf(Number.NaN, scaleOf(PROBABILITY, reaching(1)))).toBe(NO_STEP);
  });
});

describe("shades", () => {
  it("run through the palette from its first colour to its last", () => {
    const found = shades(PALETTE.light, [0, 0, 0]);
    expect(found).toHaveLength(STEPS);
    expect(found[0]?.background).toBe("rgb(255, 255, 255)");
    expect(found.at(-1)?.background).toBe("rgb(181, 84, 28)");
  });

  it("interpolate linearly", () => {
    const [, ...inner] = shades(["#000000", "#1f1f1f"], [255, 255, 255]);
    expect(inner.map(({ background }) => rgb(background)[0])).toEqual(inner.map((_, k) => k + 1));
  });

  it("can always be read", () => {
    const channel = fc.nat(255);
    const color = fc
      .tuple(channel, channel, channel)
      .map((c) => `#${c.map((v) => v.toString(16).padStart(2, "0")).join("")}`);
    fc.assert(
      fc.property(fc.array(color, { minLength: 1, maxLength: 5 }), color, (palette, ink) => {
        for (const shade of shades(palette, parseHex(ink))) {
          expect(contrast(rgb(shade.background), rgb(shade.ink))).toBeGreaterThanOrEqual(4.5);
        }
      }),
    );
  });
});
