// What stands over the streams: the beginning, tokens, folds, answers; and their cards.

import { NO_STEP, stepOf } from "../color.ts";
import { button, element, labelled } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { exactNodes, isPlain, runningNodes } from "../piece.ts";
import { hex } from "../text.ts";
import type { Graph } from "./graph.ts";
import type { Node as Drawn } from "./pruned.ts";

const SURE = { certain: 1, uncertain: 0 };
/** Characters of a text that never forks; the rest is counted. */
const CHARACTERS = 48;
/** Ways to go on that the card of a fold tells. */
const WAYS = 6;

/** Something that can be pointed at, and the paths it stands for. */
export interface Part {
  readonly element: HTMLElement;
  readonly paths: readonly number[];
  readonly card: () => HTMLElement[];
}

export interface Actions {
  /** Shows more of what a fold holds. */
  readonly open: (fold: Drawn) => void;
  /** Shows all tokens of a text. */
  readonly unroll: (text: Drawn) => void;
}

export function partsOf(graph: Graph, node: Drawn, isWhole: boolean, act: Actions): Part[] {
  if (node.kind === "start") return [startPart(graph, node)];
  if (node.kind === "answer") return [answerPart(graph, node)];
  if (node.kind === "fold") return [foldPart(graph, node, act)];
  const count = isWhole ? node.edges.length : fitting(graph, node.edges);
  const tokens = node.edges.slice(0, count).map((edge) => tokenPart(graph, edge));
  const rest = node.edges.length - count;
  return rest > 0 ? [...tokens, restPart(graph, node, rest, act)] : tokens;
}

/** How many tokens there is room for; one more takes no more room than to say so. */
function fitting(graph: Graph, edges: readonly number[]): number {
  let room = CHARACTERS;
  const count = edges.findIndex((edge) => {
    room -= graph.bytes(edge).length;
    return room < 0;
  });
  const shown = count < 0 ? edges.length : Math.max(1, count);
  return shown >= edges.length - 1 ? edges.length : shown;
}

function startPart(graph: Graph, node: Drawn): Part {
  return {
    element: element("span.token.start", runs(graph.total)),
    paths: node.paths,
    card: () => [heading("the beginning"), shares(graph, graph.total)],
  };
}

function tokenPart(graph: Graph, edge: number): Part {
  const bytes = graph.bytes(edge);
  const probability = graph.probability(edge);
  const { part, contexts, token_id: ids } = graph.data.edges;
  const paths = graph.through(edge);
  const isEnd = part[edge] === "special" && bytes.length === 0;
  const shown = isEnd ? ["end"] : inLine(bytes);
  const span = element(`span.token.part-${part[edge]}`, ...shown);
  const step = stepOf(probability, SURE);
  if (bytes.length > CHARACTERS) span.classList.add("lpw-long");
  if (step === NO_STEP) span.classList.add("lpw-unknown");
  if (step > 0) {
    span.style.backgroundColor = `var(--lpw-step-${step})`;
    span.style.color = "var(--lpw-on-step)";
  }
  const card = (): HTMLElement[] => {
    const known = formatPercent(probability);
    const facts = [labelled("runs", `${share(graph, graph.runsOf(paths))}`)];
    if (part[edge] !== "generated") facts.push(labelled("part", part[edge] as string));
    if ((ids[edge] as number) >= 0) facts.push(labelled("id", String(ids[edge])));
    if (!isPlain(bytes)) facts.push(labelled("bytes", hex(bytes)));
    const before = contexts[edge] as number;
    const mean = `mean over ${before} different beginnings`;
    const notes = before > 1 ? [element("p.card-note", mean)] : [];
    return [
      isEnd ? heading("the end") : title(...exactNodes(bytes)),
      element("div.card-figures", element("span", `probability ${known}`)),
      element("div.card-facts", ...facts),
      ...notes,
    ];
  };
  return { element: span, paths, card };
}

/** A token in one line: a line's end is only marked. */
function inLine(bytes: Uint8Array): (Node | string)[] {
  return runningNodes(bytes).map((node) =>
    typeof node === "string" ? node.replaceAll("\n", "") : node,
  );
}

function restPart(graph: Graph, node: Drawn, rest: number, { unroll }: Actions): Part {
  const label = `… ${rest} more tokens`;
  const box = button(label, label, () => unroll(node));
  box.classList.add("lpw-token");
  const hidden = node.edges.slice(-rest).flatMap((edge) => exactNodes(graph.bytes(edge)));
  return { element: box, paths: node.paths, card: () => [title(...hidden)] };
}

function foldPart(graph: Graph, node: Drawn, { open }: Actions): Part {
  const label = `${node.paths.length} more · ${runs(node.runs)}`;
  const box = button(label, `open ${label}`, () => open(node));
  box.classList.add("lpw-token", "lpw-fold");
  box.removeAttribute("title");
  const card = (): HTMLElement[] => {
    const ways = node.paths.slice(0, WAYS).map((path) => {
      const { edges, runs } = graph.data.paths[path] ?? { edges: [], runs: 0 };
      const from = edges.findIndex((edge) => graph.data.edges.source[edge] === node.number);
      const text = inLine(Uint8Array.from(edges.slice(from).flatMap((e) => [...graph.bytes(e)])));
      const [label, value] = [element("span.label", `${runs} ×`), element("span.value", ...text)];
      return element("div", label, value);
    });
    const rest = node.paths.length - ways.length;
    return [
      heading(`${node.paths.length} more ways to go on`),
      shares(graph, node.runs),
      element("div.card-facts", ...ways),
      element("p.card-note", rest > 0 ? `and ${rest} more; click to open` : "click to open"),
    ];
  };
  return { element: box, paths: node.paths, card };
}

function answerPart(graph: Graph, { number }: Drawn): Part {
  const answer = graph.data.answers[number];
  const paths = graph.coming(number);
  const [text, count, mass] = [answer?.text ?? "", answer?.runs ?? 0, answer?.mass ?? Number.NaN];
  const box = element(
    "span.token.answer",
    element("span.answer-text", oneLine(text)),
    element("span.number", String(count)),
    element("span.answer-mass.number", formatPercent(mass)),
  );
  const card = (): HTMLElement[] => [
    heading(oneLine(text)),
    element(
      "div.card-facts",
      labelled("runs", share(graph, count)),
      labelled("probability", formatPercent(mass)),
      labelled("token sequences", String(paths.length)),
    ),
  ];
  return { element: box, paths, card };
}

/** An answer's text without the space around it, all that would stay unseen marked. */
export function oneLine(text: string): string {
  const nodes = inLine(new TextEncoder().encode(text.trim()));
  return nodes.map((node) => (typeof node === "string" ? node : node.textContent)).join("");
}

function title(...content: (Node | string)[]): HTMLElement {
  return element("div.card-title", element("code.card-token", ...content));
}

function heading(text: string): HTMLElement {
  return element("div.card-title", element("span.card-token", text));
}

function shares(graph: Graph, count: number): HTMLElement {
  return element("div.card-facts", labelled("runs", share(graph, count)));
}

function share(graph: Graph, count: number): string {
  return `${count} of ${graph.total} · ${formatPercent(count / graph.total)}`;
}

function runs(count: number): string {
  return count === 1 ? "1 run" : `${count} runs`;
}
