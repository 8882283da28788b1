/** A line of a tree; what it holds follows it, one level deeper. */
export interface Row {
  readonly depth: number;
  /** What is said of it to those who listen. */
  readonly name: string;
  readonly cells: () => Node[];
  /** What opens below it. */
  readonly detail?: () => Node[];
}

/** Where a row stands among the others; `end` is the index after all that it holds. */
export interface Place {
  readonly end: number;
  readonly parent: number;
  readonly position: number;
  readonly siblings: number;
}

/** Lines that are shown unasked. */
const MANY = 200;

export function placesOf(rows: readonly Row[]): Place[] {
  const parents: number[] = [];
  const counts = new Map<number, number>();
  const open: number[] = [];
  const ends = rows.map(() => rows.length);
  const positions = rows.map(({ depth }, index) => {
    for (const closed of open.splice(depth)) ends[closed] = index;
    const parent = open.at(-1) ?? -1;
    const position = (counts.get(parent) ?? 0) + 1;
    counts.set(parent, position);
    parents.push(parent);
    open.push(index);
    return position;
  });
  return rows.map((_, index) => {
    const parent = parents[index] as number;
    return {
      end: ends[index] as number,
      parent,
      position: positions[index] as number,
      siblings: counts.get(parent) as number,
    };
  });
}

/** The deepest level at which not too many lines are in view; what is there is folded. */
export function firstFolds(rows: readonly Row[], places: readonly Place[]): number[] {
  const counts: number[] = [];
  for (const { depth } of rows) counts[depth] = (counts[depth] ?? 0) + 1;
  let level = 0;
  let shown = counts[0] ?? 0;
  while (level + 1 < counts.length && shown + (counts[level + 1] ?? 0) <= MANY) {
    level += 1;
    shown += counts[level] ?? 0;
  }
  return rows.flatMap(({ depth }, k) => (depth >= level && holds(places, k) ? [k] : []));
}

/** Whether a row holds others. */
export function holds(places: readonly Place[], index: number): boolean {
  return (places[index]?.end ?? 0) > index + 1;
}
