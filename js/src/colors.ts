import { type Look, type Shown, shownAs } from "./look.ts";
import type { Metric } from "./schema.ts";
import type { Store } from "./store.ts";

/** Which metric is shown, and in which colours. */
export type Colors = ReturnType<typeof createColors>;

export function createColors() {
  const colors = {
    color: "",
    /** A second metric, "" without one. */
    underline: "",
    threshold: 0,
    /** How tokens are drawn now; the same object as before where nothing has changed. */
    look: undefined as Look | undefined,
    update({ metrics, generations }: Store, unchanged: readonly number[]): void {
      const { look: before, threshold } = colors;
      const named = (wanted: string) => metrics.find(({ name }) => name === wanted);
      const shown = (metric?: Metric, known?: Shown): Shown | undefined => {
        const now = metric && shownAs(metric, generations, known);
        now?.extend(generations, unchanged);
        return now;
      };
      const color = shown(named(colors.color) ?? metrics[0], before?.color);
      const underline = shown(named(colors.underline), before?.underline);
      const isSame =
        before?.color === color &&
        before?.underline === underline &&
        before?.threshold === threshold;
      if (!isSame) colors.look = color && { color, underline, threshold };
    },
  };
  return colors;
}

/** Whether any value of any metric is known. */
export function isColored({ metrics, generations }: Store): boolean {
  return metrics.some(({ name }) =>
    generations.some(({ values }) => values(name).some((value) => !Number.isNaN(value))),
  );
}
