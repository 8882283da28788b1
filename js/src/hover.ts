import { atEnd, on } from "./dom.ts";
import type { Popup } from "./popup.ts";
import { tokenAt } from "./views/tokens.ts";

const FIRST_DELAY = 60;
const GRACE = 150;

/** Shows the card of the token under the pointer or with the focus. */
export function showCards(
  root: HTMLElement,
  popup: Popup,
  content: (token: HTMLElement) => readonly Node[],
  signal: AbortSignal,
): void {
  /** While keys move the text, a pointer that rests means nothing by what comes under it. */
  let isResting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => clearTimeout(timer);
  const later = (delay: number, act: () => void): void => {
    stop();
    timer = setTimeout(act, delay);
  };
  const hide = (): void => {
    stop();
    popup.hide();
  };
  const show = (token: HTMLElement | undefined): void => {
    if (!token) return;
    stop();
    if (token.isConnected && token !== popup.anchor) popup.show(token, content(token));
  };
  const onPointerOver = ({ target, pointerType, buttons }: PointerEvent): void => {
    const isSelecting = pointerType === "mouse" && buttons !== 0;
    const token = tokenAt(target);
    if (isResting) return;
    if (popup.element.contains(target as Node)) stop();
    else if (!token || isSelecting) return;
    else if (popup.anchor || pointerType === "touch") show(token);
    else later(FIRST_DELAY, () => show(token));
  };
  on(root, "pointerover", onPointerOver);
  on(root, "pointerout", ({ pointerType }: PointerEvent) => {
    if (pointerType !== "touch" && !isResting) later(GRACE, hide);
  });
  on(root, "pointermove", (event: PointerEvent) => {
    if (!isResting) return;
    isResting = false;
    onPointerOver(event);
  });
  on(root, "keydown", () => {
    isResting = true;
    stop();
  });
  on(root, "focusin", ({ target }) => show(tokenAt(target)));
  // A notebook that moves the view takes the focus along, and brings it back.
  on(root, "focusout", () => later(GRACE, () => root.isConnected && hide()));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !popup.anchor) return;
    event.preventDefault();
    hide();
  };
  const onPointerDown = (event: PointerEvent): void => {
    const target = event.composedPath()[0] as Node;
    const isOurs = tokenAt(target) || popup.element.contains(target);
    if (!isOurs || !root.contains(target)) hide();
  };
  on(document, "keydown", onKeyDown, signal);
  on(document, "pointerdown", onPointerDown, signal);
  atEnd(signal, hide);
}
