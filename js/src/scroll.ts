/** Scrolls whatever holds an element, so that what moved by `pixels` stays where the reader sees it. */
export function scrollAlong(element: Element, pixels: number): void {
  for (let at = parentOf(element); at; at = parentOf(at)) {
    if (!(at instanceof Element) || !scrolls(at)) continue;
    const before = at.scrollTop;
    at.scrollTop += pixels;
    if (at.scrollTop !== before) return;
  }
}

/** What scrolls an element. */
export function scrollerOf(element: Element): Element {
  for (let at = parentOf(element); at; at = parentOf(at)) {
    if (at instanceof Element && scrolls(at)) return at;
  }
  return document.documentElement;
}

function scrolls(element: Element): boolean {
  if (element === document.scrollingElement) return true;
  if (element.scrollHeight <= element.clientHeight) return false;
  return /auto|scroll|overlay/.test(getComputedStyle(element).overflowY);
}

export function parentOf(node: Node): Node | null {
  return node instanceof ShadowRoot ? node.host : node.parentNode;
}
