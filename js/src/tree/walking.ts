// From token to token with the keys: along a text, and between the branches of a fork.

import type { Line } from "./lines.ts";
import { PREVIEW } from "./lines.ts";
import { firstRow, inOrder, type Place, type TreeNode } from "./structure.ts";

/** The token that a key leads to, undefined where there is none. */
export function tokenFrom(key: string, place: Place, lines: readonly Line[]): number | undefined {
  const { node, offset } = place;
  switch (key) {
    case "ArrowRight":
      return node.rows[offset + 1] ?? (node.children[0] && firstRow(node.children[0]));
    case "ArrowLeft":
      return node.rows[offset - 1] ?? lastAbove(node);
    case "ArrowDown":
      return sibling(node, 1) ?? nextLine(place, lines, 1);
    case "ArrowUp":
      return sibling(node, -1) ?? nextLine(place, lines, -1);
    case "Home":
      return node.rows[0];
    case "End":
      return node.rows.at(-1);
    default:
      return undefined;
  }
}

/** The line that a token is drawn in. */
export function lineOf({ node, offset }: Place, lines: readonly Line[]): number {
  return lines.findIndex((line) => {
    if (line.node !== node || line.kind === "onward") return false;
    if (line.kind === "text") return line.from <= offset && offset < line.to;
    return !line.isOpen && offset < PREVIEW;
  });
}

function lastAbove(node: TreeNode): number | undefined {
  let at = node.parent;
  while (at && at.rows.length === 0) at = at.parent;
  return at?.rows.at(-1);
}

function sibling(node: TreeNode, by: 1 | -1): number | undefined {
  if (!node.parent) return undefined;
  const all = inOrder(node.parent);
  return all[all.indexOf(node) + by]?.rows[0];
}

function nextLine(place: Place, lines: readonly Line[], by: 1 | -1): number | undefined {
  for (let k = lineOf(place, lines) + by; k >= 0 && k < lines.length; k += by) {
    const line = lines[k] as Line;
    if (line.kind === "text" && line.to > line.from) return line.node.rows[line.from];
    if (line.kind === "branch" && !line.isOpen) return line.node.rows[0];
  }
  return undefined;
}
