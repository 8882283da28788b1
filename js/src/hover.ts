import type { Popup } from "./popup.ts";
import { tokenAt } from "./views/tokens.ts";

const FIRST_DELAY = 60;
const GRACE = 150;

/** Shows the card of the token under the pointer or with the focus. */
export class Hover {
  readonly #root: HTMLElement;
  readonly #popup: Popup;
  readonly #content: (token: HTMLElement) => readonly Node[];
  #isResting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    root: HTMLElement,
    popup: Popup,
    content: (token: HTMLElement) => readonly Node[],
    signal: AbortSignal,
  ) {
    this.#root = root;
    this.#popup = popup;
    this.#content = content;
    root.addEventListener("pointerover", (event) => this.#onPointerOver(event), { signal });
    root.addEventListener("pointerout", (event) => this.#onPointerOut(event), { signal });
    root.addEventListener("pointermove", (event) => this.#onPointerMove(event), { signal });
    root.addEventListener("keydown", () => this.#rest(), { signal });
    root.addEventListener("focusin", (event) => this.#show(tokenAt(event.target)), { signal });
    root.addEventListener("focusout", () => this.#later(GRACE, () => this.#leave()), { signal });
    this.#listenOutside(signal);
    signal.addEventListener("abort", () => this.#hide(), { once: true });
  }

  #listenOutside(signal: AbortSignal): void {
    const onScroll = (event: Event): void => {
      if (event.target !== this.#popup.element) this.#popup.place();
    };
    document.addEventListener("keydown", (event) => this.#onKeyDown(event), { signal });
    document.addEventListener("pointerdown", (event) => this.#onPointerDown(event), { signal });
    document.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
    window.addEventListener("resize", () => this.#popup.place(), { signal });
  }

  /** While keys move the text, a pointer that rests means nothing by what comes under it. */
  #rest(): void {
    this.#isResting = true;
    clearTimeout(this.#timer);
  }

  #onPointerMove(event: PointerEvent): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#onPointerOver(event);
  }

  #onPointerOver({ target, pointerType, buttons }: PointerEvent): void {
    const isSelecting = pointerType === "mouse" && buttons !== 0;
    const token = tokenAt(target);
    if (this.#isResting) return;
    if (this.#popup.element.contains(target as Node)) clearTimeout(this.#timer);
    else if (!token || isSelecting) return;
    else if (this.#popup.anchor || pointerType === "touch") this.#show(token);
    else this.#later(FIRST_DELAY, () => this.#show(token));
  }

  #onPointerOut({ pointerType }: PointerEvent): void {
    if (pointerType !== "touch" && !this.#isResting) this.#later(GRACE, () => this.#hide());
  }

  #onPointerDown(event: PointerEvent): void {
    const target = event.composedPath()[0] as Node;
    const isOurs = tokenAt(target) || this.#popup.element.contains(target);
    if (!isOurs || !this.#root.contains(target)) this.#hide();
  }

  #onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#popup.anchor) return;
    event.preventDefault();
    this.#hide();
  }

  #show(token: HTMLElement | undefined): void {
    if (!token) return;
    clearTimeout(this.#timer);
    if (token.isConnected && token !== this.#popup.anchor) {
      this.#popup.show(token, this.#content(token));
    }
  }

  /** A notebook that moves the view takes the focus along, and brings it back. */
  #leave(): void {
    if (this.#root.isConnected) this.#hide();
  }

  #hide(): void {
    clearTimeout(this.#timer);
    this.#popup.hide();
  }

  #later(delay: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delay);
  }
}
