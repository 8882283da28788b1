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

/** Words for those who listen instead of look. */
export function spoken(text: string): HTMLElement {
  return element("span", "lpw-spoken", text);
}
