import { button, element, on } from "../dom.ts";
import { type Selected, type Spans, spansIn } from "../spans.ts";
import type { Answer } from "../traits.ts";
import { createOverlay } from "./overlay.ts";

export interface Searching {
  readonly find: (text: string) => readonly Selected[];
  /** What the kernel last said to a condition; none without a kernel. */
  readonly answer: () => Answer | undefined;
  readonly ask: (condition: string) => void;
  /** The current match, or none, has changed; the reader goes there, unless it changed by itself. */
  readonly show: (current: Selected | undefined, isByItself: boolean) => void;
  /** The search is over. */
  readonly leave: (last: Selected | undefined) => void;
}

/** A field to search with, for a text or with a condition, and the matches. */
export function createSearch(view: HTMLElement, searching: Searching) {
  const overlay = createOverlay(view, "search", "search", "");
  const kind = element("select.menu", element("option", "text"), element("option", "where"));
  const field = element("input.field");
  const count = element("span.number");
  const fault = element("pre.fault");
  let matches: readonly Selected[] = [];
  let current = 0;
  field.type = "search";
  kind.ariaLabel = "search for";
  count.role = fault.role = "status";

  const isForText = (): boolean => kind.value === "text";
  /** What is known of what the field says. */
  const answer = (): Answer | undefined => {
    const condition = field.value;
    const found = searching.answer();
    if (!isForText()) return found?.condition === condition ? found : undefined;
    return { condition, runs: searching.find(condition), error: "" };
  };
  const step = (by: number, isByItself = false): void => {
    const { length } = matches;
    current = length ? (current + by + length) % length : 0;
    if (length) count.textContent = `${current + 1} of ${length}`;
    searching.show(overlay.element.hidden ? undefined : matches[current], isByItself);
  };
  const look = (isByItself = false): void => {
    const { runs = [], error } = answer() ?? { error: "Enter: ask the kernel" };
    field.placeholder = field.ariaLabel = isForText() ? "search the tokens" : "surprisal > 4";
    fault.textContent = error;
    matches = runs;
    count.textContent = field.value && !error ? "nothing found" : "";
    step(0, isByItself);
  };
  const lookAnew = (): void => {
    current = 0;
    look();
  };
  const close = (): void => {
    const last = matches[current];
    if (!isForText()) searching.ask("");
    matches = [];
    overlay.close();
    searching.leave(last);
  };
  on(field, "input", lookAnew);
  on(kind, "change", lookAnew);
  on(overlay.element, "keydown", (event: KeyboardEvent) => {
    const { key, shiftKey, target } = event;
    if (key === "Escape") close();
    else if (key !== "Enter" || target !== field) return;
    else if (answer()) step(shiftKey ? -1 : 1);
    else searching.ask(field.value);
    event.preventDefault();
    event.stopPropagation();
  });

  const content = [
    kind,
    field,
    count,
    button("↑", "previous match", () => step(-1)),
    button("↓", "next match", () => step(1)),
    button("×", "end search", close),
    fault,
  ];
  const search = {
    place: overlay.place,
    open(): void {
      kind.hidden = !searching.answer();
      overlay.open(...content);
      field.focus();
      field.select();
      look();
    },
    /** The kernel has found something, and may have been asked by somebody else. */
    hear(): void {
      const { condition = "" } = searching.answer() ?? {};
      if (condition && overlay.element.hidden) {
        kind.value = "where";
        field.value = condition;
      }
      if (!isForText()) look(true);
    },
    /** Where the matches are in one generation. */
    matches: (generation: number): Spans =>
      spansIn(generation, overlay.element.hidden && isForText() ? [] : matches),
  };
  return search;
}
