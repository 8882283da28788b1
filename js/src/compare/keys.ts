import { selectedRange } from "../clipboard.ts";
import { on } from "../dom.ts";
import { nearestOnNextLine } from "../lines.ts";
import { type TokensView, tokenAt } from "../views/tokens.ts";

/** Keys beyond moving about, for the line below the texts. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["← → ↑ ↓ Home End", "token"],
  ["n p", "next, previous difference"],
  ["f", "fork"],
  ["o", "same place in the next text"],
  ["Esc", "close"],
];

export interface Actions {
  /** The next token in this direction where a difference begins, −1 if there is none. */
  readonly difference: (from: number, direction: 1 | -1) => number;
  readonly fork: () => number;
  readonly across: () => void;
  readonly say: (text: string) => void;
}

/** The tokens of a column as one tab stop, keys moving within. */
export function navigate(view: TokensView, actions: Actions): void {
  on(view.element, "keydown", (event: KeyboardEvent) => {
    const token = tokenAt(event.target);
    if (!token || event.altKey || event.ctrlKey || event.metaKey) return;
    view.current = view.indexOf(token);
    const act = actionOf(event.key, view, actions);
    if (!act) return;
    act();
    event.preventDefault();
  });
  on(view.element, "click", ({ target }: MouseEvent) => {
    const token = tokenAt(target);
    const isSelecting = selectedRange(view.element)?.collapsed === false;
    if (token && !isSelecting) view.focus(view.indexOf(token));
  });
}

function actionOf(
  key: string,
  view: TokensView,
  { difference, fork, across, say }: Actions,
): (() => void) | undefined {
  const { current, spanAt } = view;
  const last = view.length - 1;
  const go = (to: number, otherwise: string) => () => (to < 0 ? say(otherwise) : view.focus(to));
  const line = (direction: 1 | -1) => () =>
    view.focus(nearestOnNextLine(spanAt, current, direction));
  const table: Record<string, () => void> = {
    ArrowRight: () => view.focus(Math.min(last, current + 1)),
    ArrowLeft: () => view.focus(Math.max(0, current - 1)),
    ArrowDown: line(1),
    ArrowUp: line(-1),
    Home: () => view.focus(0),
    End: () => view.focus(last),
    n: go(difference(current, 1), "no difference after this"),
    p: go(difference(current, -1), "no difference before this"),
    f: go(fork(), "no fork in this text"),
    o: across,
  };
  return table[key];
}
