import { element, showAbove } from "./dom.ts";

const GAP = 6;
const MARGIN = 8;

let count = 0;

/** A box beside a token, above everything else on the page. */
export class Popup {
  readonly element = element("div", "lpw-card");
  readonly #onHide: () => void;
  #anchor: HTMLElement | undefined;
  #isCut = false;

  constructor(onHide: () => void) {
    this.#onHide = onHide;
    this.element.id = `lpw-card-${++count}`;
    this.element.role = "tooltip";
    this.element.setAttribute("popover", "manual");
    this.element.hidden = true;
  }

  get anchor(): HTMLElement | undefined {
    return this.#anchor;
  }

  show(anchor: HTMLElement, content: readonly Node[]): void {
    this.#release();
    this.#anchor = anchor;
    anchor.setAttribute("aria-describedby", this.element.id);
    this.element.replaceChildren(...content);
    showAbove(this.element);
    this.place();
    if (this.#isCut) this.element.scrollTop = 0;
  }

  /** Opens again what the browser has closed because its place in the page has changed. */
  resume(): void {
    if (!this.element.hidden) showAbove(this.element);
  }

  hide(): void {
    if (!this.#anchor) return;
    this.#release();
    this.element.hidden = true;
    this.#onHide();
  }

  /** Below its token where there is room, else above, never over it. */
  place(): void {
    if (!this.#anchor) return;
    const token = this.#anchor.getBoundingClientRect();
    const left = this.#anchor.getClientRects()[0]?.left ?? token.left;
    const { style } = this.element;
    style.maxHeight = "";
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const above = token.top - GAP - MARGIN;
    const below = innerHeight - token.bottom - GAP - MARGIN;
    const isBelow = below >= Math.min(height, above);
    const room = Math.max(0, isBelow ? below : above);
    const shownHeight = Math.min(height, room);
    this.#isCut = height > room;
    style.maxHeight = `${room}px`;
    style.top = `${isBelow ? token.bottom + GAP : token.top - GAP - shownHeight}px`;
    style.left = `${Math.max(MARGIN, Math.min(left, document.documentElement.clientWidth - width - MARGIN))}px`;
  }

  #release(): void {
    this.#anchor?.removeAttribute("aria-describedby");
    this.#anchor = undefined;
  }
}
