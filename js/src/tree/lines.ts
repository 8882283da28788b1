// A tree as the lines of a page: text, and below each fork its branches, indented.

import { inOrder, keyOf, type TreeNode } from "./structure.ts";

/** Tokens of a node from `from` to before `to`; the last of them also says what ends there. */
export interface TextLine {
  readonly kind: "text";
  readonly node: TreeNode;
  readonly depth: number;
  readonly from: number;
  readonly to: number;
}

/** A branch: how likely it was; folded, it shows how it begins. */
export interface BranchLine {
  readonly kind: "branch";
  readonly node: TreeNode;
  readonly depth: number;
  readonly isOpen: boolean;
}

/** At a fork, what the text above goes on with below its branches. */
export interface OnwardLine {
  readonly kind: "onward";
  readonly node: TreeNode;
  readonly depth: number;
}

export type Line = TextLine | BranchLine | OnwardLine;

/** Tokens of a folded branch that are shown. */
export const PREVIEW = 16;

const LONGEST = 200;
const OVERHEAD = 24;

interface Task {
  readonly kind: Line["kind"];
  readonly node: TreeNode;
  readonly depth: number;
}

export function linesOf(root: TreeNode | undefined, isOpen: (branch: TreeNode) => boolean): Line[] {
  const lines: Line[] = [];
  const waiting: Task[] = root ? [{ kind: "text", node: root, depth: 0 }] : [];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { kind, node, depth } = next;
    if (kind === "text") {
      lines.push(...textLines(node, depth));
      waiting.push(...below(node, depth).reverse());
    } else if (kind === "branch") {
      lines.push({ kind, node, depth, isOpen: isOpen(node) });
      if (isOpen(node)) waiting.push({ kind: "text", node, depth });
    } else {
      lines.push({ kind, node, depth });
    }
  }
  return lines;
}

/** What stands below a text: its branches, what it goes on with, and that. */
function below(node: TreeNode, depth: number): Task[] {
  const branches = inOrder(node);
  const spine = branches.pop();
  if (!spine) return [];
  const tasks: Task[] = branches.map((branch) => ({
    kind: "branch",
    node: branch,
    depth: depth + 1,
  }));
  if (branches.length) tasks.push({ kind: "onward", node: spine, depth: depth + 1 });
  return [...tasks, { kind: "text", node: spine, depth }];
}

function textLines(node: TreeNode, depth: number): Line[] {
  const { length } = node.rows;
  const lines: Line[] = [];
  if (length === 0 && node.ends.length === 0) return lines;
  for (let from = 0; from === 0 || from < length; from += LONGEST) {
    lines.push({ kind: "text", node, depth, from, to: Math.min(length, from + LONGEST) });
  }
  return lines;
}

/** How much room a line takes, in tokens. */
export function weightOf(line: Line): number {
  return OVERHEAD + (line.kind === "text" ? line.to - line.from : 0);
}

/** What is the same for the same line of two trees. */
export function nameOf(line: Line): string {
  return `${line.kind} ${keyOf(line.node)} ${line.kind === "text" ? line.from : ""}`;
}

/** What differs where a line is to be drawn anew. */
export function stateOf(line: Line): string {
  const { node, depth } = line;
  const ends = node.ends.map(({ name, status, logprob }) => [name, status, logprob]);
  if (line.kind === "text") {
    const isEnd = line.to === node.rows.length;
    return `${nameOf(line)} ${depth} ${line.to} ${isEnd ? JSON.stringify(ends) : ""}`;
  }
  const isOpen = line.kind === "branch" && line.isOpen;
  const shown = isOpen ? 0 : Math.min(PREVIEW, node.rows.length);
  return `${nameOf(line)} ${depth} ${isOpen} ${shown} ${node.count} ${node.leaf?.name} ${node.leaf?.status}`;
}
