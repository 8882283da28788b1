import { boxOf, popover, showAbove } from "../dom.ts";
import { scrollerOf } from "../scroll.ts";

/** A box above the page, at a corner of what its view shows. */
export function createOverlay(view: HTMLElement, name: string, role: string, label: string) {
  const box = popover(`div.overlay.${name}`, role);
  const isAtTop = name !== "pins";
  box.ariaLabel = label;
  box.dataset["lmSuppressShortcuts"] = "true";
  view.append(box);
  const overlay = {
    element: box,
    open(...content: Node[]): void {
      box.replaceChildren(...content);
      showAbove(box);
      overlay.place();
    },
    close(): void {
      box.hidden = true;
    },
    /** Inside of what can be seen of the view. */
    place(): void {
      if (box.hidden) return;
      const { top, right, width } = boxOf(view);
      const visible = Math.max(0, boxOf(scrollerOf(view)).top, top) + 8;
      const { style } = box;
      style.right = `${Math.max(8, document.documentElement.clientWidth - right)}px`;
      style.maxWidth = `${Math.max(280, width)}px`;
      if (isAtTop) style.top = `${Math.min(visible, innerHeight - box.offsetHeight - 8)}px`;
      else style.bottom = "8px";
    },
  };
  return overlay;
}
