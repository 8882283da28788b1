import type { Scale } from "../color.ts";
import { element } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Metric } from "../schema.ts";

/** What the colours mean, and the menu of what they may mean. */
export class LegendView {
  readonly element = element("footer", "lpw-legend");
  readonly #menu = element("select", "lpw-menu");
  readonly #name = element("span", "lpw-metric");
  readonly #certain = element("span", "lpw-number");
  readonly #uncertain = element("span", "lpw-number");
  #options = "";

  constructor(choose: (name: string) => void, signal: AbortSignal) {
    this.#menu.addEventListener("change", () => choose(this.#menu.value), { signal });
    this.element.append(
      element("label", "lpw-choice", "color by ", this.#menu, this.#name),
      element(
        "span",
        "lpw-scale",
        element("span", "", "certain ", this.#certain),
        element("span", "lpw-gradient"),
        element("span", "", this.#uncertain, " uncertain"),
      ),
      element("span", "lpw-unknown-key", element("span", "lpw-swatch lpw-unknown"), "unknown"),
    );
  }

  update(metrics: readonly Metric[], current: Metric, { certain, uncertain }: Scale): void {
    this.#offer(metrics);
    this.#menu.value = current.name;
    this.#menu.title = current.description;
    this.#name.textContent = current.label;
    this.#name.title = current.description;
    this.#certain.textContent = formatMetric(certain, current);
    this.#uncertain.textContent = formatMetric(uncertain, current);
  }

  #offer(metrics: readonly Metric[]): void {
    const wanted = JSON.stringify(metrics);
    if (wanted === this.#options) return;
    this.#options = wanted;
    this.#menu.replaceChildren(
      ...metrics.map(({ name, label }) => {
        const option = element("option", "", label);
        option.value = name;
        return option;
      }),
    );
    this.#menu.hidden = metrics.length < 2;
    this.#name.hidden = metrics.length > 1;
  }
}
