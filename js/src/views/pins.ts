import { button, element } from "../dom.ts";
import { createOverlay } from "./overlay.ts";

interface Pin {
  readonly generation: number;
  readonly index: number;
  readonly element: HTMLElement;
}

/** Cards that stay, side by side. */
export function createPins(view: HTMLElement, onChange: () => void) {
  const overlay = createOverlay(view, "pins", "region", "pinned tokens");
  let pins: Pin[] = [];
  const tray = {
    element: overlay.element,
    place: overlay.place,
    /** The pinned tokens of one generation. */
    of: (generation: number) =>
      pins.filter((pin) => pin.generation === generation).map(({ index }) => index),
    /** Pins a token's card, or takes it away; returns whether it is pinned now. */
    toggle(generation: number, index: number, content: () => readonly Node[]): boolean {
      const others = pins.filter((pin) => pin.generation !== generation || pin.index !== index);
      const isNew = others.length === pins.length;
      pins = others;
      if (isNew) {
        const unpin = (): unknown => tray.toggle(generation, index, content);
        const close = button("×", `unpin token ${index + 1}`, unpin);
        close.classList.add("lpw-close");
        const pin = element("section.pin", close, ...content());
        pins.push({ generation, index, element: pin });
      }
      tray.show(true);
      onChange();
      return isNew;
    },
    clear(): void {
      pins = [];
      overlay.close();
      onChange();
    },
    /** Pins are hidden while their text is out of the window. */
    show(isInView: boolean): void {
      if (isInView && pins.length > 0) overlay.open(...pins.map(({ element }) => element));
      else overlay.close();
    },
  };
  return tray;
}
