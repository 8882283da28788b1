import { button, element, on } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Shown } from "../look.ts";
import type { Metric } from "../schema.ts";

const KEYS = "← → along a text · ↑ ↓ between branches · Enter opens, folds · * all";
const BRANCHING = " · 1–9 branches with that alternative";

/** What the colours mean, the menu of what they may mean, and the keys. */
export function createLegend(choose: (metric: string) => void, canBranch: boolean) {
  const menu = element("select.menu");
  const certain = element("span.number");
  const uncertain = element("span.number");
  const keys = element("span.keys", canBranch ? KEYS + BRANCHING : KEYS);
  let offered: readonly Metric[] = [];
  keys.hidden = true;
  on(menu, "change", () => choose(menu.value));
  const help = button("?", "keys", () => {
    keys.hidden = !keys.hidden;
  });
  return {
    element: element(
      "div.legend",
      element("label.choice", "color by ", menu),
      element("span.scale", certain, element("span.swatch.gradient"), uncertain),
      help,
      keys,
    ),
    update(metrics: readonly Metric[], { metric, scale }: Shown): void {
      if (offered !== metrics) {
        const options = metrics.map(({ name, label }) =>
          Object.assign(element("option", label), { value: name }),
        );
        menu.replaceChildren(...options);
      }
      offered = metrics;
      menu.value = metric.name;
      menu.title = metric.description;
      certain.textContent = `certain ${formatMetric(scale.certain, metric)}`;
      uncertain.textContent = `${formatMetric(scale.uncertain, metric)} uncertain`;
    },
  };
}
