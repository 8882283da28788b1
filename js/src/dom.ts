type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A pair of spans: notebooks have styles of their own for dl, dt and dd. */
export function labelled(label: string, value: string): HTMLElement {
  return element(
    "div",
    "",
    element("span", "lpw-label", label),
    element("span", "lpw-value", value),
  );
}

export function waitingNote(): HTMLElement {
  return element("p", "lpw-waiting", "waiting for the first token…");
}

/** Words for those who listen instead of look. */
export function spoken(text: string): HTMLElement {
  return element("span", "lpw-spoken", text);
}

/** Shows a popover. To hide it, `hidden` is enough: `hidePopover` would take the focus along. */
export function showAbove(popover: HTMLElement): void {
  popover.hidden = false;
  if (!popover.isConnected || !popover.showPopover) return;
  if (!popover.matches(":popover-open")) popover.showPopover();
}
