import { selectedRange } from "./clipboard.ts";
import { type TokensView, tokenAt } from "./views/tokens.ts";

/** The tokens as one tab stop, the arrow keys moving within. */
export function navigateByKeyboard(view: TokensView, signal: AbortSignal): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const target = destination(view.spans, view.current, event.key);
    if (target === undefined) return;
    event.preventDefault();
    view.focus(target);
  };
  const onClick = (event: MouseEvent): void => {
    const token = tokenAt(event.target);
    const isSelecting = selectedRange(view.element)?.collapsed === false;
    if (token && !isSelecting) view.focus(view.indexOf(token));
  };
  view.element.addEventListener("keydown", onKeyDown, { signal });
  view.element.addEventListener("click", onClick, { signal });
}

function destination(
  spans: readonly HTMLElement[],
  current: number,
  key: string,
): number | undefined {
  const last = spans.length - 1;
  switch (key) {
    case "ArrowRight":
      return Math.min(last, current + 1);
    case "ArrowLeft":
      return Math.max(0, current - 1);
    case "ArrowDown":
      return nearestOnNextLine(spans, current, 1);
    case "ArrowUp":
      return nearestOnNextLine(spans, current, -1);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

/** Walks from a token to the neighbouring line and there to whatever is closest above or below. */
export function nearestOnNextLine(
  spans: readonly HTMLElement[],
  from: number,
  direction: 1 | -1,
): number {
  const start = box(spans[from]);
  if (!start) return from;
  let line: DOMRect | undefined;
  let nearest = from;
  for (let index = from + direction; spans[index]; index += direction) {
    const here = box(spans[index]);
    if (!here || isOnLine(here, start)) continue;
    line ??= here;
    if (!isOnLine(here, line)) break;
    if (nearest === from || distance(here, start) < distance(box(spans[nearest]) ?? here, start)) {
      nearest = index;
    }
  }
  return nearest;
}

function box(span: HTMLElement | undefined): DOMRect | undefined {
  return span?.getClientRects()[0];
}

function isOnLine(box: DOMRect, line: DOMRect): boolean {
  const middle = (box.top + box.bottom) / 2;
  return middle > line.top && middle < line.bottom;
}

function distance(a: DOMRect, b: DOMRect): number {
  return Math.abs(a.left + a.right - b.left - b.right);
}
