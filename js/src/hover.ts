import type { Popup } from "./popup.ts";
import { tokenAt } from "./views/tokens.ts";

const FIRST_DELAY = 60;
const GRACE = 150;

/** Shows the card of the token under the pointer or with the focus. */
export function showOnHover(
  root: HTMLElement,
  popup: Popup,
  content: (token: HTMLElement) => readonly Node[],
  signal: AbortSignal,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = (delay: number, action: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  };
  const show = (token: HTMLElement): void => {
    clearTimeout(timer);
    if (token.isConnected && token !== popup.anchor) popup.show(token, content(token));
  };
  const hide = (): void => {
    clearTimeout(timer);
    popup.hide();
  };

  const onPointerOver = (event: PointerEvent): void => {
    const token = tokenAt(event.target);
    if (popup.element.contains(event.target as Node)) clearTimeout(timer);
    else if (token && (popup.anchor || event.pointerType === "touch")) show(token);
    else if (token) later(FIRST_DELAY, () => show(token));
  };
  const onPointerOut = (event: PointerEvent): void => {
    if (event.pointerType !== "touch") later(GRACE, hide);
  };
  const onFocusIn = (event: FocusEvent): void => {
    const token = tokenAt(event.target);
    if (token) show(token);
  };
  root.addEventListener("pointerover", onPointerOver, { signal });
  root.addEventListener("pointerout", onPointerOut, { signal });
  root.addEventListener("focusin", onFocusIn, { signal });
  root.addEventListener("focusout", () => later(GRACE, hide), { signal });
  hideFromOutside(root, popup, hide, signal);
  signal.addEventListener("abort", hide, { once: true });
}

function hideFromOutside(
  root: HTMLElement,
  popup: Popup,
  hide: () => void,
  signal: AbortSignal,
): void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") hide();
  };
  const onPointerDown = (event: PointerEvent): void => {
    const target = event.composedPath()[0] as Node;
    const isInside = root.contains(target) && (tokenAt(target) || popup.element.contains(target));
    if (!isInside) hide();
  };
  const onScroll = (event: Event): void => {
    if (event.target !== popup.element) popup.place();
  };
  document.addEventListener("keydown", onKeyDown, { signal });
  document.addEventListener("pointerdown", onPointerDown, { signal });
  document.addEventListener("scroll", onScroll, { capture: true, passive: true, signal });
  window.addEventListener("resize", () => popup.place(), { signal });
}
