import { bar } from "../card.ts";
import { button, element, spoken, unspoken } from "../dom.ts";
import { formatNumber, formatPercent } from "../format.ts";
import type { Generation } from "../generation.ts";
import { exactNodes, runningNodes } from "../piece.ts";
import { type Line, PREVIEW } from "./lines.ts";
import { keyOf, type Leaf, type TreeNode } from "./structure.ts";

/** What lines are drawn from. */
export interface Drawing {
  readonly generation: () => Generation | undefined;
  readonly paint: (span: HTMLElement, row: number) => void;
  readonly fold: (branch: TreeNode) => void;
}

const DEEPEST = 12;

/** Draws a line of a tree. */
export function drawLine(line: Line, { generation, paint, fold }: Drawing): HTMLElement {
  const table = generation();
  const { node } = line;
  const tokens = (from: number, to: number): HTMLElement[] =>
    Array.from(node.rows.subarray(from, to), (row) => {
      const span = document.createElement("span");
      if (table) span.append(...runningNodes(table.bytes(row)));
      span.dataset["index"] = String(row);
      paint(span, row);
      return span;
    });
  const box = element(`div.line.${line.kind}`);
  box.style.setProperty("--depth", String(Math.min(line.depth, DEEPEST)));
  if (line.kind === "text") {
    box.append(...tokens(line.from, line.to));
    if (line.to === node.rows.length) box.append(...node.ends.map(endMark));
    return box;
  }
  const row = keyOf(node);
  const share = table && row >= 0 ? Math.exp(table.logprob(row)) : Number.NaN;
  const weight = [bar(share), element("span.share", formatPercent(share))];
  if (line.kind === "onward") {
    const token = element("code", ...(table && row >= 0 ? exactNodes(table.bytes(row)) : []));
    box.append(...weight, element("span.quiet", "goes on with ", token));
    return box;
  }
  const toggle = button(line.isOpen ? "▾" : "▸", titleOf(line.isOpen, node), () => fold(node));
  toggle.classList.add("lpw-fold");
  toggle.tabIndex = -1;
  toggle.ariaExpanded = String(line.isOpen);
  box.append(toggle, ...weight, ...about(node, line.isOpen));
  if (!line.isOpen) box.append(element("span.preview", ...tokens(0, PREVIEW)));
  return box;
}

function titleOf(isOpen: boolean, { count, leaf }: TreeNode): string {
  const what = count === 1 ? `the branch ${leaf?.name}` : `${count} texts`;
  return `${isOpen ? "fold" : "open"} ${what}`;
}

/** What a branch holds: several texts by their number, one by what else stands at its end. */
function about({ count, leaf }: TreeNode, isOpen: boolean): HTMLElement[] {
  if (count !== 1 || !leaf) return [element("span.quiet", `${count} texts`)];
  return isOpen ? [] : [nameTag(leaf), ...stateTags(leaf), massTag(leaf)];
}

/** Which text ends here, how, and how likely all of it was. */
function endMark(leaf: Leaf): HTMLElement {
  return element("span.end", nameTag(leaf), ...stateTags(leaf), massTag(leaf));
}

function nameTag({ name }: Leaf): HTMLElement {
  return element("span.name", spoken("text "), name);
}

function stateTags({ status, tone }: Leaf): HTMLElement[] {
  if (tone === "good") return [];
  const tag = element("span.status", status);
  tag.dataset["tone"] = tone;
  return [tag];
}

function massTag({ logprob }: Leaf): HTMLElement {
  const value = logprob === null ? "unknown" : `${formatNumber(logprob)} nats`;
  const tag = element("span.mass", unspoken("span", "∏ "), value);
  tag.title =
    logprob === null
      ? "the probability of one of its tokens is unknown"
      : `the product of all its probabilities: ${formatNumber(Math.exp(logprob))}`;
  return tag;
}
