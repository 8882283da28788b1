import { atEnd, button, changes, element, focusedBeside, on } from "../dom.ts";
import { showCards } from "../hover.ts";
import { shownAs } from "../look.ts";
import { createPopup } from "../popup.ts";
import type { Store } from "../store.ts";
import { detectTheme, watchTheme } from "../theme.ts";
import { showWindow } from "../window.ts";
import { createLegend } from "./legend.ts";
import { createOutline, type Folds } from "./outline.ts";
import { type Host, readTree } from "./reading.ts";
import type { Structure } from "./structure.ts";

/** A model as a view sees it. */
export interface TreeHost extends Host {
  readonly structure: () => Structure | null;
  readonly error: () => string;
  readonly color: () => string;
  readonly setColor: (metric: string) => void;
}

export function createTreeView(store: Store, host: TreeHost, folds: Folds, signal: AbortSignal) {
  const isNews = changes();
  const announcement = element("p.spoken");
  const summary = element("span.source");
  const status = element("span.status", "growing");
  const stop = button("stop", "end the branches that grow", () => host.send({ type: "stop" }));
  const error = element("p.tree-error");
  const popup = createPopup(() => {});
  const legend = createLegend(host.setColor, host.canBranch);
  const say = (text: string): void => {
    announcement.textContent = text;
  };
  const outline = createOutline(store, folds, () => {
    popup.hide();
    schedule();
  });
  const { pages } = outline;
  const root = element(
    "div.tree-view",
    announcement,
    element("div.header", summary, status, stop),
    error,
    pages.element,
    legend.element,
    popup.element,
  );
  root.classList.add("lpw");
  announcement.role = error.role = "status";
  status.dataset["tone"] = "busy";
  pages.element.role = "group";
  pages.element.dataset["lmSuppressShortcuts"] = "true";

  let frame = 0;
  let isStale = true;
  let hadFocus = false;

  const schedule = (): void => {
    frame ||= requestAnimationFrame(draw);
  };
  const invalidate = (): void => {
    isStale = true;
    schedule();
  };
  const drawHead = ({ leaves, live, stoppable }: Structure): void => {
    const count = leaves.length.toLocaleString("en");
    const texts = `${count} text${leaves.length === 1 ? "" : "s"}`;
    summary.textContent = pages.element.ariaLabel = texts;
    status.hidden = !live;
    stop.hidden = !stoppable;
    if (isNews(live)) say(live ? "growing" : texts);
  };
  /** Chooses how tokens are coloured; says whether that is another way than before. */
  const color = (): boolean => {
    const before = outline.look?.color;
    const metric = store.metrics.find(({ name }) => name === host.color()) ?? store.metrics[0];
    if (!metric) return false;
    const shown = shownAs(metric, store.generations, before);
    if (shown === before) return false;
    outline.look = { color: shown, underline: undefined, threshold: 0 };
    legend.update(store.metrics, shown);
    return before !== undefined;
  };
  const drawData = (): void => {
    const structure = host.structure();
    error.textContent = store.error || host.error();
    error.hidden = !error.textContent;
    root.dataset["theme"] = detectTheme(root);
    if (!structure || !outline.generation()) return;
    const isRecolored = color();
    drawHead(structure);
    outline.update(structure);
    if (isRecolored) pages.redraw();
  };
  function draw(): void {
    cancelAnimationFrame(frame);
    frame = 0;
    if (isStale) drawData();
    isStale = false;
    if (!showWindow(pages)) schedule();
    if (popup.anchor?.isConnected) popup.place();
    else popup.hide();
  }

  store.subscribe(invalidate, signal);
  watchTheme(invalidate, signal);
  showCards(root, popup, readTree(outline, store, popup, host, say), signal);
  const onScroll = ({ target }: Event): void => {
    if (target !== popup.element) schedule();
  };
  on(document, "scroll", onScroll, signal, true);
  on(window, "resize", schedule, signal);
  on(window, "beforeprint", () => pages.blocks.list.forEach(pages.fill), signal);
  on(root, "focusin", () => {
    hadFocus = true;
  });
  const onBlur = (): void => {
    hadFocus = hadFocus && (!root.isConnected || root.contains(focusedBeside(root)));
  };
  on(root, "focusout", () => setTimeout(onBlur));
  const sizes = new ResizeObserver(schedule);
  sizes.observe(root);
  atEnd(signal, () => {
    sizes.disconnect();
    cancelAnimationFrame(frame);
    root.remove();
  });
  /** Goes on in another place of the page, with the focus where it was. */
  const resume = (): void => {
    if (hadFocus) outline.focus(outline.current);
    popup.resume();
    invalidate();
  };
  return { element: root, draw, invalidate, resume };
}
