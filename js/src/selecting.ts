import { selectedRange, tokensIn } from "./clipboard.ts";
import { on } from "./dom.ts";
import { type Spans, type Stretch, spansOf } from "./spans.ts";
import { type TokensView, tokenAt } from "./views/tokens.ts";

/** Tokens clicked, brushed with the mouse or taken with the keyboard. */
export function selectTokens(
  view: TokensView,
  selected: () => Spans,
  select: (spans: Spans) => void,
): void {
  let origin = 0;
  const only = (from: number, to: number): void =>
    select(spansOf([[Math.min(from, to), Math.max(from, to) + 1]]));
  const take = (index: number, event: MouseEvent): void => {
    if (!event.shiftKey) origin = index;
    if (event.shiftKey) only(origin, index);
    else if (event.ctrlKey || event.metaKey) select(toggled(selected(), index));
    else only(index, index);
  };
  on(view.element, "click", (event: MouseEvent) => {
    const brushed = event.shiftKey ? undefined : brushedTokens(view);
    const token = tokenAt(event.target);
    if (brushed) select(spansOf([brushed]));
    else if (token) take(view.indexOf(token), event);
    else select(spansOf());
  });
  on(view.element, "keydown", ({ key, shiftKey }: KeyboardEvent) => {
    const isArrow = key.startsWith("Arrow");
    if (shiftKey && isArrow) only(origin, view.current);
    else if (isArrow || key === " ") origin = view.current;
    if (key === " ") select(toggled(selected(), view.current));
  });
}

function brushedTokens(view: TokensView): [start: number, end: number] | undefined {
  const range = selectedRange(view.element);
  if (!range || range.collapsed) return undefined;
  const [start, end] = tokensIn(range, view);
  return start < end ? [start, end] : undefined;
}

function toggled({ stretches, has }: Spans, index: number): Spans {
  const without = stretches.flatMap(([start, end]): Stretch[] => [
    [start, Math.min(end, index)],
    [Math.max(start, index + 1), end],
  ]);
  return spansOf(has(index) ? without : [...stretches, [index, index + 1]]);
}
