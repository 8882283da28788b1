import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_STEP, stepOf } from "../src/color.ts";
import { createOverview } from "../src/overview.ts";
import { spansOf } from "../src/spans.ts";

const SCALE = { certain: 0, uncertain: 31 };

describe("an overview", () => {
  it("keeps the most uncertain value of every stretch, however long it grows", () => {
    const values = Float32Array.from({ length: 100_000 }, (_, k) => (k * 7919) % 31);
    values[77_777] = 31;
    const overview = createOverview(SCALE);
    for (let end = 0; end < values.length; end += 997) overview.extend(values.subarray(0, end));
    overview.extend(values);
    expect(overview.length).toBe(100_000);
    expect(overview.most(0, 1)).toBe(31);
    expect(overview.most(0.777, 0.779)).toBe(31);
    expect(overview.most(0.1, 0.2)).toBe(30);
  });

  it("counts every known value once", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 31 }), { maxLength: 5000 }), (steps) => {
        const values = Float32Array.from(steps, (step) => (step < 0 ? Number.NaN : step));
        const overview = createOverview(SCALE);
        overview.extend(values.subarray(0, values.length / 2));
        overview.extend(values);
        const known = [...values].map((value) => stepOf(value, SCALE)).filter((s) => s !== NO_STEP);
        expect(overview.counts.reduce((sum, count) => sum + count, 0)).toBe(known.length);
        expect(overview.most(0, 1)).toBe(Math.max(NO_STEP, ...known));
      }),
    );
  });
});

describe("stretches", () => {
  const stretch = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => [a, b] as const);

  it("hold what any of them holds", () => {
    fc.assert(
      fc.property(fc.array(stretch), (list) => {
        const spans = spansOf(list);
        const inside = Array.from({ length: 42 }, (_, k) => list.some(([a, b]) => a <= k && k < b));
        expect(inside.map((_, k) => spans.has(k))).toEqual(inside);
        const size = spans.stretches.reduce((sum, [start, end]) => sum + end - start, 0);
        expect(size).toBe(inside.filter(Boolean).length);
      }),
    );
  });
});
