import { createColors, isColored } from "../colors.ts";
import { atEnd, changes, element, on, once, waitingNote } from "../dom.ts";
import { keepFocus } from "../focus.ts";
import { showCards } from "../hover.ts";
import { createPopup } from "../popup.ts";
import type { Store } from "../store.ts";
import { detectTheme, type Theme, watchTheme } from "../theme.ts";
import type { Host } from "../traits.ts";
import { createGenerationView, type GenerationView } from "./generation.ts";
import { createLegend } from "./legend.ts";
import { createReading, type Reading } from "./reading.ts";

/** Milliseconds between overviews of what grows. */
const SELDOM = 250;
/** And between drawings of what is out of view. */
const OUT_OF_VIEW = 1000;

/** A view of a store: everything that is on the page for one output. */
export type RootView = ReturnType<typeof createRoot>;

export function createRoot(store: Store, host: Host, signal: AbortSignal) {
  const views: GenerationView[] = [];
  const colors = createColors();
  const isNews = changes();
  const announcement = element("p.spoken");
  const error = element("p.error");
  const waiting = waitingNote();
  const list = element("div.generations");
  const popup = createPopup(() => reading.leave());
  const root = element("div");
  const say = (text: string): void => {
    announcement.textContent = text;
  };
  const page = { element: root, store, views, popup, colors, say };
  const reading: Reading = createReading(page, host, signal);
  const legend = createLegend({
    color: (name) => host.set("color", name),
    underline: (name) => host.set("underline", name),
    threshold: (threshold) => set({ threshold }),
    search: reading.search,
    help: reading.help,
  });
  root.className = "lpw";
  announcement.role = "status";
  error.role = "alert";
  root.prepend(announcement, error, waiting, list, legend.element, popup.element);

  const focus = keepFocus(root);
  let unchanged: readonly number[] = [];
  let isInView = true;
  let width = 0;
  let isStale = true;
  /** Not known at first, and when the page may look different. */
  let theme: Theme | undefined;

  const invalidate = (): void => {
    isStale = true;
    schedule();
  };
  const invalidateLook = (): void => {
    theme = undefined;
    invalidate();
  };
  const set = (wanted: Partial<Pick<typeof colors, "color" | "underline" | "threshold">>): void => {
    Object.assign(colors, wanted);
    invalidate();
  };
  /** Brings the page up to date, at a cost that depends on what is new. */
  const draw = (): void => {
    if (isStale) drawData();
    isStale = false;
    const isDone = views.map((view) => view.showWindow(isInView)).every(Boolean);
    if (root.isConnected && (isInView || focus.hasMoved)) place();
    if (!isDone) schedule();
  };
  const drawNext = once(draw);
  const drawLater = once(draw, OUT_OF_VIEW);
  const schedule = (): void => (isInView ? drawNext : drawLater)();
  const place = (): void => {
    if (focus.hasMoved) popup.resume();
    focus.settle();
    if (popup.anchor?.isConnected) popup.place();
    else popup.hide();
    reading.place();
  };
  const drawData = (): void => {
    const { look: before } = colors;
    colors.update(store, unchanged);
    drawGenerations();
    const isUrgent = !store.live || !theme || colors.look !== before;
    (isUrgent ? drawOverview : drawOverviewSoon)();
    error.textContent = store.error;
    error.hidden = !store.error;
    waiting.hidden = !store.live || store.generations.length > 0;
    const news = stateOf(store);
    if (isNews(news)) say(news);
  };
  /** What shows a whole text at once: it need not follow every token. */
  const drawOverview = (): void => {
    if (theme && !isInView) return;
    const isKnown = isColored(store);
    theme ??= detectTheme(root);
    root.dataset["theme"] = theme;
    root.classList.toggle("lpw-uncolored", !isKnown);
    legend.element.hidden = !isKnown;
    if (colors.look && isKnown) legend.update(store.metrics, colors.look);
    for (const [k, view] of views.entries()) view.drawStrip(k, theme, width);
  };
  const drawOverviewSoon = once(drawOverview, SELDOM);
  const drawGenerations = (): void => {
    const { generations, live } = store;
    for (const view of views.splice(generations.length)) view.element.remove();
    generations.forEach((generation, k) => {
      const sample = generations.length > 1 ? String(k + 1) : "";
      const view = views[k] ?? createGenerationView(generation);
      if (k === views.length) {
        views.push(view);
        reading.add(view, k);
        list.append(view.element);
      }
      view.update(generation, unchanged[k] ?? 0, colors.look, sample, live);
      if (isInView) view.drawHead(sample);
    });
    unchanged = generations.map(({ length }) => length);
  };

  store.subscribe((change) => {
    unchanged = change.map((first, k) => Math.min(first, unchanged[k] ?? first));
    invalidate();
  }, signal);
  watchTheme(invalidateLook, signal);
  showCards(root, popup, reading.hover, signal);
  const onScroll = ({ target }: Event): void => {
    if (target !== popup.element) schedule();
  };
  on(document, "scroll", onScroll, signal, true);
  on(window, "resize", schedule, signal);
  const fillAll = (): void => {
    for (const { tokens } of views) tokens.blocks.list.forEach(tokens.fill);
  };
  on(window, "beforeprint", fillAll, signal);
  const sizes = new ResizeObserver(([entry]) => {
    const before = width;
    width = entry?.contentRect.width ?? 0;
    (width === before ? schedule : invalidateLook)();
  });
  const sight = new IntersectionObserver(([entry]) => {
    isInView = entry?.isIntersecting ?? true;
    reading.pins.show(isInView);
    if (!isInView) return;
    invalidateLook();
    draw();
  });
  for (const observer of [sizes, sight]) {
    observer.observe(root);
    atEnd(signal, () => observer.disconnect());
  }
  atEnd(signal, () => root.remove());

  return {
    element: root,
    reading,
    set,
    draw,
    /** Goes on in another place of the page. */
    resume(): void {
      focus.hasMoved = true;
      invalidateLook();
    },
  };
}

/** What is worth saying when it changes. */
function stateOf({ live, generations }: Store): string {
  return live ? "receiving tokens" : generations.map(({ head }) => head.status).join(", ");
}
