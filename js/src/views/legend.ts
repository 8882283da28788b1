import { STEPS, valueAt } from "../color.ts";
import { button, element, on, unspoken } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Look } from "../look.ts";
import type { Metric } from "../schema.ts";

export interface Choices {
  readonly color: (name: string) => void;
  readonly threshold: (step: number) => void;
  readonly help: () => void;
}

/** What the colours mean, how the values are spread, and the menu of what they may mean. */
export function createLegend(choices: Choices) {
  const menu = element("select.menu");
  let offered: readonly Metric[] = [];
  on(menu, "change", () => choices.color(menu.value));
  const slider = element("input.threshold");
  const bars = Array.from({ length: STEPS }, () => element("span"));
  const certain = element("span.number");
  const uncertain = element("span.number");
  Object.assign(slider, { type: "range", min: 0, max: STEPS - 1 });
  slider.ariaLabel = "dim the certain ones";
  on(slider, "input", () => choices.threshold(Number(slider.value)));

  const spread = element(
    "span.spread",
    unspoken("span.histogram", ...bars),
    element("span.gradient"),
    slider,
  );
  const unknown = element("span.swatch.unknown");
  return {
    element: element(
      "footer.legend",
      element("label.choice", "color by ", menu),
      element(
        "span.scale",
        element("span", "certain ", certain),
        spread,
        element("span", uncertain, " uncertain"),
      ),
      element("span.unknown-key", unknown, "unknown"),
      button("?", "keys", choices.help),
    ),
    update(metrics: readonly Metric[], { threshold, color }: Look): void {
      const { metric, scale, counts } = color;
      const shown = (value: number): string => formatMetric(value, metric);
      const value = shown(valueAt(threshold, scale));
      if (offered !== metrics) menu.replaceChildren(...metrics.map(option));
      offered = metrics;
      menu.value = metric.name;
      menu.title = metric.description;
      certain.textContent = shown(scale.certain);
      uncertain.textContent = shown(scale.uncertain);
      slider.value = String(threshold);
      slider.title = threshold
        ? `what is more certain than ${value} is dimmed`
        : "nothing is dimmed";
      slider.setAttribute("aria-valuetext", slider.title);
      // Square roots, so that the few uncertain ones can be seen beside the many certain ones.
      const most = Math.max(1, ...counts);
      bars.forEach((bar, step) => {
        bar.style.height = `${Math.round(100 * Math.sqrt((counts[step] ?? 0) / most))}%`;
        bar.className = step < threshold ? "lpw-dim" : "";
      });
    },
  };
}

function option({ name, label }: Metric): HTMLOptionElement {
  return Object.assign(element("option", label), { value: name });
}
