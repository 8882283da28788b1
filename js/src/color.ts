import type { Metric } from "./schema.ts";

export const STEPS = 32;

/** The step of a value that is not known. */
export const NO_STEP = -1;

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Shade {
  readonly background: string;
  readonly ink: string;
}

const READABLE = 4.5;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

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
    ? (domain[1] ?? Math.max(certain + 1, high))
    : (domain[0] ?? Math.min(certain - 1, low));
  return { certain, uncertain };
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

/** The palette in equal steps, each with a text colour that can be read on it. */
export function shades(palette: readonly string[], preferredInk: Rgb): Shade[] {
  const stops = palette.map(parseHex);
  return Array.from({ length: STEPS }, (_, step) => {
    const background = interpolate(stops, step / (STEPS - 1));
    return { background: css(background), ink: css(readableInk(background, preferredInk)) };
  });
}

export function parseHex(color: string): Rgb {
  const value = Number.parseInt(color.slice(1, 7), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function readableInk(background: Rgb, preferred: Rgb): Rgb {
  return [preferred, WHITE].find((ink) => contrast(background, ink) >= READABLE) ?? BLACK;
}

function interpolate(stops: readonly Rgb[], share: number): Rgb {
  const at = share * (stops.length - 1);
  const from = stops[Math.floor(at)] ?? WHITE;
  const to = stops[Math.ceil(at)] ?? from;
  const mix = (channel: number, k: number): number =>
    Math.round(channel + ((to[k] as number) - channel) * (at % 1));
  return from.map(mix) as unknown as Rgb;
}

function css(color: Rgb): string {
  return `rgb(${color.join(", ")})`;
}
