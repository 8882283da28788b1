/** Stretches of tokens, in order and apart, as [start, end, start, end, …]. */
export class Spans {
  readonly #edges: readonly number[];

  constructor(edges: readonly number[] = []) {
    this.#edges = edges;
  }

  /** Of any stretches, in any order. */
  static of(stretches: Iterable<readonly [start: number, end: number]>): Spans {
    const edges: number[] = [];
    for (const [start, end] of [...stretches].sort(([a], [b]) => a - b)) {
      const last = edges.length - 1;
      if (start >= end) continue;
      if (last >= 0 && start <= (edges[last] as number)) {
        edges[last] = Math.max(end, edges[last] as number);
      } else edges.push(start, end);
    }
    return new Spans(edges);
  }

  get size(): number {
    return this.stretches().reduce((sum, [start, end]) => sum + end - start, 0);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#edges[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low % 2 === 1;
  }

  stretches(): [start: number, end: number][] {
    return Array.from({ length: this.#edges.length / 2 }, (_, k) => [
      this.#edges[2 * k] as number,
      this.#edges[2 * k + 1] as number,
    ]);
  }
}

/** Stretches of one generation each, as the kernel knows them. */
export type Stretch = readonly [generation: number, start: number, end: number];

/** The same, generation by generation. */
export function spansOf(
  stretches: readonly Stretch[] | null | undefined,
): ReadonlyMap<number, Spans> {
  const found = new Map<number, [number, number][]>();
  for (const [generation, start, end] of stretches ?? []) {
    const list = found.get(generation) ?? [];
    list.push([start, end]);
    found.set(generation, list);
  }
  return new Map([...found].map(([generation, list]) => [generation, Spans.of(list)]));
}
