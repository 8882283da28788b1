import { selectedRange } from "./clipboard.ts";
import { on } from "./dom.ts";
import { nearestOnNextLine } from "./lines.ts";
import { type TokensView, tokenAt } from "./views/tokens.ts";

/** What keys do beyond moving about. */
export interface Actions {
  /** What n and p lead to: matches of a condition, else uncertain tokens. */
  readonly sought: () => string;
  readonly isSought: (index: number) => boolean;
  readonly isSecondChoice: (index: number) => boolean;
  readonly pin: (index: number) => void;
  readonly search: () => void;
  readonly help: () => void;
  readonly say: (text: string) => void;
}

/** Keys and what they do, in the order of the help. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["← → ↑ ↓", "neighbouring token"],
  ["Home End", "first, last token"],
  ["n p", "next, previous uncertain token or match"],
  ["r R", "next, previous second choice"],
  ["/", "search the text"],
  ["Enter", "pin the card"],
  ["Space", "select; Shift with arrows or a click: several"],
  ["Escape", "close"],
  ["?", "this list"],
];

/** The tokens as one tab stop, keys moving within. */
export function navigateByKeyboard(view: TokensView, actions: Actions): void {
  on(view.element, "keydown", (event: KeyboardEvent) => {
    const token = tokenAt(event.target);
    if (!token || event.altKey || event.ctrlKey || event.metaKey) return;
    view.current = view.indexOf(token);
    const act = actionOf(event, view, actions);
    act?.();
    // A notebook takes single letters that nobody prevents as commands: cut the cell, add one.
    if (act || event.key.length === 1) event.preventDefault();
  });
  on(view.element, "click", (event: MouseEvent) => {
    const token = tokenAt(event.target);
    const isSelecting = selectedRange(view.element)?.collapsed === false;
    if (token && !isSelecting) view.focus(view.indexOf(token));
  });
}

function actionOf(
  { key, shiftKey }: KeyboardEvent,
  view: TokensView,
  { sought, isSought, isSecondChoice, pin, search, help, say }: Actions,
): (() => void) | undefined {
  const { current, spanAt } = view;
  const last = view.length - 1;
  const line = (direction: 1 | -1) => () =>
    view.focus(nearestOnNextLine(spanAt, current, direction));
  const jump = (direction: 1 | -1, holds: (index: number) => boolean, what: string) => () => {
    let at = current + direction;
    while (at >= 0 && at <= last && !holds(at)) at += direction;
    if (at >= 0 && at <= last) view.focus(at);
    else say(`no ${what} ${direction > 0 ? "after" : "before"} this`);
  };
  const table: Record<string, () => void> = {
    Enter: () => pin(current),
    "/": search,
    "?": help,
    n: jump(1, isSought, sought()),
    p: jump(-1, isSought, sought()),
    r: jump(1, isSecondChoice, "second choice"),
    R: jump(-1, isSecondChoice, "second choice"),
    ArrowRight: () => view.focus(Math.min(last, current + 1)),
    ArrowLeft: () => view.focus(Math.max(0, current - 1)),
    ArrowDown: line(1),
    ArrowUp: line(-1),
  };
  if (!shiftKey) Object.assign(table, { Home: () => view.focus(0), End: () => view.focus(last) });
  return table[key];
}
