import type { Link, Node } from "./pruned.ts";

/** Pixels between a node and what follows it, where streams turn. */
export const GAP = 24;
/** Pixels a stream of all runs is thick. */
const THICK = 24;
/** Pixels over a row's text, and between a text and its stream. */
const AIR = 7;
const LIFT = 1;
/** Pixels over all rows, for the titles of the answers. */
const HEAD = 18;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a node's text is. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A stream as the path of its middle, in SVG's words, and how thick it is. */
export interface Stream {
  readonly of: Node | Link;
  readonly path: string;
}

export interface Layout extends Size {
  readonly boxes: ReadonlyMap<Node, Box>;
  readonly streams: readonly Stream[];
}

/** Pixels that so many runs are thick. */
export function thickness(runs: number, total: number): number {
  return (THICK * runs) / total;
}

/** In which row each node is, and in which one each link runs. */
export interface Rows {
  readonly of: ReadonlyMap<Node | Link, number>;
  readonly count: number;
}

/** The most frequent way stays in the first row; what leaves it gets a row of its own below. */
export function rowsOf(start: Node): Rows {
  const of = new Map<Node | Link, number>();
  let count = 1;
  const visit = (node: Node, row: number): void => {
    of.set(node, row);
    sorted(node.next).forEach((link, k) => {
      const lane = k === 0 ? row : count++;
      of.set(link, lane);
      if (!of.has(link.to)) visit(link.to, lane);
    });
  };
  visit(start, 0);
  return { of, count };
}

/** Those with more runs first, folds last. */
export function sorted(links: readonly Link[]): Link[] {
  const isFold = ({ to }: Link): number => Number(to.kind === "fold");
  return [...links].sort((a, b) => isFold(a) - isFold(b) || b.runs - a.runs);
}

/** Places nodes of known sizes from left to right, the answers below each other at the end. */
export function layOut(nodes: readonly Node[], sizes: ReadonlyMap<Node, Size>): Layout {
  const start = nodes[0] as Node;
  const rows = rowsOf(start);
  const sizeOf = (node: Node): Size => sizes.get(node) ?? { width: 0, height: 0 };
  const x = columns(nodes, (node) => sizeOf(node).width);
  const { tops, streams: levels, height } = levelsOf(nodes, rows, sizeOf, start.runs);
  const boxes = new Map<Node, Box>();
  for (const node of nodes) {
    const row = rows.of.get(node) as number;
    const { width, height } = sizeOf(node);
    const y = (levels[row] as number) - LIFT - height;
    boxes.set(node, { x: x.get(node) as number, y: Math.max(y, tops[row] as number), width });
  }
  const streams = drawn(nodes, rows, boxes, levels, start.runs);
  const width = Math.max(...[...boxes.values()].map((box) => box.x + box.width));
  return { boxes, streams, width, height };
}

function columns(nodes: readonly Node[], width: (node: Node) => number): Map<Node, number> {
  const found = new Map<Node, number>();
  const place = (node: Node): number => {
    const known = found.get(node);
    if (known !== undefined) return known;
    const ends = node.previous.map(({ from }) => place(from) + width(from) + GAP);
    const x = Math.max(0, ...ends);
    found.set(node, x);
    return x;
  };
  const isAnswer = ({ kind }: Node): boolean => kind === "answer";
  const others = nodes.filter((node) => !isAnswer(node));
  const end = Math.max(...others.map((node) => place(node) + width(node))) + GAP;
  for (const node of nodes.filter(isAnswer)) found.set(node, end);
  return found;
}

function levelsOf(
  nodes: readonly Node[],
  { of, count }: Rows,
  sizeOf: (node: Node) => Size,
  total: number,
) {
  const texts = new Array<number>(count).fill(0);
  const thick = new Array<number>(count).fill(0);
  const widen = (list: number[], at: Node | Link, value: number): void => {
    const row = of.get(at) as number;
    list[row] = Math.max(list[row] as number, value);
  };
  for (const node of nodes) {
    widen(texts, node, sizeOf(node).height);
    widen(thick, node, thickness(node.runs, total));
    for (const link of node.next) widen(thick, link, thickness(link.runs, total));
  }
  const tops: number[] = [];
  const streams: number[] = [];
  let y = HEAD;
  for (let row = 0; row < count; row++) {
    tops.push(y);
    streams.push(y + (texts[row] as number) + LIFT);
    y += (texts[row] as number) + LIFT + Math.max(1, thick[row] as number) + AIR;
  }
  return { tops, streams, height: y };
}

function drawn(
  nodes: readonly Node[],
  rows: Rows,
  boxes: ReadonlyMap<Node, Box>,
  levels: readonly number[],
  total: number,
): Stream[] {
  const level = (at: Node | Link): number => levels[rows.of.get(at) as number] as number;
  const row = (at: Node | Link): number => rows.of.get(at) as number;
  const leaving = offsets(nodes, ({ next }) => next, row, total);
  const coming = offsets(nodes, ({ previous }) => previous, row, total);
  const streams: Stream[] = [];
  for (const node of nodes) {
    const { x, width } = boxes.get(node) as Box;
    const middle = level(node) + thickness(node.runs, total) / 2;
    streams.push({ of: node, path: `M${x} ${middle}h${width}` });
    for (const link of node.next) {
      const half = thickness(link.runs, total) / 2;
      const from = level(node) + (leaving.get(link) as number) + half;
      const to = level(link.to) + (coming.get(link) as number) + half;
      const isOwn = row(link) !== row(node) && row(link) !== row(link.to);
      const between = isOwn ? level(link) + half : row(link) === row(node) ? from : to;
      const end = (boxes.get(link.to) as Box).x;
      streams.push({ of: link, path: bent(x + width, from, between, end, to) });
    }
  }
  return streams;
}

/** Streams beside each other where a node's are one, in the order of their rows. */
function offsets(
  nodes: readonly Node[],
  linksOf: (node: Node) => readonly Link[],
  row: (link: Link) => number,
  total: number,
): Map<Link, number> {
  const found = new Map<Link, number>();
  for (const node of nodes) {
    let offset = 0;
    for (const link of [...linksOf(node)].sort((a, b) => row(a) - row(b))) {
      found.set(link, offset);
      offset += thickness(link.runs, total);
    }
  }
  return found;
}

/** Turns into its row at once, and out of it just before the end. */
function bent(x: number, from: number, between: number, end: number, to: number): string {
  const first = from === between ? "" : turn(x, from, x + GAP, between);
  const turned = first ? x + GAP : x;
  const straight = to === between ? end : Math.max(turned, end - GAP);
  const second = to === between ? "" : turn(straight, between, end, to);
  return `M${x} ${from}${first}H${straight}${second}`;
}

function turn(x: number, from: number, end: number, to: number): string {
  const middle = (x + end) / 2;
  return `C${middle} ${from} ${middle} ${to} ${end} ${to}`;
}
