import { on } from "../dom.ts";
import type { Tree } from "./tree.ts";

/** A tree by pointer and keys, as in the tree pattern of the ARIA Authoring Practices. */
export function steer(tree: Tree): void {
  on(tree.list, "keydown", (event: KeyboardEvent) => {
    const item = itemOf(event.target);
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    const act = actionOf(event.key, indexOf(item), event.target === item, tree);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  on(tree.list, "click", ({ target }: MouseEvent) => {
    const row = (target as Element).closest(".lpw-row");
    const item = itemOf(row);
    if (!item) return;
    const index = indexOf(item);
    const isFold = (target as Element).closest(".lpw-twist") && tree.holds(index);
    tree.focus(index);
    if (isFold) tree.fold(index, !tree.isFolded(index));
    else tree.act(index);
  });
}

function actionOf(
  key: string,
  index: number,
  isOnLine: boolean,
  tree: Tree,
): (() => void) | undefined {
  const close = (): void => {
    tree.open(undefined);
    tree.focus(index);
  };
  if (key === "Escape") return tree.opened === index ? close : undefined;
  if (!isOnLine) return undefined;
  const shown = tree.shown;
  const at = shown.indexOf(index);
  const canUnfold = tree.holds(index) && tree.isFolded(index);
  const canFold = tree.holds(index) && !canUnfold;
  const table: Record<string, () => void> = {
    ArrowDown: () => tree.focus(shown[at + 1]),
    ArrowUp: () => tree.focus(shown[at - 1]),
    Home: () => tree.focus(shown[0]),
    End: () => tree.focus(shown.at(-1)),
    ArrowRight: () => (canUnfold ? tree.fold(index, false) : canFold && tree.focus(index + 1)),
    ArrowLeft: () => (canFold ? tree.fold(index, true) : tree.focus(tree.parent(index))),
    Enter: () => tree.act(index),
    " ": () => tree.act(index),
  };
  return table[key];
}

function itemOf(target: EventTarget | null): HTMLElement | undefined {
  return (target as Element | null)?.closest?.<HTMLElement>(".lpw-item") ?? undefined;
}

function indexOf(item: HTMLElement): number {
  return Number(item.dataset["index"]);
}
