import { element } from "../dom.ts";
import { KEYS } from "../keyboard.ts";
import { Overlay } from "./overlay.ts";

/** The list of keys. */
export class HelpView {
  readonly #overlay: Overlay;
  #before: HTMLElement | null = null;

  constructor(view: HTMLElement, signal: AbortSignal) {
    this.#overlay = new Overlay(view, "lpw-help", true);
    const { element: box } = this.#overlay;
    box.role = "dialog";
    box.ariaLabel = "keys";
    box.tabIndex = -1;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" && event.key !== "?") return;
      event.preventDefault();
      event.stopPropagation();
      this.toggle();
    };
    box.addEventListener("keydown", onKeyDown, { signal });
    box.addEventListener("focusout", () => this.#overlay.close(), { signal });
  }

  toggle(): void {
    if (this.#overlay.isOpen) {
      this.#before?.focus();
      this.#overlay.close();
      return;
    }
    const root = this.#overlay.element.getRootNode() as Document | ShadowRoot;
    this.#before = root.activeElement as HTMLElement | null;
    const rows = KEYS.map(([keys, does]) =>
      element(
        "tr",
        "",
        element("th", "", ...keys.split(" ").map((key) => element("kbd", "", key))),
        element("td", "", does),
      ),
    );
    this.#overlay.open(element("table", "", element("tbody", "", ...rows)));
    this.#overlay.element.focus();
  }
}
