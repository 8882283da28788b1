/** Walks from a token to the neighbouring line and there to whatever is closest above or below. */
export function nearestOnNextLine(
  spanAt: (index: number) => HTMLElement | undefined,
  from: number,
  direction: 1 | -1,
): number {
  const start = box(spanAt(from));
  if (!start) return from;
  let line: DOMRect | undefined;
  let nearest = from;
  for (let index = from + direction; spanAt(index); index += direction) {
    const here = box(spanAt(index));
    if (!here || isOnLine(here, start)) continue;
    line ??= here;
    if (!isOnLine(here, line)) break;
    if (nearest === from || distance(here, start) < distance(box(spanAt(nearest)) ?? here, start)) {
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
