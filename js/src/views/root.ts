import { cardContent } from "../card.ts";
import { Colors, isColored } from "../colors.ts";
import { element, waitingNote } from "../dom.ts";
import { Hover } from "../hover.ts";
import { Popup } from "../popup.ts";
import type { Change, Store } from "../store.ts";
import { watchTheme } from "../theme.ts";
import type { Host } from "../traits.ts";
import { GenerationView } from "./generation.ts";
import { LegendView } from "./legend.ts";
import { Reading } from "./reading.ts";

/** A view of a store: everything that is on the page for one output. */
export class RootView {
  readonly element = element("div", "lpw");
  readonly reading: Reading;
  readonly views: GenerationView[] = [];
  readonly popup = new Popup(() => this.reading.leave());
  readonly colors = new Colors();
  readonly store: Store;
  readonly #signal: AbortSignal;
  readonly #announcement = element("p", "lpw-spoken");
  readonly #error = element("p", "lpw-error");
  readonly #waiting = waitingNote();
  readonly #list = element("div", "lpw-generations");
  readonly #legend: LegendView;
  #unchanged: number[] = [];
  #frame = 0;
  #width = 0;
  #focused: HTMLElement | undefined;
  #hasMoved = false;
  #isThemeKnown = false;
  #isStale = true;

  constructor(store: Store, host: Host, signal: AbortSignal) {
    this.store = store;
    this.#signal = signal;
    this.reading = new Reading(this, host, signal);
    this.#legend = new LegendView(
      {
        color: (name) => host.set("color", name),
        underline: (name) => host.set("underline", name),
        threshold: (step) => this.set({ threshold: step }),
        help: () => this.reading.help.toggle(),
      },
      signal,
    );
    this.#announcement.role = "status";
    this.#error.role = "alert";
    this.element.prepend(
      this.#announcement,
      this.#error,
      this.#waiting,
      this.#list,
      this.#legend.element,
      this.popup.element,
    );
    this.#listen();
  }

  set(colors: Partial<Pick<Colors, "color" | "underline" | "threshold">>): void {
    Object.assign(this.colors, colors);
    this.#invalidate();
  }

  say(text: string): void {
    this.#announcement.textContent = text;
  }

  /** Brings the page up to date, at a cost that depends on what is new. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#isStale) this.#drawData();
    this.#isStale = false;
    const isDone = this.views.map((view) => view.showWindow()).every(Boolean);
    if (this.element.isConnected) this.#place();
    if (!isDone) this.schedule();
  }

  /** Draws with the next frame: what is in view may be another part of the text now. */
  schedule(): void {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Goes on in another place of the page. */
  resume(): void {
    this.#hasMoved = true;
    this.#invalidate();
  }

  viewOf(node: Node): number {
    return this.views.findIndex(({ element }) => element.contains(node));
  }

  card(number: number, index: number): readonly Node[] {
    const generation = this.views[number]?.generation;
    return generation ? cardContent(generation, index, this.store.metrics) : [];
  }

  #listen(): void {
    const signal = this.#signal;
    const schedule = (): void => this.schedule();
    this.store.subscribe((change) => this.#onChange(change), signal);
    watchTheme(() => {
      this.#isThemeKnown = false;
      this.#invalidate();
    }, signal);
    new Hover(this.element, this.popup, (token) => this.reading.hover(token), signal);
    this.element.addEventListener("focusin", (event) => this.#onFocus(event), { signal });
    this.element.addEventListener("focusout", () => setTimeout(() => this.#onBlur()), { signal });
    document.addEventListener("scroll", schedule, { capture: true, passive: true, signal });
    window.addEventListener("resize", schedule, { signal });
    const fillAll = (): void => this.views.forEach(({ tokens }) => void tokens.fillAll());
    window.addEventListener("beforeprint", fillAll, { signal });
    const sizes = new ResizeObserver(() => this.#onResize());
    sizes.observe(this.element);
    const sight = new IntersectionObserver(([entry]) => {
      this.reading.pins.show(entry?.isIntersecting ?? true);
      schedule();
    });
    sight.observe(this.element);
    signal.addEventListener("abort", () => this.#end([sizes, sight]), { once: true });
  }

  #end(observers: readonly { disconnect(): void }[]): void {
    cancelAnimationFrame(this.#frame);
    for (const observer of observers) observer.disconnect();
    this.element.remove();
  }

  #onFocus({ target }: FocusEvent): void {
    this.#focused = target as HTMLElement;
  }

  /** A view that is taken off the page keeps in mind what had the focus. */
  #onBlur(): void {
    const root = this.element.getRootNode() as Document | ShadowRoot;
    if (this.element.isConnected && root.activeElement !== this.#focused) this.#focused = undefined;
  }

  #place(): void {
    if (this.#hasMoved) {
      this.popup.resume();
      this.#focused?.focus({ preventScroll: true });
    }
    this.#hasMoved = false;
    if (this.popup.anchor?.isConnected) this.popup.place();
    else this.popup.hide();
    this.reading.place();
  }

  #onResize(): void {
    const width = this.element.clientWidth;
    if (width === this.#width) this.schedule();
    else this.#invalidate();
  }

  #onChange(change: Change): void {
    this.#unchanged = change.map((first, k) => Math.min(first, this.#unchanged[k] ?? first));
    this.#invalidate();
  }

  #invalidate(): void {
    this.#isStale = true;
    this.schedule();
  }

  #drawData(): void {
    const { store, colors } = this;
    this.#width = this.element.clientWidth;
    this.#shade();
    const look = colors.look(store, this.#unchanged);
    const isKnown = isColored(store);
    this.element.classList.toggle("lpw-uncolored", !isKnown);
    this.#legend.element.hidden = !isKnown;
    if (look && isKnown) this.#legend.update(store.metrics, look);
    this.#drawGenerations(look);
    this.#error.textContent = store.error;
    this.#error.hidden = !store.error;
    this.#waiting.hidden = !store.live || store.generations.length > 0;
    this.#announce();
  }

  #drawGenerations(look: ReturnType<Colors["look"]>): void {
    const { generations, live } = this.store;
    for (const view of this.views.splice(generations.length)) view.remove();
    generations.forEach((generation, k) => {
      const sample = generations.length > 1 ? String(k + 1) : "";
      const view = this.#view(k);
      view.update(generation, this.#unchanged[k] ?? 0, look, { sample, isLive: live });
      view.drawStrip(k, this.colors.shades);
    });
    this.#unchanged = generations.map(({ length }) => length);
  }

  #view(index: number): GenerationView {
    const existing = this.views[index];
    if (existing) return existing;
    const view = new GenerationView(this.#signal);
    this.views.push(view);
    this.reading.add(view, index);
    this.#list.append(view.element);
    return view;
  }

  #shade(): void {
    if (!this.#isThemeKnown || this.colors.shades.length === 0) {
      this.colors.shade(this.element, this.store);
    }
    this.#isThemeKnown = this.element.isConnected;
  }

  #announce(): void {
    const { live, generations } = this.store;
    const text = live ? "receiving tokens" : generations.map(({ head }) => head.status).join(", ");
    if (this.#said !== text) this.say(text);
    this.#said = text;
  }

  #said = "";
}
