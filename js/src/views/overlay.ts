import { element, showAbove } from "../dom.ts";
import { scrollerOf } from "../scroll.ts";

/** A box above the page, at a corner of what its view shows. */
export class Overlay {
  readonly element: HTMLElement;
  readonly #view: HTMLElement;
  readonly #isAtTop: boolean;

  constructor(view: HTMLElement, className: string, isAtTop: boolean) {
    this.#view = view;
    this.#isAtTop = isAtTop;
    this.element = element("div", `lpw-overlay ${className}`);
    this.element.setAttribute("popover", "manual");
    this.element.setAttribute("data-lm-suppress-shortcuts", "true");
    this.element.hidden = true;
    view.append(this.element);
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(...content: Node[]): void {
    this.element.replaceChildren(...content);
    showAbove(this.element);
    this.place();
  }

  close(): void {
    this.element.hidden = true;
  }

  /** Inside of what can be seen of the view. */
  place(): void {
    if (!this.isOpen) return;
    const view = this.#view.getBoundingClientRect();
    const scroller = scrollerOf(this.#view).getBoundingClientRect();
    const top = Math.max(0, scroller.top, view.top) + 8;
    const { style } = this.element;
    const right = Math.max(8, document.documentElement.clientWidth - view.right);
    style.right = `${right}px`;
    style.maxWidth = `${Math.max(280, view.width)}px`;
    if (this.#isAtTop)
      style.top = `${Math.min(top, innerHeight - this.element.offsetHeight - 8)}px`;
    else style.bottom = "8px";
  }
}
