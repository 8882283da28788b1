import { NO_STEP } from "../color.ts";
import { element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { runningNodes } from "../piece.ts";

/** Lines are grouped in blocks of at least this many tokens, so that the browser can skip those out of view. */
const BLOCK = 256;
const NEWLINE = 0x0a;

export function tokenAt(target: EventTarget | null): HTMLElement | undefined {
  return target instanceof Element
    ? (target.closest<HTMLElement>(".lpw-token") ?? undefined)
    : undefined;
}

/** The text: one span a token. */
export class TokensView {
  readonly element = element("div", "lpw-text");
  readonly spans: HTMLElement[] = [];
  #current = 0;
  #isBlockFull = true;

  constructor() {
    this.element.role = "group";
    this.element.setAttribute("data-lm-suppress-shortcuts", "true");
  }

  /** The token that Tab leads to. */
  get current(): number {
    return this.#current;
  }

  set current(index: number) {
    this.spans[this.#current]?.removeAttribute("tabindex");
    this.#current = index;
    const span = this.spans[index];
    if (span) span.tabIndex = 0;
  }

  focus(index: number): void {
    this.current = index;
    this.spans[index]?.focus();
  }

  indexOf(span: HTMLElement): number {
    return Number(span.dataset["index"]);
  }

  truncate(length: number): void {
    for (const span of this.spans.splice(length)) span.remove();
    this.element.querySelectorAll(".lpw-block:empty").forEach((block) => {
      block.remove();
    });
    this.#isBlockFull = length === 0;
    if (this.#current >= length) this.current = 0;
  }

  append(generation: Generation): void {
    for (let index = this.spans.length; index < generation.length; index++) {
      const span = tokenSpan(generation, index);
      const block = this.#block();
      block.append(span);
      this.spans.push(span);
      const endsLine = generation.bytes(index).at(-1) === NEWLINE;
      this.#isBlockFull = endsLine && block.childElementCount >= BLOCK;
    }
    if (this.#current === 0) this.current = 0;
  }

  paint(from: number, stepOf: (index: number) => number): void {
    for (let index = from; index < this.spans.length; index++) {
      const span = this.spans[index] as HTMLElement;
      const step = stepOf(index);
      span.classList.toggle("lpw-unknown", step === NO_STEP);
      span.style.backgroundColor = step > 0 ? `var(--lpw-step-${step})` : "";
      span.style.color = step > 0 ? `var(--lpw-ink-${step})` : "";
    }
  }

  #block(): Element {
    const last = this.element.lastElementChild;
    if (last && !this.#isBlockFull) return last;
    const block = element("div", "lpw-block");
    this.element.append(block);
    return block;
  }
}

function tokenSpan(generation: Generation, index: number): HTMLElement {
  const part = generation.part(index);
  const span = element("span", `lpw-token lpw-part-${part}`);
  span.dataset["index"] = String(index);
  span.append(...runningNodes(generation.bytes(index)));
  return span;
}
