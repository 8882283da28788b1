import { NO_STEP, type Scale, STEPS, scaleOf, stepOf } from "./color.ts";
import type { Generation } from "./generation.ts";
import { Overview } from "./overview.ts";
import type { Metric } from "./schema.ts";
import type { Spans } from "./spans.ts";

/** A metric as it is shown: on which scale, and how its values are spread. */
export class Shown {
  readonly metric: Metric;
  readonly scale: Scale;
  readonly overviews: Overview[] = [];

  constructor(metric: Metric, scale: Scale) {
    this.metric = metric;
    this.scale = scale;
  }

  static of(metric: Metric, generations: readonly Generation[], before?: Shown): Shown {
    const extremes = generations.map((generation) => generation.extremes(metric.name));
    const scale = scaleOf(metric, {
      low: Math.min(...extremes.map(({ low }) => low)),
      high: Math.max(...extremes.map(({ high }) => high)),
    });
    const isSame =
      before?.metric.name === metric.name &&
      before.scale.certain === scale.certain &&
      before.scale.uncertain === scale.uncertain;
    return isSame ? before : new Shown(metric, scale);
  }

  /** Brings the overviews up to date; the first tokens of each are as they were. */
  extend(generations: readonly Generation[], unchanged: readonly number[]): void {
    this.overviews.length = generations.length;
    generations.forEach((generation, k) => {
      let overview = this.overviews[k];
      const isAhead = (overview?.length ?? 0) > (unchanged[k] ?? 0);
      if (!overview || isAhead) overview = new Overview(this.scale);
      overview.extend(generation.values(this.metric.name));
      this.overviews[k] = overview;
    });
  }

  step(generation: Generation, index: number): number {
    return stepOf(generation.metric(this.metric.name, index), this.scale);
  }

  get counts(): number[] {
    return Array.from({ length: STEPS }, (_, step) =>
      this.overviews.reduce((sum, { counts }) => sum + (counts[step] as number), 0),
    );
  }
}

/** How tokens are drawn, apart from what is marked among them. */
export interface Look {
  readonly color: Shown;
  readonly underline: Shown | undefined;
  /** Tokens of a lower step are dimmed. */
  readonly threshold: number;
}

/** Names of marks and where they are, in one generation. */
export type Marks = Readonly<Record<string, Spans | undefined>>;

export function paintToken(
  span: HTMLElement,
  index: number,
  generation: Generation,
  look: Look | undefined,
  marks: Marks,
): void {
  const step = look?.color.step(generation, index) ?? NO_STEP;
  const isDim = look !== undefined && step !== NO_STEP && step < look.threshold;
  let name = `lpw-token lpw-part-${generation.part(index)}`;
  if (step === NO_STEP) name += " lpw-unknown";
  if (isDim) name += " lpw-dim";
  for (const mark in marks) if (marks[mark]?.has(index)) name += ` lpw-${mark}`;
  if (span.className !== name) span.className = name;
  const isColored = step > 0 && !isDim;
  const under = look?.underline?.step(generation, index) ?? NO_STEP;
  const wasPlain = !span.hasAttribute("style");
  if (wasPlain && !isColored && under <= 0) return;
  const { style } = span;
  style.backgroundColor = isColored ? `var(--lpw-step-${step})` : "";
  style.color = isColored ? `var(--lpw-ink-${step})` : "";
  style.boxShadow = under > 0 ? `inset 0 ${(-4 * under) / (STEPS - 1)}px var(--lpw-under)` : "";
}
