/** The next index from `from` on (or before it) that something holds for. */
export function next(
  length: number,
  from: number,
  direction: 1 | -1,
  holds: (index: number) => boolean,
): number | undefined {
  for (let index = from + direction; index >= 0 && index < length; index += direction) {
    if (holds(index)) return index;
  }
  return undefined;
}
