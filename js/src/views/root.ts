import { cardContent } from "../card.ts";
import { parseHex, type Scale, scaleOf, shades, stepOf } from "../color.ts";
import { element, waitingNote } from "../dom.ts";
import { Hover } from "../hover.ts";
import { Popup } from "../popup.ts";
import type { Metric } from "../schema.ts";
import type { Change, Store } from "../store.ts";
import { detectTheme, type Theme, watchTheme } from "../theme.ts";
import { GenerationView } from "./generation.ts";
import { LegendView } from "./legend.ts";

const INK: Record<Theme, string> = { light: "#1f1f1f", dark: "#ececec" };

/** A view of a store: everything that is on the page for one output. */
export class RootView {
  readonly element = element("div", "lpw");
  readonly #store: Store;
  readonly #signal: AbortSignal;
  readonly #announcement = element("p", "lpw-spoken");
  readonly #error = element("p", "lpw-error");
  readonly #waiting = waitingNote();
  readonly #list = element("div", "lpw-generations");
  readonly #legend: LegendView;
  readonly #popup = new Popup();
  readonly #views: GenerationView[] = [];
  #color = "";
  #unchanged: number[] = [];
  #painted = "";
  #shaded = "";
  #frame = 0;

  constructor(store: Store, chooseColor: (name: string) => void, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
    this.#legend = new LegendView(chooseColor, signal);
    this.#announcement.role = "status";
    this.#error.role = "alert";
    this.element.append(
      this.#announcement,
      this.#error,
      this.#waiting,
      this.#list,
      this.#legend.element,
      this.#popup.element,
    );
    store.subscribe((change) => this.#onChange(change), signal);
    watchTheme(() => this.#schedule(), signal);
    new Hover(this.element, this.#popup, (token) => this.#card(token), signal);
    signal.addEventListener("abort", () => cancelAnimationFrame(this.#frame), { once: true });
  }

  set color(name: string) {
    this.#color = name;
    this.#schedule();
  }

  /** Brings the page up to date, at a cost that depends on what is new. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const drawnFrom = this.#drawGenerations();
    this.#error.textContent = this.#store.error;
    this.#error.hidden = !this.#store.error;
    this.#waiting.hidden = !this.#store.live || this.#store.generations.length > 0;
    this.#shade();
    this.#drawColors(drawnFrom);
    this.#announce();
    if (this.#popup.anchor?.isConnected) this.#popup.place();
    else this.#popup.hide();
  }

  #onChange(change: Change): void {
    this.#unchanged = change.map((first, k) => Math.min(first, this.#unchanged[k] ?? first));
    this.#schedule();
  }

  #schedule(): void {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  #drawGenerations(): number[] {
    const { generations, live } = this.#store;
    for (const view of this.#views.splice(generations.length)) view.remove();
    const drawnFrom = generations.map((generation, k) => {
      const sample = generations.length > 1 ? String(k + 1) : "";
      return this.#view(k).update(generation, this.#unchanged[k] ?? 0, sample, live);
    });
    this.#unchanged = generations.map(({ length }) => length);
    return drawnFrom;
  }

  #view(index: number): GenerationView {
    const existing = this.#views[index];
    if (existing) return existing;
    const view = new GenerationView(this.#signal);
    this.#views.push(view);
    this.#list.append(view.element);
    return view;
  }

  #drawColors(drawnFrom: readonly number[]): void {
    const { metrics } = this.#store;
    const isColored = metrics.some(({ name }) => Number.isFinite(this.#peak(name)));
    this.element.classList.toggle("lpw-uncolored", !isColored);
    this.#legend.element.hidden = !isColored;
    const metric = metrics.find(({ name }) => name === this.#color) ?? metrics[0];
    if (!metric) return;
    const scale = scaleOf(metric, this.#peak(metric.name));
    this.#legend.update(metrics, metric, scale);
    this.#paint(metric, scale, drawnFrom);
  }

  #paint({ name }: Metric, scale: Scale, drawnFrom: readonly number[]): void {
    const wanted = JSON.stringify([name, scale]);
    const isSame = wanted === this.#painted;
    this.#painted = wanted;
    this.#views.forEach(({ tokens, generation }, k) => {
      if (!generation) return;
      const from = isSame ? (drawnFrom[k] ?? 0) : 0;
      tokens.paint(from, (index) => stepOf(generation.metric(name, index), scale));
    });
  }

  #peak(name: string): number {
    return Math.max(...this.#store.generations.map((generation) => generation.peak(name)));
  }

  /** Puts the palette of the page's theme where the tokens' colours point to. */
  #shade(): void {
    const theme = detectTheme(this.element);
    const palette = this.#store.palette[theme];
    const wanted = JSON.stringify([theme, palette]);
    if (wanted === this.#shaded) return;
    this.#shaded = wanted;
    this.element.dataset["theme"] = theme;
    const { style } = this.element;
    style.setProperty("--lpw-gradient", `linear-gradient(to right, ${palette.join(", ")})`);
    shades(palette, parseHex(INK[theme])).forEach(({ background, ink }, step) => {
      style.setProperty(`--lpw-step-${step}`, background);
      style.setProperty(`--lpw-ink-${step}`, ink);
    });
  }

  #announce(): void {
    const { live, generations } = this.#store;
    const text = live ? "receiving tokens" : generations.map(({ head }) => head.status).join(", ");
    if (this.#announcement.textContent !== text) this.#announcement.textContent = text;
  }

  #card(token: HTMLElement): readonly Node[] {
    const view = this.#views.find(({ element }) => element.contains(token));
    if (!view?.generation) return [];
    return cardContent(view.generation, view.tokens.indexOf(token), this.#store.metrics);
  }
}
