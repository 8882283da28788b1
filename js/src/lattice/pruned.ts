import type { Graph } from "./graph.ts";

/** What is drawn: the beginning, tokens that never fork, a fold, an answer. */
export interface Node {
  readonly key: string;
  readonly kind: "start" | "text" | "fold" | "answer";
  /** The tokens of a text; of an answer its number, of a fold the state it is at. */
  readonly edges: readonly number[];
  readonly number: number;
  /** The paths that are drawn through it, that a fold holds, or that come to an answer. */
  readonly paths: number[];
  runs: number;
  readonly next: Link[];
  readonly previous: Link[];
}

/** A stream from one node to another. */
export interface Link {
  readonly from: Node;
  readonly to: Node;
  readonly paths: number[];
  runs: number;
}

/** Rows that a view begins with, and answers that have one of them whatever their runs. */
const ROWS = 20;
const ANSWERS = 6;

/** Opens as many paths as there is room for: the first of each large answer, then the most frequent. */
export function firstPaths(graph: Graph, room = ROWS): Set<number> {
  const { answers, paths } = graph.data;
  const large = answers.slice(0, ANSWERS).flatMap((_, answer) => graph.coming(answer).slice(0, 1));
  const open = new Set<number>();
  for (const path of new Set([...large, ...paths.keys()])) {
    open.add(path);
    if (open.size > 1 && rowsOf(graph, open) > room) {
      open.delete(path);
      break;
    }
  }
  return withSingles(graph, open);
}

/** A fold of a single path takes as much room as the path. */
export function withSingles(graph: Graph, open: ReadonlySet<number>): Set<number> {
  const folds = foldsOf(graph, open);
  const singles = [...folds.values()].filter(({ length }) => length === 1).flat();
  return new Set([...open, ...singles]);
}

function rowsOf(graph: Graph, open: ReadonlySet<number>): number {
  return open.size + foldsOf(graph, open).size;
}

/** The paths that are not open, by the state where each leaves those that are. */
function foldsOf(graph: Graph, open: ReadonlySet<number>): Map<number, number[]> {
  const folds = new Map<number, number[]>();
  const shown = edgesOf(graph, open);
  graph.data.paths.forEach(({ edges }, path) => {
    const leaving = edges.find((edge) => !shown.has(edge));
    if (leaving === undefined) return;
    const state = graph.data.edges.source[leaving] as number;
    folds.set(state, [...(folds.get(state) ?? []), path]);
  });
  return folds;
}

function edgesOf({ data }: Graph, open: ReadonlySet<number>): Set<number> {
  return new Set([...open].flatMap((path) => data.paths[path]?.edges ?? []));
}

/** Returns the nodes to draw, the beginning first. */
export function prune(graph: Graph, open: ReadonlySet<number>): Node[] {
  const { data, answerOf } = graph;
  const shown = edgesOf(graph, open);
  const atoms = new Map<string, Node>();
  const atom = (key: string, kind: Node["kind"], number: number, edges: number[] = []): Node => {
    const known = atoms.get(key);
    if (known) return known;
    const node: Node = { key, kind, number, edges, paths: [], runs: 0, next: [], previous: [] };
    atoms.set(key, node);
    return node;
  };
  const atomOf = (edge: number): Node => {
    const state = data.edges.source[edge] as number;
    if (!shown.has(edge)) return atom(`fold ${state}`, "fold", state);
    const answer = answerOf(edge);
    if (answer >= 0) return atom(`answer ${answer}`, "answer", answer);
    return atom(`edge ${edge}`, "text", edge, [edge]);
  };
  const start = atom("start", "start", 0);
  data.paths.forEach(({ edges, runs }, path) => {
    const take = (one: Node | Link): void => {
      one.paths.push(path);
      one.runs += runs;
    };
    const end = edges.findIndex((edge) => !shown.has(edge));
    const way = (end < 0 ? edges : edges.slice(0, end + 1)).map(atomOf);
    let from = start;
    take(start);
    for (const to of way) {
      take(join(from, to));
      if (to.kind !== "answer") take(to);
      from = to;
    }
  });
  for (const node of atoms.values()) {
    if (node.kind !== "answer") continue;
    node.paths.push(...graph.coming(node.number));
    node.runs = graph.runsOf(node.paths);
  }
  return collapse([...atoms.values()]);
}

function join(from: Node, to: Node): Link {
  const known = from.next.find((link) => link.to === to);
  if (known) return known;
  const link = { from, to, paths: [], runs: 0 };
  from.next.push(link);
  to.previous.push(link);
  return link;
}

/** Makes one text of tokens that follow each other and nothing else. */
function collapse(nodes: readonly Node[]): Node[] {
  const isGone = new Set<Node>();
  for (const node of nodes) {
    if (node.kind !== "text" || isGone.has(node)) continue;
    for (let after = onlyNext(node); after; after = onlyNext(node)) {
      isGone.add(after);
      (node.edges as number[]).push(...after.edges);
      const next = after.next.map((link) => ({ ...link, from: node }));
      for (const link of next) {
        const { previous } = link.to;
        previous.splice(
          previous.findIndex(({ from }) => from === after),
          1,
          link,
        );
      }
      node.next.splice(0, 1, ...next);
    }
  }
  return nodes.filter((node) => !isGone.has(node));
}

function onlyNext({ next }: Node): Node | undefined {
  const [link, ...others] = next;
  const isOnly = link?.to.kind === "text" && others.length === 0 && link.to.previous.length === 1;
  return isOnly ? link.to : undefined;
}
