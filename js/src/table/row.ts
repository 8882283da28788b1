import { element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import type { Look } from "../look.ts";
import { exactNodes } from "../piece.ts";
import type { Column, Place } from "./columns.ts";
import type { Sorting } from "./order.ts";

type Columns = readonly [left: Column[], right: Column[]];

export function headRow([left, right]: Columns, sortBy: (column: Column) => void): HTMLElement {
  const cell = (column: Column): HTMLElement => element("th.number", sorter(column, sortBy));
  return element("tr", ...left.map(cell), element("th", "token"), ...right.map(cell));
}

export function markSorting(head: HTMLElement, sorting: Sorting | undefined): void {
  for (const cell of head.children) {
    const isSorted = cell.textContent === sorting?.column.label;
    const direction = sorting?.sign === 1 ? "ascending" : "descending";
    cell.ariaSort = isSorted ? direction : null;
  }
}

function sorter(column: Column, sortBy: (column: Column) => void): HTMLElement {
  const node = element("button.sorter", column.label);
  node.title = column.title;
  node.onclick = () => sortBy(column);
  return node;
}

export function tokenRow(
  [left, right]: Columns,
  generation: Generation,
  place: Place,
  look: Look | undefined,
): HTMLElement {
  const cell = (column: Column): HTMLElement =>
    element("td.number", column.text(column.value(generation, place)));
  const [, index] = place;
  const token = element("td.token.text", element("code", ...exactNodes(generation.bytes(index))));
  const step = look?.color.step(generation, index) ?? 0;
  if (step > 0) {
    token.style.cssText = `background:var(--lpw-step-${step});color:var(--lpw-on-step)`;
  }
  return element("tr", ...left.map(cell), token, ...right.map(cell));
}
