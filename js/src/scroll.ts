/** Scrolls whatever holds an element, so that what moved by `pixels` stays where the reader sees it. */
export function scrollAlong(element: Element, pixels: number): void {
  for (const scroller of scrollers(element)) {
    const before = scroller.scrollTop;
    scroller.scrollTop += pixels;
    if (scroller.scrollTop !== before) return;
  }
}

/** What scrolls an element. */
export function scrollerOf(element: Element): Element {
  return scrollers(element)[0] ?? document.documentElement;
}

function scrollers(element: Element): Element[] {
  return ancestors(element).filter(
    (at) =>
      at === document.scrollingElement ||
      (at.scrollHeight > at.clientHeight &&
        /auto|scroll|overlay/.test(getComputedStyle(at).overflowY)),
  );
}

/** What an element is in, out of shadow trees as well, from the inside out. */
export function ancestors(element: Node): Element[] {
  const found: Element[] = [];
  let at: Node | null = element;
  while (at) {
    at = at instanceof ShadowRoot ? at.host : at.parentNode;
    if (at instanceof Element) found.push(at);
  }
  return found;
}
