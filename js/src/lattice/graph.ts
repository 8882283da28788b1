/** What the kernel sends, see lpwidgets/display/lattice_widget.py: edges as columns. */
export interface LatticeData {
  readonly source: readonly string[];
  readonly facts: readonly (readonly [label: string, value: string, title: string])[];
  readonly notes: readonly string[];
  readonly edges: {
    readonly source: readonly number[];
    readonly target: readonly number[];
    readonly token: readonly (string | readonly number[])[];
    /** Of tokens without bytes, else −1. */
    readonly token_id: readonly number[];
    readonly part: readonly string[];
    readonly probability: readonly (number | null)[];
    readonly contexts: readonly number[];
    /** −1, or the answer that runs come to: such an edge has no token. */
    readonly answer: readonly number[];
  };
  /** Different ways through the edges, the most frequent first. */
  readonly paths: readonly Path[];
  readonly answers: readonly Answer[];
}

export interface Path {
  readonly edges: readonly number[];
  readonly runs: number;
}

export interface Answer {
  readonly text: string;
  readonly runs: number;
  readonly mass: number | null;
}

export type Graph = ReturnType<typeof createGraph>;

/** The lattice with what is asked of it again and again. Paths and edges are numbers. */
export function createGraph(data: LatticeData) {
  const { edges, paths, answers } = data;
  const encoder = new TextEncoder();
  const through = edges.source.map((): number[] => []);
  const coming = answers.map((): number[] => []);
  paths.forEach(({ edges: way }, path) => {
    for (const edge of way) through[edge]?.push(path);
    coming[answerOf(way.at(-1) ?? -1)]?.push(path);
  });
  function answerOf(edge: number): number {
    return edges.answer[edge] ?? -1;
  }
  const runsOf = (some: Iterable<number>): number => {
    let sum = 0;
    for (const path of some) sum += paths[path]?.runs ?? 0;
    return sum;
  };
  return {
    data,
    answerOf,
    runsOf,
    total: runsOf(paths.keys()),
    /** The paths through an edge. */
    through: (edge: number): readonly number[] => through[edge] ?? [],
    /** The paths that come to an answer. */
    coming: (answer: number): readonly number[] => coming[answer] ?? [],
    bytes(edge: number): Uint8Array {
      const token = edges.token[edge] ?? "";
      return typeof token === "string" ? encoder.encode(token) : Uint8Array.from(token);
    },
    probability: (edge: number): number => edges.probability[edge] ?? Number.NaN,
  };
}
