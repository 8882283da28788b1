import { formatMetric, formatNumber, formatPercent, UNKNOWN } from "../format.ts";
import type { Generation } from "../generation.ts";
import type { Metric } from "../schema.ts";

/** A token: the number of its generation, and its position. */
export type Place = readonly [generation: number, index: number];

/** A number of a token: what it is called, its value to sort by, its text to read. */
export interface Column {
  readonly label: string;
  readonly title: string;
  value(generation: Generation, place: Place): number;
  text(value: number): string;
}

const GENERATION: Column = {
  label: "generation",
  title: "number of the generation, from 0",
  value: (_, [number]) => number,
  text: String,
};

const POSITION: Column = {
  label: "position",
  title: "place in its generation, from 0",
  value: (_, [, index]) => index,
  text: String,
};

const FIGURES: readonly Column[] = [
  {
    label: "probability",
    title: "probability the model gave to the sampled token",
    value: (generation, [, index]) => Math.exp(generation.logprob(index)),
    text: formatPercent,
  },
  {
    label: "nats",
    title: "log probability of the sampled token",
    value: (generation, [, index]) => generation.logprob(index),
    text: formatNumber,
  },
  {
    label: "rank",
    title: "1 = most likely",
    value: (generation, [, index]) => generation.rank(index) || Number.NaN,
    text: (value) => (Number.isNaN(value) ? UNKNOWN : String(value)),
  },
];

/** What stands left of the token, and right of it: what every card says, and the chosen metric. */
export function columnsOf(
  metrics: readonly Metric[],
  chosen: string,
  count: number,
): readonly [left: Column[], right: Column[]] {
  const known = FIGURES.map(({ label }) => label);
  const shown = metrics.filter(
    ({ name, label, on_card }) => on_card || (name === chosen && !known.includes(label)),
  );
  const left = count > 1 ? [GENERATION, POSITION] : [POSITION];
  return [left, [...FIGURES, ...shown.map(metricColumn)]];
}

function metricColumn(metric: Metric): Column {
  const { name, label, unit, description } = metric;
  return {
    label,
    title: unit ? `${description} (${unit})` : description,
    value: (generation, [, index]) => generation.metric(name, index),
    text: (value) => formatMetric(value, { ...metric, unit: "" }),
  };
}
