import { createColors } from "../colors.ts";
import { atEnd, element, on } from "../dom.ts";
import { showCards } from "../hover.ts";
import { createPopup } from "../popup.ts";
import type { Store } from "../store.ts";
import { detectTheme, watchTheme } from "../theme.ts";
import { showWindow } from "../window.ts";
import { linkedCards } from "./cards.ts";
import { type Column, createColumn } from "./column.ts";
import { navigate } from "./keys.ts";
import { createLegend, DIFFERENCE } from "./legend.ts";
import { type Link, linksOf } from "./linking.ts";
import { differences, marksOf } from "./marks.ts";
import type { Pair } from "./pairs.ts";

/** What there is to compare. */
export interface Comparison {
  readonly store: Store;
  readonly pairs: readonly Pair[];
  readonly names: readonly string[];
  readonly summaries: readonly string[];
}

export function createCompare(
  { store, pairs, names, summaries }: Comparison,
  choose: (color: string) => void,
  signal: AbortSignal,
) {
  const { generations, metrics } = store;
  const announcement = element("p.spoken");
  const error = element("p.error", store.error);
  const colors = createColors();
  const columns = generations.map((generation, k) =>
    createColumn(generation, pairs[k - 1], names[k] ?? String(k + 1), summaries[k] ?? ""),
  );
  const legend = createLegend(metrics, choose);
  const popup = createPopup(() => {
    for (const column of columns) column.link([0, 0]);
  });
  const list = element("div.columns", ...columns.map((column) => column.element));
  const root = element("div", announcement, error, list, legend.element, popup.element);
  root.className = "lpw lpw-compare";
  announcement.role = "status";
  error.role = "alert";
  error.hidden = !store.error;
  legend.element.hidden = columns.length === 0;

  let frame = 0;
  const schedule = (): void => {
    frame ||= requestAnimationFrame(draw);
  };
  const draw = (): void => {
    cancelAnimationFrame(frame);
    frame = 0;
    const theme = detectTheme(root);
    root.dataset["theme"] = theme;
    const isPlain = colors.color === DIFFERENCE;
    colors.update(
      store,
      generations.map(({ length }) => length),
    );
    const look = isPlain ? undefined : colors.look;
    root.classList.toggle("lpw-uncolored", isPlain);
    legend.update(colors.color, look);
    for (const column of columns) column.draw(look, theme);
    const isDone = columns.map(({ tokens }) => showWindow(tokens)).every(Boolean);
    if (popup.anchor?.isConnected) popup.place();
    else popup.hide();
    if (!isDone) schedule();
  };
  /** How a text's tokens stand to the first's at one place. */
  const stretchOf = (k: number, links: readonly Link[], number: number, token: number) => {
    const [start, end] = links[k]?.tokens ?? [0, 0];
    if (number === 0) return pairs[k - 1]?.of(0, token);
    return start < end ? pairs[k - 1]?.of(1, start) : undefined;
  };
  const content = (token: HTMLElement): readonly Node[] => {
    const number = columns.findIndex((column) => column.element.contains(token));
    const index = Number(token.dataset["index"]);
    const links = linksOf(pairs, generations, number, index);
    const entries = columns.map((column, k) => {
      const link = links[k] as Link;
      const stretch = stretchOf(k, links, number, index);
      const { name, generation } = column;
      column.link(link.tokens);
      return { name, generation, link, isHere: k === number, stretch };
    });
    return linkedCards(entries, metrics);
  };
  const across = (number: number): void => {
    const next = (number + 1) % columns.length;
    const { tokens } = columns[number] as Column;
    const link = linksOf(pairs, generations, number, tokens.current)[next];
    const other = columns[next] as Column;
    const isThere = link && link.tokens[0] < link.tokens[1];
    other.tokens.focus(isThere ? link.tokens[0] : other.tokens.current);
  };
  columns.forEach((column, number) => {
    const starts = differences(pairs, number);
    column.marks = marksOf(pairs, number);
    navigate(column.tokens, {
      difference: (from, direction) =>
        (direction > 0
          ? starts.find((start) => start > from)
          : starts.filter((start) => start < from).at(-1)) ?? -1,
      fork: () => (column.marks["fork"] ?? column.marks["farthest"])?.stretches[0]?.[0] ?? -1,
      across: () => across(number),
      say: (text) => {
        announcement.textContent = text;
      },
    });
  });

  watchTheme(schedule, signal);
  showCards(root, popup, content, signal);
  const onScroll = ({ target }: Event): void => {
    if (target !== popup.element) schedule();
  };
  on(document, "scroll", onScroll, signal, true);
  on(window, "resize", schedule, signal);
  const fillAll = (): void => {
    for (const { tokens } of columns) tokens.blocks.list.forEach(tokens.fill);
  };
  on(window, "beforeprint", fillAll, signal);
  for (const observer of [new ResizeObserver(schedule), new IntersectionObserver(schedule)]) {
    observer.observe(root);
    atEnd(signal, () => observer.disconnect());
  }
  atEnd(signal, () => {
    cancelAnimationFrame(frame);
    root.remove();
  });
  return {
    element: root,
    draw,
    color(name: string): void {
      colors.color = name;
      schedule();
    },
  };
}
