import { element } from "../dom.ts";
import { Overlay } from "./overlay.ts";

interface Pin {
  readonly generation: number;
  readonly index: number;
  readonly element: HTMLElement;
}

/** Cards that stay, side by side. */
export class PinsView {
  readonly #overlay: Overlay;
  readonly #onChange: () => void;
  #pins: Pin[] = [];

  constructor(view: HTMLElement, onChange: () => void) {
    this.#overlay = new Overlay(view, "lpw-pins", false);
    this.#overlay.element.role = "region";
    this.#overlay.element.ariaLabel = "pinned tokens";
    this.#onChange = onChange;
  }

  get isOpen(): boolean {
    return this.#overlay.isOpen;
  }

  /** The pinned tokens of one generation. */
  of(generation: number): number[] {
    return this.#pins.filter((pin) => pin.generation === generation).map(({ index }) => index);
  }

  /** Pins a token's card, or takes it away; returns whether it is pinned now. */
  toggle(generation: number, index: number, content: () => readonly Node[]): boolean {
    const others = this.#pins.filter((pin) => pin.generation !== generation || pin.index !== index);
    const isNew = others.length === this.#pins.length;
    this.#pins = others;
    if (isNew) {
      const close = element("button", "lpw-button lpw-close", "×");
      close.ariaLabel = `unpin token ${index + 1}`;
      close.onclick = () => this.toggle(generation, index, content);
      const pin = element("section", "lpw-pin", close, ...content());
      this.#pins.push({ generation, index, element: pin });
    }
    this.show(true);
    this.#onChange();
    return isNew;
  }

  clear(): void {
    this.#pins = [];
    this.#overlay.close();
    this.#onChange();
  }

  /** Pins are hidden while their text is out of the window. */
  show(isInView: boolean): void {
    if (isInView && this.#pins.length > 0) {
      this.#overlay.open(...this.#pins.map((pin) => pin.element));
    } else this.#overlay.close();
  }

  place(): void {
    this.#overlay.place();
  }
}
