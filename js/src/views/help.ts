import { element, focusedBeside, on } from "../dom.ts";
import { KEYS } from "../keyboard.ts";
import { createOverlay } from "./overlay.ts";

/** Shows or closes the list of keys. */
export function createHelp(view: HTMLElement): () => void {
  const { element: box, ...overlay } = createOverlay(view, "help", "dialog", "keys");
  let before: HTMLElement | null = null;
  box.tabIndex = -1;
  const toggle = (): void => {
    if (!box.hidden) {
      before?.focus();
      overlay.close();
      return;
    }
    before = focusedBeside(box);
    overlay.open(element("table", element("tbody", ...KEYS.map(row))));
    box.focus();
  };
  on(box, "keydown", (event: KeyboardEvent) => {
    if (event.key !== "Escape" && event.key !== "?") return;
    event.preventDefault();
    event.stopPropagation();
    toggle();
  });
  on(box, "focusout", overlay.close);
  return toggle;
}

function row([keys, does]: (typeof KEYS)[number]): HTMLElement {
  const names = keys.split(" ").map((key) => element("kbd", key));
  return element("tr", element("th", ...names), element("td", does));
}
