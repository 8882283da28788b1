import type { Metric } from "./schema.ts";

export const UNKNOWN = "unknown";

/** A probability as a percentage: never 0 for something possible, never 100 for something uncertain. */
export function formatPercent(probability: number): string {
  if (Number.isNaN(probability)) return UNKNOWN;
  const percent = 100 * probability;
  if (percent <= 0) return "0 %";
  if (percent >= 100) return "100 %";
  if (percent < 0.0001) return "<0.0001 %";
  if (percent > 99.99) return ">99.99 %";
  const atLeast = percent >= 1 ? 3 : 2;
  return `${plainDigits(percent, percent >= 99 ? 4 : atLeast)} %`;
}

/** Three or four significant digits, without an exponent unless the number is tiny or huge. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return UNKNOWN;
  const size = Math.abs(value);
  const digits = size === 0 ? "0" : sizeDigits(size);
  return value < 0 ? `−${digits}` : digits;
}

function sizeDigits(size: number): string {
  if (size === Number.POSITIVE_INFINITY) return "∞";
  if (size < 1e-4 || size >= 1e6) return size.toExponential(2).replace("-", "−").replace("+", "");
  return plainDigits(size, 4);
}

function plainDigits(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  const decimals = digits - 1 - Math.floor(Math.log10(rounded));
  return value.toFixed(Math.max(0, decimals));
}

export function formatMetric(
  value: number,
  { format, unit }: Pick<Metric, "format" | "unit">,
): string {
  if (Number.isNaN(value)) return UNKNOWN;
  const formatted = METRIC_FORMATS[format](value);
  return unit ? `${formatted} ${unit}` : formatted;
}

const METRIC_FORMATS: Record<Metric["format"], (value: number) => string> = {
  percent: formatPercent,
  number: formatNumber,
  integer: (value) => Math.round(value).toString(),
};
