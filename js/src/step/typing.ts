import { element, on } from "../dom.ts";
import { exactNodes } from "../piece.ts";
import { hex } from "../text.ts";
import { bytesOf } from "./state.ts";

/** A box to type text into, which shows what of it would stay unseen. */
export function createTyping(onEnter: (text: string) => void, onLeave: () => void) {
  const field = element("input.field");
  const enter = element("button.button.enter");
  const preview = element("div.preview");
  const box = element("div.typing", field, enter, preview);
  field.autocomplete = "off";
  field.spellcheck = false;
  field.autocapitalize = "off";
  preview.ariaHidden = "true";
  const drawPreview = (): void => {
    const bytes = bytesOf(field.value);
    preview.hidden = bytes.length === 0;
    const shown = bytes.length <= 24 ? hex(bytes) : `${hex(bytes.subarray(0, 24))} …`;
    const code = element("code", ...exactNodes(bytes));
    preview.replaceChildren(code, element("span.preview-bytes", ` ${shown}`));
  };
  const send = (): void => {
    if (field.value) onEnter(field.value);
  };
  enter.onclick = send;
  on(field, "input", drawPreview);
  on(field, "keydown", (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Enter") {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      event.preventDefault();
      onLeave();
    }
  });
  drawPreview();
  return {
    element: box,
    focus: () => field.focus(),
    clear(): void {
      field.value = "";
      drawPreview();
    },
    update(isGuess: boolean): void {
      field.placeholder = isGuess ? "guess the next token" : "type your own";
      field.ariaLabel = isGuess ? "your guess of the next token" : "text of your own";
      enter.textContent = isGuess ? "guess" : "write";
    },
  };
}
