import { boxOf, popover, showAbove } from "./dom.ts";

const GAP = 6;
const MARGIN = 8;

let count = 0;

/** A box beside a token, above everything else on the page. */
export type Popup = ReturnType<typeof createPopup>;

export function createPopup(onHide: () => void) {
  const box = popover("div.card", "tooltip");
  let anchor: HTMLElement | undefined;
  let isCut = false;
  box.id = `lpw-card-${++count}`;
  const release = (): void => {
    anchor?.removeAttribute("aria-describedby");
    anchor = undefined;
  };
  const popup = {
    element: box,
    get anchor() {
      return anchor;
    },
    show(token: HTMLElement, content: readonly Node[]): void {
      release();
      anchor = token;
      token.setAttribute("aria-describedby", box.id);
      box.replaceChildren(...content);
      showAbove(box);
      popup.place();
      if (isCut) box.scrollTop = 0;
    },
    /** Opens again what the browser has closed because its place in the page has changed. */
    resume(): void {
      if (!box.hidden) showAbove(box);
    },
    hide(): void {
      if (!anchor) return;
      release();
      box.hidden = true;
      onHide();
    },
    /** Below its token where there is room, else above, never over it. */
    place(): void {
      if (!anchor) return;
      const token = boxOf(anchor);
      const left = anchor.getClientRects()[0]?.left ?? token.left;
      const { style } = box;
      style.maxHeight = "";
      const { offsetWidth, offsetHeight } = box;
      const above = token.top - GAP - MARGIN;
      const below = innerHeight - token.bottom - GAP - MARGIN;
      const isBelow = below >= Math.min(offsetHeight, above);
      const room = Math.max(0, isBelow ? below : above);
      const top = isBelow ? token.bottom + GAP : token.top - GAP - Math.min(offsetHeight, room);
      const right = document.documentElement.clientWidth - offsetWidth - MARGIN;
      isCut = offsetHeight > room;
      style.maxHeight = `${room}px`;
      style.top = `${top}px`;
      style.left = `${Math.max(MARGIN, Math.min(left, right))}px`;
    },
  };
  return popup;
}
