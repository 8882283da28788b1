import { NO_STEP, STEPS, scaleOf, stepOf } from "./color.ts";
import type { Generation } from "./generation.ts";
import { createOverview, type Overview } from "./overview.ts";
import type { Metric } from "./schema.ts";
import type { Spans } from "./spans.ts";

/** A metric as it is shown: on which scale, and how its values are spread. */
export type Shown = ReturnType<typeof createShown>;

function createShown(metric: Metric, scale: ReturnType<typeof scaleOf>) {
  const overviews: Overview[] = [];
  return {
    metric,
    scale,
    overviews,
    /** Brings the overviews up to date; the first tokens of each are as they were. */
    extend(generations: readonly Generation[], unchanged: readonly number[]): void {
      overviews.length = generations.length;
      generations.forEach((generation, k) => {
        const known = overviews[k];
        const isKept = known && known.length <= (unchanged[k] ?? 0);
        const overview = isKept ? known : createOverview(scale);
        overviews[k] = overview;
        overview.extend(generation.values(metric.name));
      });
    },
    step: (generation: Generation, index: number) =>
      stepOf(generation.metric(metric.name, index), scale),
    get counts() {
      return Array.from({ length: STEPS }, (_, step) =>
        overviews.reduce((sum, { counts }) => sum + (counts[step] as number), 0),
      );
    },
  };
}

/** The same object as before where neither metric nor scale has changed. */
export function shownAs(metric: Metric, generations: readonly Generation[], before?: Shown): Shown {
  const isOpen = metric.domain.includes(null);
  const extremes = isOpen ? generations.map(({ extremes }) => extremes(metric.name)) : [];
  const scale = scaleOf(metric, {
    low: Math.min(...extremes.map(({ low }) => low)),
    high: Math.max(...extremes.map(({ high }) => high)),
  });
  const isSame =
    before?.metric.name === metric.name &&
    before.scale.certain === scale.certain &&
    before.scale.uncertain === scale.uncertain;
  return isSame ? before : createShown(metric, scale);
}

/** How tokens are drawn, apart from what is marked among them. */
export interface Look {
  readonly color: Shown;
  /** The thicker, the less certain. */
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
  let name = `lpw-token lpw-part-${generation.part(index)}`;
  if (step === NO_STEP) name += " lpw-unknown";
  else if (step < (look?.threshold ?? 0)) name += " lpw-dim";
  else if (step > 0) name += ` lpw-c${step}`;
  for (const mark in marks) if (marks[mark]?.has(index)) name += ` lpw-${mark}`;
  if (span.className !== name) span.className = name;
  const thickness = look?.underline?.step(generation, index) ?? 0;
  if (thickness > 0) span.style.boxShadow = `inset 0 ${-thickness / 10}px var(--lpw-under)`;
  else span.removeAttribute("style");
}
