import { type Block, createBlocks } from "../blocks.ts";
import { boxOf, element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { runningNodes } from "../piece.ts";

/** Gives a token its colours and marks. */
export type Paint = (span: HTMLElement, index: number) => void;

export function tokenAt(target: EventTarget | null): HTMLElement | undefined {
  return (target as Element | null)?.closest?.<HTMLElement>(".lpw-token") ?? undefined;
}

/** The text: one span a token, in blocks of which only those near the reader's eye are filled. */
export type TokensView = ReturnType<typeof createTokens>;

export function createTokens(paint: Paint) {
  const text = element("div.text");
  const blocks = createBlocks();
  const { list } = blocks;
  let generation: Generation;
  let current = 0;
  text.role = "group";
  text.dataset["lmSuppressShortcuts"] = "true";

  /** A token's span, if it is on the page. */
  const spanAt = (index: number): HTMLElement | undefined => {
    const block = blocks.of(index);
    return block?.element.children[index - block.start] as HTMLElement | undefined;
  };
  const repaintAt = (index: number): void => {
    const span = spanAt(index);
    if (span) paint(span, index);
  };
  const reserve = ({ element, start, end, height }: Block): void => {
    element.style.height = `${height || Math.ceil((end - start) * view.pixels)}px`;
  };
  const append = ({ element, start, end }: Block): void => {
    const spans = [];
    for (let index = start + element.childElementCount; index < end; index++) {
      const span = tokenSpan(generation, index);
      if (index === current) span.tabIndex = 0;
      paint(span, index);
      spans.push(span);
    }
    element.append(...spans);
  };
  const truncate = (length: number): void => {
    for (const { element, start, end } of blocks.truncate(length)) {
      if (start >= length) element.remove();
      while (element.childElementCount > end - start) element.lastChild?.remove();
    }
    if (current >= length) view.current = 0;
  };

  const view = {
    element: text,
    blocks,
    spanAt,
    repaintAt,
    /** Pixels a token takes on average; corrected when the first blocks are laid out. */
    pixels: 0.9,
    get length() {
      return blocks.length;
    },
    /** The token that Tab leads to. */
    get current() {
      return current;
    },
    set current(index: number) {
      if (index !== current) spanAt(current)?.removeAttribute("tabindex");
      current = index;
      const span = spanAt(index);
      if (span) span.tabIndex = 0;
    },
    indexOf: (span: HTMLElement) => Number(span.dataset["index"]),
    focus(index: number): void {
      view.reveal(index);
      view.current = index;
      spanAt(index)?.focus({ preventScroll: true });
    },
    /** Brings a token onto the page and into the window, into its middle when it was far. */
    reveal(index: number, isCentered = false): void {
      const block = blocks.of(index);
      if (!block) return;
      view.fill(block);
      const span = spanAt(index);
      const box = span && boxOf(span);
      const isFar = isCentered || !box || box.bottom < 0 || box.top > innerHeight;
      span?.scrollIntoView?.({ block: isFar ? "center" : "nearest", inline: "nearest" });
    },
    /** Tokens from `unchanged` on are new, or not what they were. */
    update(now: Generation, unchanged: number): void {
      generation = now;
      if (unchanged < blocks.length) truncate(unchanged);
      const last = list.at(-1);
      const fresh = blocks.extend(now);
      if (last) (last.isFilled ? append : reserve)(last);
      fresh.forEach(reserve);
      text.append(...fresh.map(({ element }) => element));
    },
    fill(block: Block): void {
      if (block.isFilled) return;
      block.isFilled = true;
      block.element.style.height = "";
      append(block);
    },
    empty(block: Block): void {
      block.isFilled = false;
      block.element.replaceChildren();
      reserve(block);
    },
    /** Gives the empty blocks the room that they will need, now that it can be told. */
    estimate(pixels: number): void {
      view.pixels = pixels;
      list.filter(({ isFilled }) => !isFilled).forEach(reserve);
    },
    repaint(): void {
      for (const { start, end, isFilled } of list) {
        if (isFilled) for (let index = start; index < end; index++) repaintAt(index);
      }
    },
  };
  return view;
}

function tokenSpan(generation: Generation, index: number): HTMLElement {
  const span = document.createElement("span");
  span.append(...runningNodes(generation.bytes(index)));
  span.dataset["index"] = String(index);
  return span;
}
