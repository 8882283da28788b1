import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMetric, formatNumber, formatPercent } from "../src/format.ts";

describe("formatPercent", () => {
  it.each([
    [1, "100 %"],
    [0.99999999, ">99.99 %"],
    [0.9998, "99.98 %"],
    [0.123, "12.3 %"],
    [0.099999, "10.0 %"],
    [0.0123, "1.23 %"],
    [0.000041, "0.0041 %"],
    [0.0000001, "<0.0001 %"],
    [0, "0 %"],
    [Number.NaN, "unknown"],
  ])("%f is %s", (value, expected) => expect(formatPercent(value)).toBe(expected));

  it("is 0 or 100 only for what is impossible or certain", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
        (p) => {
          expect(Number.parseFloat(formatPercent(p).replace(/[<>]/, ""))).toBeGreaterThan(0);
          expect(formatPercent(p)).not.toBe("100 %");
        },
      ),
    );
  });
});

describe("formatNumber", () => {
  it.each([
    [-0.2589, "−0.2589"],
    [-17.1858, "−17.19"],
    [0, "0"],
    [-0, "0"],
    [1234.5, "1235"],
    [-1.19e-7, "−1.19e−7"],
    [Number.NEGATIVE_INFINITY, "−∞"],
    [Number.NaN, "unknown"],
  ])("%f is %s", (value, expected) => expect(formatNumber(value)).toBe(expected));
});

describe("formatMetric", () => {
  it("follows the metric's format and unit", () => {
    expect(formatMetric(0.5, { format: "percent", unit: "" })).toBe("50.0 %");
    expect(formatMetric(2.5678, { format: "number", unit: "bits" })).toBe("2.568 bits");
    expect(formatMetric(3, { format: "integer", unit: "" })).toBe("3");
  });

  it("gives no unit to what is unknown", () => {
    expect(formatMetric(Number.NaN, { format: "number", unit: "nats" })).toBe("unknown");
  });
});
