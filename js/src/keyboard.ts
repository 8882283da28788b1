import { selectedRange } from "./clipboard.ts";
import { next } from "./jumps.ts";
import { nearestOnNextLine } from "./lines.ts";
import { type TokensView, tokenAt } from "./views/tokens.ts";

/** What keys do beyond moving about. */
export interface Actions {
  readonly isUncertain: (index: number) => boolean;
  readonly isSecondChoice: (index: number) => boolean;
  readonly pin: (index: number) => void;
  readonly search: () => void;
  readonly help: () => void;
  readonly say: (text: string) => void;
}

/** Keys and what they do, in the order of the help. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["← → ↑ ↓", "the neighbouring token"],
  ["Home End", "the first, the last token"],
  ["n p", "the next, the previous uncertain token"],
  ["r R", "the next, the previous token that was not the first choice"],
  ["/", "search; Enter and Shift+Enter step through the matches"],
  ["Enter", "pin the card, to compare it with others"],
  ["Space", "select the token; Shift with arrows or a click selects several"],
  ["Escape", "close what is open"],
  ["?", "this list"],
];

/** The tokens as one tab stop, keys moving within. */
export function navigateByKeyboard(view: TokensView, actions: Actions, signal: AbortSignal): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const token = tokenAt(event.target);
    if (!token || event.altKey || event.ctrlKey || event.metaKey) return;
    view.current = view.indexOf(token);
    const isHandled = act(event.key, view, actions) || move(event, view, actions);
    if (isHandled) event.preventDefault();
  };
  const onClick = (event: MouseEvent): void => {
    const token = tokenAt(event.target);
    const isSelecting = selectedRange(view.element)?.collapsed === false;
    if (token && !isSelecting) view.focus(view.indexOf(token));
  };
  view.element.addEventListener("keydown", onKeyDown, { signal });
  view.element.addEventListener("click", onClick, { signal });
}

function act(key: string, view: TokensView, actions: Actions): boolean {
  if (key === "Enter") actions.pin(view.current);
  else if (key === "/") actions.search();
  else if (key === "?") actions.help();
  else return false;
  return true;
}

function move({ key, shiftKey }: KeyboardEvent, view: TokensView, actions: Actions): boolean {
  const jump = JUMPS[key];
  if (jump) {
    const [direction, what, missing] = jump;
    const target = next(view.length, view.current, direction, actions[what]);
    if (target === undefined)
      actions.say(`no ${missing} ${direction > 0 ? "after" : "before"} this`);
    else view.focus(target);
    return true;
  }
  const target = shiftKey && !key.startsWith("Arrow") ? undefined : destination(view, key);
  if (target !== undefined) view.focus(target);
  return target !== undefined;
}

type Jump = readonly [1 | -1, "isUncertain" | "isSecondChoice", string];

const JUMPS: Readonly<Record<string, Jump>> = {
  n: [1, "isUncertain", "uncertain token"],
  p: [-1, "isUncertain", "uncertain token"],
  r: [1, "isSecondChoice", "second choice"],
  R: [-1, "isSecondChoice", "second choice"],
};

function destination(view: TokensView, key: string): number | undefined {
  const { current } = view;
  const last = view.length - 1;
  const spanAt = (index: number): HTMLElement | undefined => view.spanAt(index);
  switch (key) {
    case "ArrowRight":
      return Math.min(last, current + 1);
    case "ArrowLeft":
      return Math.max(0, current - 1);
    case "ArrowDown":
      return nearestOnNextLine(spanAt, current, 1);
    case "ArrowUp":
      return nearestOnNextLine(spanAt, current, -1);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
