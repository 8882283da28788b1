import { createColors, isColored } from "../colors.ts";
import { atEnd, changes, element, focusedBeside, on, waitingNote } from "../dom.ts";
import { showCards } from "../hover.ts";
import { createPopup } from "../popup.ts";
import type { Store } from "../store.ts";
import { detectTheme, watchTheme } from "../theme.ts";
import type { Host } from "../traits.ts";
import { createGenerationView, type GenerationView } from "./generation.ts";
import { createLegend } from "./legend.ts";
import { createReading, type Reading } from "./reading.ts";

/** Milliseconds until what is out of view is drawn. */
const UNSEEN = 300;

const later = (act: () => void): unknown => setTimeout(act, UNSEEN);

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

  let unchanged: readonly number[] = [];
  let isDue = false;
  let isInView = true;
  let width = 0;
  let focused: HTMLElement | undefined;
  let hasMoved = false;
  let isStale = true;

  /** Draws with the next frame, what nobody sees later: 200 answers may stream at once. */
  const schedule = (): void => {
    if (!isDue) (isInView ? requestAnimationFrame : later)(draw);
    isDue = true;
  };
  const invalidate = (): void => {
    isStale = true;
    schedule();
  };
  const set = (wanted: Partial<Pick<typeof colors, "color" | "underline" | "threshold">>): void => {
    Object.assign(colors, wanted);
    invalidate();
  };
  /** Brings the page up to date, at a cost that depends on what is new. */
  const draw = (): void => {
    isDue = false;
    if (isStale) drawData();
    isStale = false;
    const isDone = views.map((view) => view.showWindow()).every(Boolean);
    if (root.isConnected) place();
    if (!isDone) schedule();
  };
  const place = (): void => {
    if (hasMoved) {
      popup.resume();
      focused?.focus({ preventScroll: true });
    }
    hasMoved = false;
    if (popup.anchor?.isConnected) popup.place();
    else popup.hide();
    reading.place();
  };
  const drawData = (): void => {
    const isKnown = isColored(store);
    const theme = detectTheme(root);
    root.dataset["theme"] = theme;
    colors.update(store, unchanged);
    root.classList.toggle("lpw-uncolored", !isKnown);
    legend.element.hidden = !isKnown;
    if (colors.look && isKnown) legend.update(store.metrics, colors.look);
    drawGenerations(theme);
    error.textContent = store.error;
    error.hidden = !store.error;
    waiting.hidden = !store.live || store.generations.length > 0;
    announce();
  };
  const drawGenerations = (theme: string): void => {
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
      view.drawStrip(k, theme);
    });
    unchanged = generations.map(({ length }) => length);
  };
  const announce = (): void => {
    const { live, generations } = store;
    const text = live ? "receiving tokens" : generations.map(({ head }) => head.status).join(", ");
    if (isNews(text)) say(text);
  };

  store.subscribe((change) => {
    unchanged = change.map((first, k) => Math.min(first, unchanged[k] ?? first));
    invalidate();
  }, signal);
  watchTheme(invalidate, signal);
  showCards(root, popup, reading.hover, signal);
  on(root, "focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  /** A view that is taken off the page keeps in mind what had the focus. */
  const onBlur = (): void => {
    if (root.isConnected && !hasMoved && focusedBeside(root) !== focused) focused = undefined;
  };
  on(root, "focusout", () => setTimeout(onBlur));
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
    (width === before ? schedule : invalidate)();
  });
  const sight = new IntersectionObserver(([entry]) => {
    isInView = entry?.isIntersecting ?? true;
    reading.pins.show(isInView);
    if (isInView) draw();
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
      hasMoved = true;
      invalidate();
    },
  };
}
