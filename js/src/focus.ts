import { focusedBeside, on } from "./dom.ts";

/** A view that is taken off the page keeps in mind what had the focus, and gives it back. */
export function keepFocus(root: HTMLElement) {
  let focused: HTMLElement | undefined;
  const focus = {
    /** Whether the view was taken to another place since it last settled. */
    hasMoved: false,
    settle(): void {
      if (focus.hasMoved) focused?.focus({ preventScroll: true });
      focus.hasMoved = false;
    },
  };
  const onBlur = (): void => {
    const isElsewhere = focusedBeside(root) !== focused;
    if (root.isConnected && !focus.hasMoved && isElsewhere) focused = undefined;
  };
  on(root, "focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  on(root, "focusout", () => setTimeout(onBlur));
  return focus;
}
