import { element, on } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Look } from "../look.ts";
import type { Metric } from "../schema.ts";
import { KEYS } from "./keys.ts";
import { LEVELS } from "./pairs.ts";

/** The colour that tells how much more or less surprising something was than in the first. */
export const DIFFERENCE = "difference";

/** What the colours and marks mean, and the keys. */
export function createLegend(metrics: readonly Metric[], choose: (color: string) => void) {
  const menu = element("select.menu");
  const difference = Object.assign(element("option", DIFFERENCE), { value: DIFFERENCE });
  menu.append(difference, ...metrics.map(option));
  on(menu, "change", () => choose(menu.value));
  const certain = element("span.number");
  const uncertain = element("span.number");
  const scale = element("span.scale", certain, element("span.gradient.flat"), uncertain);
  const levels = [...LEVELS.keys()].map((k) => k + 1);
  const swatches = [
    ...levels.map((k) => `less-${k}`).reverse(),
    "",
    ...levels.map((k) => `more-${k}`),
  ];
  const change = element(
    "span.scale",
    "less surprised",
    element("span.levels", ...swatches.map(swatch)),
    "more surprised than the first",
  );
  return {
    element: element(
      "div.legend",
      element("label.choice", "color by ", menu),
      change,
      scale,
      element("span.scale", element("span.differs", "other text")),
      element(
        "span.keys",
        ...KEYS.map(([keys, does]) => element("span", element("kbd", keys), ` ${does}`)),
      ),
    ),
    update(color: string, look: Look | undefined): void {
      menu.value = color;
      change.hidden = look !== undefined;
      scale.hidden = look === undefined;
      if (!look) return;
      const { metric, scale: ends } = look.color;
      certain.textContent = formatMetric(ends.certain, metric);
      uncertain.textContent = formatMetric(ends.uncertain, metric);
    },
  };
}

function option({ name, label }: Metric): HTMLOptionElement {
  return Object.assign(element("option", label), { value: name });
}

function swatch(name: string): HTMLElement {
  const node = element("span");
  const level = LEVELS[Number(name.at(-1)) - 1];
  node.className = `lpw-swatch lpw-${name || "none"}`;
  node.title = level ? `from ${level} bits a byte` : `below ${LEVELS[0]} bits a byte`;
  return node;
}
