import { boxOf, element, on } from "../dom.ts";
import { tokenAt } from "../views/tokens.ts";
import type { Graph } from "./graph.ts";
import { type Box, type Layout, layOut, rowsOf, type Size } from "./layout.ts";
import { oneLine, type Part, partsOf } from "./parts.ts";
import { type Node, prune } from "./pruned.ts";
import { createStreams } from "./streams.ts";

/** Characters of an answer that there is room for. */
const LONGEST = 40;
/** Pixels beside the picture that its focus rings need. */
const PADDING = 4;

export interface Opener {
  readonly open: (fold: Node) => void;
}

/** The graph itself: texts over streams, one tab stop, arrow keys moving within. */
export function createPicture(graph: Graph, { open }: Opener) {
  const streams = createStreams(graph.total);
  const heads = ["answer", "runs", "mass"].map((name) => element(`span.${name}-head`, name));
  const titles = element("div.titles", ...heads);
  const canvas = element("div.canvas");
  const scroller = element("div.scroller", canvas);
  const boxes = new Map<Node, HTMLElement>();
  const parts = new Map<HTMLElement, Part>();
  const nodeOf = new Map<HTMLElement, Node>();
  const whole = new Set<string>();
  let nodes: Node[] = [];
  let current: HTMLElement | undefined;
  titles.ariaHidden = "true";
  scroller.role = "group";
  scroller.ariaLabel = `lattice of ${graph.total} runs`;
  scroller.dataset["lmSuppressShortcuts"] = "true";

  const isOf = (paths: readonly number[]): ((path: number) => boolean) => {
    const some = new Set(paths);
    return (path) => some.has(path);
  };
  const fill = (node: Node): HTMLElement => {
    const made = partsOf(graph, node, whole.has(node.key), { open, unroll });
    const box = element(`div.node.of-${node.kind}`, ...made.map((part) => part.element));
    for (const part of made) {
      part.element.tabIndex = -1;
      parts.set(part.element, part);
      nodeOf.set(part.element, node);
    }
    boxes.set(node, box);
    return box;
  };
  const unroll = ({ key }: Node): void => {
    whole.add(key);
    draw();
    stepTo(partsAt(nodes.find((node) => node.key === key))[0]);
  };
  const partsAt = (node: Node | undefined): HTMLElement[] =>
    [...((node && boxes.get(node)?.children) ?? [])] as HTMLElement[];
  const draw = (): void => {
    for (const map of [boxes, parts, nodeOf]) map.clear();
    const rows = rowsOf(nodes[0] as Node).of;
    const inOrder = [...nodes].sort((a, b) => (rows.get(a) as number) - (rows.get(b) as number));
    canvas.replaceChildren(streams.element, titles, ...inOrder.map(fill));
    current = partsAt(nodes[0])[0];
    if (current) current.tabIndex = 0;
    place();
  };
  const laidOut = (answerWidth: string): Layout => {
    const sizes = new Map<Node, Size>();
    canvas.style.setProperty("--lpw-answer", answerWidth);
    for (const [node, { offsetWidth: width, offsetHeight: height }] of boxes) {
      sizes.set(node, { width, height });
    }
    return layOut(nodes, sizes);
  };
  /** Places everything, the answers cut where that is what it takes to fit the page. */
  const place = (): void => {
    const longest = Math.max(...nodes.map((node) => answerLength(graph, node)));
    const wanted = `${Math.min(longest, LONGEST) + 1}ch`;
    let layout = laidOut(wanted);
    const excess = Math.ceil(layout.width + PADDING - scroller.clientWidth);
    if (excess > 0) layout = laidOut(`max(16ch, ${wanted} - ${excess}px)`);
    for (const [node, box] of boxes) {
      const { x, y } = layout.boxes.get(node) as Box;
      box.style.left = `${x}px`;
      box.style.top = `${y}px`;
      if (node.kind === "answer") titles.style.left = `${x}px`;
    }
    canvas.style.width = `${layout.width}px`;
    canvas.style.height = `${layout.height}px`;
    streams.update(layout);
  };
  const stepTo = (part: HTMLElement | undefined): void => {
    if (!part) return;
    if (current) current.tabIndex = -1;
    current = part;
    part.tabIndex = 0;
    part.focus({ preventScroll: true });
    part.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  };
  navigate(scroller, { parts: () => [...parts.keys()], nodeOf, partsAt, stepTo });
  on(canvas, "click", ({ target }) => {
    const part = tokenAt(target);
    if (part?.isConnected && parts.has(part)) stepTo(part);
  });

  return {
    element: scroller,
    partOf: (token: HTMLElement): Part | undefined => parts.get(token),
    /** Draws so many of the paths, the others folded. */
    update(paths: ReadonlySet<number>): void {
      nodes = prune(graph, paths);
      draw();
    },
    place,
    /** Marks the runs of these paths, or none. */
    mark(paths: readonly number[] | undefined): void {
      const isMeant = isOf(paths ?? []);
      canvas.classList.toggle("lpw-marking", paths !== undefined);
      streams.mark((of) => graph.runsOf(of.paths.filter(isMeant)));
      for (const [node, box] of boxes) {
        box.classList.toggle("lpw-marked", node.paths.some(isMeant));
      }
    },
    /** Gives the focus to where a path goes on, or to the beginning. */
    focus(path: number | undefined): void {
      const isOn = ({ kind, paths }: Node): boolean =>
        kind === "text" && path !== undefined && paths.includes(path);
      stepTo(partsAt(nodes.filter(isOn).at(-1) ?? nodes[0])[0]);
    },
  };
}

function answerLength({ data }: Graph, { kind, number }: Node): number {
  return kind === "answer" ? oneLine(data.answers[number]?.text ?? "").length : "answer".length;
}

interface Walk {
  readonly parts: () => HTMLElement[];
  readonly nodeOf: ReadonlyMap<HTMLElement, Node>;
  readonly partsAt: (node: Node | undefined) => HTMLElement[];
  readonly stepTo: (part: HTMLElement | undefined) => void;
}

/** Right and left along a run, to the most frequent where it forks; up and down to the next row. */
function navigate(scroller: HTMLElement, { parts, nodeOf, partsAt, stepTo }: Walk): void {
  const along = (part: HTMLElement, node: Node, direction: 1 | -1): HTMLElement | undefined => {
    const here = partsAt(node);
    const beside = here[here.indexOf(part) + direction];
    if (beside) return beside;
    if (direction > 0) return partsAt(most(node.next)?.to)[0];
    return partsAt(most(node.previous)?.from).at(-1);
  };
  const across = (part: HTMLElement, direction: 1 | -1): HTMLElement | undefined => {
    const from = boxOf(part);
    const isNext = (one: HTMLElement): boolean => direction * (boxOf(one).bottom - from.bottom) > 1;
    const near = (one: HTMLElement): number =>
      1000 * Math.abs(boxOf(one).bottom - from.bottom) + Math.abs(boxOf(one).left - from.left);
    return parts()
      .filter(isNext)
      .reduce<HTMLElement | undefined>(
        (best, one) => (!best || near(one) < near(best) ? one : best),
        undefined,
      );
  };
  on(scroller, "keydown", (event: KeyboardEvent) => {
    const part = tokenAt(event.target);
    const node = part && nodeOf.get(part);
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
    const table: Record<string, () => HTMLElement | undefined> = {
      ArrowRight: () => along(part, node, 1),
      ArrowLeft: () => along(part, node, -1),
      ArrowDown: () => across(part, 1),
      ArrowUp: () => across(part, -1),
      Home: () => parts().find((one) => nodeOf.get(one)?.kind === "start"),
    };
    const next = table[event.key];
    if (!next) return;
    stepTo(next());
    event.preventDefault();
  });
}

function most(links: Node["next"]): Node["next"][number] | undefined {
  return links.reduce<Node["next"][number] | undefined>(
    (best, link) => (best && best.runs >= link.runs ? best : link),
    undefined,
  );
}
