import { STEPS, valueAt } from "../color.ts";
import { button, changes, element, on, unspoken } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Look, Shown } from "../look.ts";
import type { Metric } from "../schema.ts";

export interface Choices {
  readonly color: (name: string) => void;
  readonly underline: (name: string) => void;
  readonly threshold: (step: number) => void;
  readonly search: () => void;
  readonly help: () => void;
}

/** What the colours mean, how the values are spread, and the menu of what they may mean. */
export function createLegend(choices: Choices) {
  const colorMenu = menu(choices.color);
  const underlineMenu = menu(choices.underline);
  const thin = element("span.number");
  const thick = element("span.number");
  const thickness = element("span.scale", thin, element("span.wedge"), thick);
  const isNew = changes();
  let offered: readonly Metric[] = [];
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
      "div.legend",
      element("label.choice", "color by ", colorMenu),
      element(
        "span.scale",
        element("span", "certain ", certain),
        spread,
        element("span", uncertain, " uncertain"),
      ),
      element("label.choice", "underline by ", underlineMenu),
      thickness,
      element("span.unknown-key", unknown, "unknown"),
      button("search", "search the tokens", choices.search),
      button("?", "keys", choices.help),
    ),
    update(metrics: readonly Metric[], { threshold, color, underline }: Look): void {
      const { metric, scale, counts } = color;
      const value = formatMetric(valueAt(threshold, scale), metric);
      if (metrics !== offered && isNew(metrics)) {
        colorMenu.replaceChildren(...metrics.map(option));
        underlineMenu.replaceChildren(option(NOTHING), ...metrics.map(option));
      }
      offered = metrics;
      choose(colorMenu, metric);
      choose(underlineMenu, underline?.metric ?? NOTHING);
      label(certain, uncertain, color);
      thickness.hidden = !underline;
      if (underline) label(thin, thick, underline);
      slider.value = String(threshold);
      slider.title = threshold ? `dimmed: more certain than ${value}` : "nothing dimmed";
      slider.ariaValueText = slider.title;
      // Square roots, so that the few uncertain ones can be seen beside the many certain ones.
      const most = Math.max(1, ...counts);
      bars.forEach((bar, step) => {
        bar.style.height = `${Math.round(100 * Math.sqrt((counts[step] ?? 0) / most))}%`;
        bar.className = step < threshold ? "lpw-dim" : "";
      });
    },
  };
}

const NOTHING = { name: "", label: "nothing", description: "" };

type Offered = typeof NOTHING | Metric;

function menu(choose: (name: string) => void): HTMLSelectElement {
  const select = element("select.menu");
  on(select, "change", () => choose(select.value));
  return select;
}

function choose(menu: HTMLSelectElement, { name, description }: Offered): void {
  menu.value = name;
  menu.title = description;
}

function option({ name, label }: Offered): HTMLOptionElement {
  return Object.assign(element("option", label), { value: name });
}

/** Says where a scale begins and ends. */
function label(certain: HTMLElement, uncertain: HTMLElement, { metric, scale }: Shown): void {
  certain.textContent = formatMetric(scale.certain, metric);
  uncertain.textContent = formatMetric(scale.uncertain, metric);
  uncertain.title = metric.domain.includes(null) ? "and beyond" : "";
}
