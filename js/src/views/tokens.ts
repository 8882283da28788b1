import { type Block, Blocks } from "../blocks.ts";
import { element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { runningNodes } from "../piece.ts";

/** Gives a token its colours and marks. */
export type Paint = (span: HTMLElement, index: number) => void;

export function tokenAt(target: EventTarget | null): HTMLElement | undefined {
  return target instanceof Element
    ? (target.closest<HTMLElement>(".lpw-token") ?? undefined)
    : undefined;
}

/** The text: one span a token, in blocks of which only those near the reader's eye are filled. */
export class TokensView {
  readonly element = element("div", "lpw-text");
  readonly blocks = new Blocks();
  paint: Paint = () => {};
  /** Pixels a token takes on average; corrected when the first blocks are laid out. */
  pixels = 0.9;
  #generation: Generation | undefined;
  #current = 0;

  constructor() {
    this.element.role = "group";
    this.element.setAttribute("data-lm-suppress-shortcuts", "true");
  }

  get length(): number {
    return this.blocks.length;
  }

  /** The token that Tab leads to. */
  get current(): number {
    return this.#current;
  }

  set current(index: number) {
    if (index !== this.#current) this.spanAt(this.#current)?.removeAttribute("tabindex");
    this.#current = index;
    const span = this.spanAt(index);
    if (span) span.tabIndex = 0;
  }

  /** A token's span, if it is on the page. */
  spanAt(index: number): HTMLElement | undefined {
    const block = this.blocks.of(index);
    return block?.element.children[index - block.start] as HTMLElement | undefined;
  }

  indexOf(span: HTMLElement): number {
    return Number(span.dataset["index"]);
  }

  focus(index: number): void {
    this.reveal(index);
    this.current = index;
    this.spanAt(index)?.focus({ preventScroll: true });
  }

  /** Brings a token onto the page and into the window, into its middle when it was far. */
  reveal(index: number, isCentered = false): void {
    const block = this.blocks.of(index);
    if (!block) return;
    this.fill(block);
    const span = this.spanAt(index);
    const box = span?.getBoundingClientRect();
    const isFar = isCentered || !box || box.bottom < 0 || box.top > innerHeight;
    span?.scrollIntoView?.({ block: isFar ? "center" : "nearest", inline: "nearest" });
  }

  /** Tokens from `unchanged` on are new, or not what they were. */
  update(generation: Generation, unchanged: number): void {
    this.#generation = generation;
    if (unchanged < this.length) this.#truncate(unchanged);
    const last = this.blocks.list.at(-1);
    const fresh = this.blocks.extend(generation);
    if (last?.isFilled) this.#append(last);
    else if (last) this.#reserve(last);
    for (const block of fresh) this.#reserve(block);
    this.element.append(...fresh.map((block) => block.element));
  }

  fill(block: Block): void {
    if (block.isFilled) return;
    block.isFilled = true;
    block.element.style.height = "";
    this.#append(block);
  }

  fillAll(): void {
    for (const block of this.blocks.list) this.fill(block);
  }

  empty(block: Block): void {
    block.isFilled = false;
    block.element.replaceChildren();
    this.#reserve(block);
  }

  /** Gives the empty blocks the room that they will need, now that it can be told. */
  estimate(pixels: number): void {
    this.pixels = pixels;
    for (const block of this.blocks.list) if (!block.isFilled) this.#reserve(block);
  }

  repaint(): void {
    for (const { start, end, isFilled } of this.blocks.list) {
      if (isFilled) for (let index = start; index < end; index++) this.repaintAt(index);
    }
  }

  repaintAt(index: number): void {
    const span = this.spanAt(index);
    if (span) this.paint(span, index);
  }

  #reserve(block: Block): void {
    const height = block.height || Math.ceil((block.end - block.start) * this.pixels);
    block.element.style.height = `${height}px`;
  }

  #append({ element, start, end }: Block): void {
    const generation = this.#generation as Generation;
    const spans = [];
    for (let index = start + element.childElementCount; index < end; index++) {
      const span = tokenSpan(generation, index);
      if (index === this.#current) span.tabIndex = 0;
      this.paint(span, index);
      spans.push(span);
    }
    element.append(...spans);
  }

  #truncate(length: number): void {
    for (const block of this.blocks.truncate(length)) {
      if (block.start >= length) block.element.remove();
      while (block.element.childElementCount > block.end - block.start) {
        block.element.lastElementChild?.remove();
      }
    }
    if (this.#current >= length) this.current = 0;
  }
}

function tokenSpan(generation: Generation, index: number): HTMLElement {
  const span = document.createElement("span");
  span.dataset["index"] = String(index);
  span.append(...runningNodes(generation.bytes(index)));
  return span;
}
