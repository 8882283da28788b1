import { focusedBeside } from "../dom.ts";
import { type Look, paintToken } from "../look.ts";
import type { Store } from "../store.ts";
import { drawLine } from "./line.ts";
import { type Line, linesOf } from "./lines.ts";
import { createPages } from "./pages.ts";
import {
  createTree,
  firstRow,
  keyOf,
  type Place,
  type Structure,
  type Tree,
  type TreeNode,
} from "./structure.ts";
import { lineOf, tokenFrom } from "./walking.ts";

/** Tokens up to which all branches are open at first. */
const FEW = 1_500;

/** Which branches were opened or folded, by their first token; all views of a model share it. */
export type Folds = Map<number, boolean>;

/** A tree on the page: what is open in it, and which token has the focus. */
export type Outline = ReturnType<typeof createOutline>;

export function createOutline(store: Store, folds: Folds, onFold: () => void) {
  let tree: Tree | undefined;
  let lines: Line[] = [];
  let current = -1;
  let isAllOpen: boolean | undefined;

  const generation = () => store.generations[0];
  const paint = (span: HTMLElement, row: number): void => {
    const table = generation();
    if (table) paintToken(span, row, table, outline.look, {});
    if (row === current) span.tabIndex = 0;
  };
  const isOpen = (node: TreeNode): boolean => folds.get(keyOf(node)) ?? isAllOpen ?? false;
  const pages = createPages((line) =>
    drawLine(line, { generation, paint, fold: ({ branch }) => outline.toggle(branch) }),
  );
  const layOut = (): void => {
    const hasFocus = pages.element.contains(focusedBeside(pages.element));
    lines = linesOf(tree?.root, isOpen);
    pages.update(lines);
    const place = tree?.at(current);
    if (place && lineOf(place, lines) < 0) current = keyOf(shownBranch(place.node));
    if (hasFocus && !pages.element.contains(focusedBeside(pages.element))) outline.focus(current);
  };
  /** The outermost branch around a node that is folded, else the node's own. */
  const shownBranch = ({ branch }: TreeNode): TreeNode => {
    let shown = branch;
    for (let at = branch; at.parent; at = at.parent.branch) if (!isOpen(at)) shown = at;
    return shown;
  };

  const outline = {
    pages,
    generation,
    /** How tokens are coloured. */
    look: undefined as Look | undefined,
    get current() {
      return current;
    },
    at: (row: number): Place | undefined => tree?.at(row),
    update(structure: Structure): void {
      const length = generation()?.length ?? 0;
      isAllOpen ??= length <= FEW;
      tree = createTree(structure, length);
      if (!tree.at(current)) current = firstRow(tree.root);
      layOut();
    },
    /** Opens or folds a branch. */
    toggle(branch: TreeNode): void {
      if (!branch.parent) return;
      folds.set(keyOf(branch), !isOpen(branch));
      layOut();
      onFold();
    },
    /** Opens all branches, or folds them. */
    toggleAll(): void {
      isAllOpen = !isAllOpen;
      folds.clear();
      layOut();
      onFold();
    },
    /** Leads the keys to a token, and brings it onto the page. */
    focus(row: number, isRevealing = false): void {
      const place = tree?.at(row);
      const line = place && lines[lineOf(place, lines)];
      const page = line && pages.of(line);
      if (!page) return;
      const spanAt = (index: number): HTMLElement | null =>
        pages.element.querySelector(`[data-index="${index}"]`);
      pages.fill(page);
      spanAt(current)?.removeAttribute("tabindex");
      current = row;
      const span = spanAt(row);
      if (!span) return;
      span.tabIndex = 0;
      if (isRevealing) span.scrollIntoView?.({ block: "nearest" });
      span.focus({ preventScroll: true });
    },
    /** Moves to the token that a key leads to; says whether it is such a key. */
    move(row: number, key: string): boolean {
      const place = tree?.at(row);
      const to = place && tokenFrom(key, place, lines);
      if (to !== undefined) outline.focus(to, true);
      return /^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(key);
    },
  };
  return outline;
}
