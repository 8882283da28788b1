import { button, element, focusedBeside, unspoken } from "../dom.ts";
import { firstFolds, holds, type Place, placesOf, type Row } from "./rows.ts";
import { steer } from "./steering.ts";

/** Lines that come onto the page at once. */
const PAGE = 500;

export type Tree = ReturnType<typeof createTree>;

/** Lines that can be folded, of which one at a time shows more of itself. */
export function createTree(
  rows: readonly Row[],
  label: string,
  onOpen: (index: number | undefined) => void,
) {
  const places = placesOf(rows);
  const folded = new Set(firstFolds(rows, places));
  const items = new Map<number, HTMLElement>();
  const list = element("div.tree");
  const more = button("", "", () => show(limit + PAGE));
  let limit = PAGE;
  let current = 0;
  let opened: number | undefined;
  list.role = "tree";
  list.ariaLabel = label;
  list.hidden = rows.length === 0;
  more.removeAttribute("aria-label");

  const itemAt = (index: number): HTMLElement => {
    const known = items.get(index);
    const item = known ?? createItem(rows[index] as Row, places[index] as Place, index);
    if (!known) items.set(index, item);
    return item;
  };
  const dress = (index: number): HTMLElement => {
    const item = itemAt(index);
    const { detail } = rows[index] as Row;
    const isOpen = index === opened;
    item.tabIndex = index === current ? 0 : -1;
    if (holds(places, index)) item.ariaExpanded = String(!folded.has(index));
    if (detail) item.ariaSelected = String(isOpen);
    const shown = item.querySelector(".lpw-detail");
    if (!isOpen) shown?.remove();
    else if (!shown && detail) item.append(element("div.detail", ...detail()));
    return item;
  };
  const draw = (): void => {
    const hadFocus = list.contains(focusedBeside(list));
    const all = tree.visible();
    const shown = all.slice(0, limit);
    while (current > 0 && !shown.includes(current)) current = places[current]?.parent ?? 0;
    current = Math.max(0, current);
    list.replaceChildren(...shown.map(dress));
    if (hadFocus) items.get(current)?.focus({ preventScroll: true });
    const rest = all.length - shown.length;
    more.hidden = rest === 0;
    more.textContent = `${rest.toLocaleString("en")} more lines: show ${Math.min(rest, PAGE)}`;
  };
  const show = (lines: number): void => {
    limit = lines;
    draw();
  };

  const tree = {
    element: element("div.tree-box", list, more),
    list,
    /** Lines that are on the page, from the top. */
    get shown(): number[] {
      return tree.visible().slice(0, limit);
    },
    visible(): number[] {
      const found: number[] = [];
      let index = 0;
      while (index < rows.length) {
        found.push(index);
        index = folded.has(index) ? (places[index]?.end ?? rows.length) : index + 1;
      }
      return found;
    },
    get opened() {
      return opened;
    },
    canFold: places.some((_, index) => holds(places, index)),
    holds: (index: number) => holds(places, index),
    isFolded: (index: number) => folded.has(index),
    parent: (index: number) => places[index]?.parent,
    focus(index: number | undefined): void {
      const item = items.get(index ?? -1);
      if (index === undefined || !item) return;
      items.get(current)?.setAttribute("tabindex", "-1");
      current = index;
      item.tabIndex = 0;
      item.focus({ preventScroll: true });
      item.firstElementChild?.scrollIntoView?.({ block: "nearest" });
    },
    fold(index: number, isFolded: boolean): void {
      if (isFolded) folded.add(index);
      else folded.delete(index);
      draw();
    },
    foldAll(isFolded: boolean): void {
      folded.clear();
      for (let k = 0; isFolded && k < rows.length; k++) if (holds(places, k)) folded.add(k);
      draw();
    },
    open(index: number | undefined): void {
      opened = index;
      draw();
      onOpen(index);
    },
    /** What Enter and a click do: show more of a line, or fold it. */
    act(index: number): void {
      if (rows[index]?.detail) tree.open(index === opened ? undefined : index);
      else if (holds(places, index)) tree.fold(index, !folded.has(index));
    },
    /** Brings a line onto the page and opens it. */
    bring(index: number): void {
      for (let at = places[index]?.parent ?? -1; at >= 0; at = places[at]?.parent ?? -1) {
        folded.delete(at);
      }
      limit = Math.max(limit, tree.visible().indexOf(index) + 1);
      tree.open(index);
    },
  };
  draw();
  steer(tree);
  return tree;
}

function createItem({ depth, name, cells }: Row, place: Place, index: number): HTMLElement {
  const item = element("div.item", element("div.row", unspoken("span.twist"), ...cells()));
  item.role = "treeitem";
  item.ariaLabel = name;
  item.ariaLevel = String(depth + 1);
  item.ariaPosInSet = String(place.position);
  item.ariaSetSize = String(place.siblings);
  item.style.setProperty("--lpw-depth", String(depth));
  item.dataset["index"] = String(index);
  return item;
}
