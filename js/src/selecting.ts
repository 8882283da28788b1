import { selectedRange, tokensIn } from "./clipboard.ts";
import { Spans } from "./spans.ts";
import { type TokensView, tokenAt } from "./views/tokens.ts";

/** Tokens clicked, brushed with the mouse or taken with the keyboard. */
export function selectTokens(
  view: TokensView,
  selected: () => Spans,
  select: (spans: Spans) => void,
  signal: AbortSignal,
): void {
  let origin = 0;
  const only = (from: number, to: number): void =>
    select(Spans.of([[Math.min(from, to), Math.max(from, to) + 1]]));
  const take = (index: number, event: MouseEvent): void => {
    if (!event.shiftKey) origin = index;
    if (event.shiftKey) only(origin, index);
    else if (event.ctrlKey || event.metaKey) select(toggled(selected(), index));
    else only(index, index);
  };
  const onClick = (event: MouseEvent): void => {
    const brushed = event.shiftKey ? undefined : brushedTokens(view);
    const token = tokenAt(event.target);
    if (brushed) select(Spans.of([brushed]));
    else if (token) take(view.indexOf(token), event);
    else select(new Spans());
  };
  const onKeyDown = ({ key, shiftKey }: KeyboardEvent): void => {
    if (shiftKey && key.startsWith("Arrow")) only(origin, view.current);
    else if (key === " ") select(toggled(selected(), view.current));
    else if (key.startsWith("Arrow")) origin = view.current;
    if (key === " ") origin = view.current;
  };
  view.element.addEventListener("click", onClick, { signal });
  view.element.addEventListener("keydown", onKeyDown, { signal });
}

function brushedTokens(view: TokensView): [start: number, end: number] | undefined {
  const range = selectedRange(view.element);
  if (!range || range.collapsed) return undefined;
  const [start, end] = tokensIn(range, view);
  return start < end ? [start, end] : undefined;
}

function toggled(spans: Spans, index: number): Spans {
  const stretches = spans.stretches();
  if (!spans.has(index)) return Spans.of([...stretches, [index, index + 1]]);
  return Spans.of(
    stretches.flatMap(([start, end]): [number, number][] =>
      start <= index && index < end
        ? [
            [start, index],
            [index + 1, end],
          ]
        : [[start, end]],
    ),
  );
}
