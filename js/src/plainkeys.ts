import { on } from "./dom.ts";

/**
 * Keeps what is typed here from a notebook, to which single letters are commands: cut a cell,
 * add one. Ctrl+S, Shift+Enter and the like still reach it.
 */
export function keepPlainKeys(element: HTMLElement): void {
  on(element, "keydown", (event: KeyboardEvent) => {
    const { altKey, ctrlKey, metaKey, shiftKey, key } = event;
    const isCommand = altKey || ctrlKey || metaKey || (shiftKey && key === "Enter");
    if (!isCommand) event.stopPropagation();
  });
}
