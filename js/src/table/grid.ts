import { arrange, element, on } from "../dom.ts";

/** Pixels of a row, the same in the stylesheet. */
const ROW = 24;
/** Rows beyond what is in view. */
const SPARE = 12;
/** Rows that are printed; how many more there are is said. */
const PRINTED = 1000;

export interface Filling {
  readonly head: () => HTMLElement;
  readonly row: (at: number) => HTMLElement;
  /** Gives a row its marks. */
  readonly mark: (row: HTMLElement, at: number) => void;
  /** The reader has gone to a row with the keyboard. */
  readonly go: (row: HTMLElement) => void;
  readonly choose: (at: number) => void;
}

let count = 0;

/** A table of any length, of which only the rows near what is in view exist; one tab stop. */
export function createGrid(filling: Filling, signal: AbortSignal) {
  const thead = element("thead");
  const body = element("tbody");
  const table = element("table.grid", thead, body);
  const scroller = element("div.scroller", table);
  const above = element("tr.gap");
  const below = element("tr.gap");
  const id = `lpw-grid-${++count}`;
  let rows = new Map<number, HTMLElement>();
  let length = 0;
  let active = -1;
  let isPrinting = false;
  table.role = "grid";
  table.tabIndex = 0;

  const rowAt = (at: number): HTMLElement => {
    const row = rows.get(at) ?? filling.row(at);
    row.id = `${id}-${at}`;
    row.ariaRowIndex = String(at + 2);
    row.dataset["at"] = String(at);
    row.classList.toggle("lpw-active", at === active);
    filling.mark(row, at);
    return row;
  };
  const fill = (first: number, last: number): HTMLElement[] => {
    const now = new Map<number, HTMLElement>();
    for (let at = first; at < last; at++) now.set(at, rowAt(at));
    rows = now;
    return [...now.values()];
  };
  const draw = (): void => {
    if (isPrinting) return;
    const first = Math.max(0, Math.floor(scroller.scrollTop / ROW) - SPARE);
    const shown = Math.ceil((scroller.clientHeight || innerHeight) / ROW) + 2 * SPARE;
    const last = Math.min(length, first + shown);
    arrange(body, [
      gap(above, first),
      ...fill(first, last),
      gap(below, length - Math.max(first, last)),
    ]);
  };
  const drawForPrint = (): void => {
    isPrinting = true;
    const rest = length - PRINTED;
    const cell = element("td", `${rest.toLocaleString("en")} more rows not printed`);
    cell.colSpan = thead.querySelectorAll("th").length;
    body.replaceChildren(...fill(0, Math.min(length, PRINTED)));
    if (rest > 0) body.append(element("tr", cell));
  };
  const reveal = (at: number): void => {
    const top = at * ROW;
    const room = Math.max(0, scroller.clientHeight - thead.offsetHeight - ROW);
    scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top - room));
  };
  const move = (at: number): void => {
    active = Math.min(length - 1, Math.max(0, at));
    reveal(active);
    draw();
    table.setAttribute("aria-activedescendant", `${id}-${active}`);
    filling.go(rowAt(active));
  };
  const page = (): number => Math.max(1, Math.floor(scroller.clientHeight / ROW) - 2);
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(active + 1),
    ArrowUp: () => move(active - 1),
    PageDown: () => move(active + page()),
    PageUp: () => move(active - page()),
    Home: () => move(0),
    End: () => move(length - 1),
    Enter: () => filling.choose(Math.max(0, active)),
    " ": () => filling.choose(Math.max(0, active)),
  };
  on(table, "keydown", (event: KeyboardEvent) => {
    const act = keys[event.key];
    const isOurs = event.target === table && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (!act || !isOurs || length === 0) return;
    event.preventDefault();
    act();
  });
  on(body, "click", ({ target }) => {
    const row = (target as Element).closest<HTMLElement>("[data-at]");
    if (!row) return;
    active = Number(row.dataset["at"]);
    filling.choose(active);
    draw();
  });
  on(scroller, "scroll", draw);
  on(window, "beforeprint", drawForPrint, signal);
  const onPrinted = (): void => {
    isPrinting = false;
    draw();
  };
  on(window, "afterprint", onPrinted, signal);

  return {
    element: scroller,
    /** Marks the rows again. */
    mark: draw,
    /** Shows other rows, or so many more. */
    update(total: number, label: string): void {
      length = total;
      active = Math.min(active, length - 1);
      rows.clear();
      const head = filling.head();
      if (head.parentNode !== thead) thead.replaceChildren(head);
      table.ariaRowCount = String(length + 1);
      table.ariaLabel = label;
      draw();
    },
    /** Brings a row into view. */
    show(at: number): void {
      active = at;
      reveal(at);
      draw();
    },
  };
}

/** Makes a row hold the place of those that are not there. */
function gap(row: HTMLElement, rows: number): HTMLElement {
  row.ariaHidden = "true";
  row.style.height = `${rows * ROW}px`;
  row.hidden = rows === 0;
  return row;
}
