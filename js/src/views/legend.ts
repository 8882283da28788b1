import { STEPS, valueAt } from "../color.ts";
import { element } from "../dom.ts";
import { formatMetric } from "../format.ts";
import type { Look, Shown } from "../look.ts";
import type { Metric } from "../schema.ts";
import { menu, offer } from "./menu.ts";

export interface Choices {
  readonly color: (name: string) => void;
  readonly underline: (name: string) => void;
  readonly threshold: (step: number) => void;
  readonly help: () => void;
}

/** What the colours mean, how the values are spread, and the menus of what they may mean. */
export class LegendView {
  readonly element = element("footer", "lpw-legend");
  readonly #color: HTMLSelectElement;
  readonly #underline: HTMLSelectElement;
  readonly #threshold = element("input", "lpw-threshold");
  readonly #bars = Array.from({ length: STEPS }, () => element("span", ""));
  readonly #certain = element("span", "lpw-number");
  readonly #uncertain = element("span", "lpw-number");

  constructor(choices: Choices, signal: AbortSignal) {
    this.#color = menu(choices.color, signal);
    this.#underline = menu(choices.underline, signal);
    this.#setUpThreshold(choices.threshold, signal);
    const help = element("button", "lpw-button", "?");
    help.ariaLabel = "keys";
    help.title = "keys";
    help.addEventListener("click", choices.help, { signal });
    this.element.append(
      element("label", "lpw-choice", "color by ", this.#color),
      this.#scale(),
      element("label", "lpw-choice", "underline by ", this.#underline),
      element("span", "lpw-unknown-key", element("span", "lpw-swatch lpw-unknown"), "unknown"),
      help,
    );
  }

  update(metrics: readonly Metric[], { color, underline, threshold }: Look): void {
    offer(this.#color, metrics, color.metric);
    offer(this.#underline, metrics, underline?.metric, "nothing");
    this.#certain.textContent = formatMetric(color.scale.certain, color.metric);
    this.#uncertain.textContent = formatMetric(color.scale.uncertain, color.metric);
    const value = formatMetric(valueAt(threshold, color.scale), color.metric);
    const said =
      threshold > 0 ? `what is more certain than ${value} is dimmed` : "nothing is dimmed";
    this.#threshold.value = String(threshold);
    this.#threshold.title = said;
    this.#threshold.setAttribute("aria-valuetext", said);
    this.#drawBars(color, threshold);
  }

  #setUpThreshold(choose: (step: number) => void, signal: AbortSignal): void {
    Object.assign(this.#threshold, { type: "range", min: "0", max: String(STEPS - 1) });
    this.#threshold.ariaLabel = "dim the certain ones";
    const onInput = (): void => choose(Number(this.#threshold.value));
    this.#threshold.addEventListener("input", onInput, { signal });
  }

  #scale(): HTMLElement {
    const bars = element("span", "lpw-histogram", ...this.#bars);
    bars.ariaHidden = "true";
    const gradient = element("span", "lpw-gradient");
    return element(
      "span",
      "lpw-scale",
      element("span", "", "certain ", this.#certain),
      element("span", "lpw-spread", bars, gradient, this.#threshold),
      element("span", "", this.#uncertain, " uncertain"),
    );
  }

  /** Square roots, so that the few uncertain ones can be seen beside the many certain ones. */
  #drawBars({ counts }: Shown, threshold: number): void {
    const most = Math.max(1, ...counts);
    this.#bars.forEach((bar, step) => {
      bar.style.height = `${Math.round(100 * Math.sqrt((counts[step] ?? 0) / most))}%`;
      bar.className = step < threshold ? "lpw-dim" : "";
    });
  }
}
