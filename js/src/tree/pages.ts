import type { Block } from "../blocks.ts";
import { element } from "../dom.ts";
import { type Line, nameOf, stateOf, weightOf } from "./lines.ts";

/** Lines that are on the page together or not at all. */
interface Page extends Block {
  readonly lines: readonly Line[];
  readonly first: string;
  readonly state: string;
}

const ENOUGH = 150;

/** The lines of a tree, of which only those near the reader's eye are drawn. */
export type Pages = ReturnType<typeof createPages>;

export function createPages(draw: (line: Line) => HTMLElement) {
  const list: Page[] = [];
  const box = element("div.text.tree");
  const reserve = ({ element, start, end, height }: Block): void => {
    element.style.height = `${height || Math.ceil((end - start) * pages.pixels)}px`;
  };
  const pages = {
    element: box,
    /** Pixels that a token takes on average. */
    pixels: 0.6,
    blocks: {
      list,
      get length() {
        return list.at(-1)?.end ?? 0;
      },
    },
    fill(block: Block): void {
      if (block.isFilled) return;
      block.isFilled = true;
      block.element.style.height = "";
      block.element.replaceChildren(...(block as Page).lines.map(draw));
    },
    empty(block: Block): void {
      block.isFilled = false;
      block.element.replaceChildren();
      reserve(block);
    },
    estimate(pixels: number): void {
      pages.pixels = pixels;
      list.filter(({ isFilled }) => !isFilled).forEach(reserve);
    },
    /** Shows other lines; those that are as they were stay on the page. */
    update(lines: readonly Line[]): void {
      const known = new Map(list.map((page) => [page.state, page]));
      const starts = new Set(list.map(({ first }) => first));
      const next = cut(lines, starts).map((page) => {
        const before = known.get(page.state);
        known.delete(page.state);
        if (!before) reserve(page);
        return before ? Object.assign(before, { ...page, ...kept(before) }) : page;
      });
      for (const { element } of known.values()) element.remove();
      list.splice(0, list.length, ...next);
      list.forEach(({ element }, k) => {
        if (box.children[k] !== element) box.insertBefore(element, box.children[k] ?? null);
      });
    },
    /** Draws everything that is on the page again. */
    redraw(): void {
      for (const page of list.filter(({ isFilled }) => isFilled)) {
        page.isFilled = false;
        pages.fill(page);
      }
    },
    /** The page of a line. */
    of: (line: Line): Page | undefined => list.find(({ lines }) => lines.includes(line)),
  };
  return pages;
}

/** What stays as it is when a page is shown again; its lines are of another structure. */
function kept({ element, isFilled, height }: Page): Partial<Page> {
  return { element, isFilled, height };
}

/** Cuts lines into pages, where there was a cut before as far as that can be. */
function cut(lines: readonly Line[], starts: ReadonlySet<string>): Page[] {
  const pages: Page[] = [];
  let some: Line[] = [];
  let start = 0;
  let end = 0;
  const turn = (): void => {
    const [line] = some;
    if (!line) return;
    const state = some.map(stateOf).join("\n");
    pages.push({
      element: element("div.block"),
      lines: some,
      first: nameOf(line),
      state,
      start,
      end,
      isFilled: false,
      height: 0,
    });
    some = [];
    start = end;
  };
  for (const line of lines) {
    if (end - start >= ENOUGH || starts.has(nameOf(line))) turn();
    some.push(line);
    end += weightOf(line);
  }
  turn();
  return pages;
}
