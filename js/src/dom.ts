type Child = Node | string;

type Tags = HTMLElementTagNameMap;

/** "div.card" is a div of the class "lpw-card". */
export function element<K extends keyof Tags>(
  kind: K | `${K}.${string}`,
  ...children: Child[]
): Tags[K] {
  const [tag, ...names] = kind.split(".");
  const node = document.createElement(tag as K);
  if (names.length) node.className = names.map((name) => `lpw-${name}`).join(" ");
  node.append(...children);
  return node;
}

/** A box that is shown above the page, hidden at first. */
export function popover(kind: `div.${string}`, role: string): HTMLElement {
  const box = element(kind);
  box.role = role;
  box.popover = "manual";
  box.hidden = true;
  return box;
}

/** A pair of spans: notebooks have styles of their own for dl, dt and dd. */
export function labelled(label: string, value: string, title = ""): HTMLElement {
  const node = element("div", element("span.label", label), element("span.value", value));
  node.title = title;
  return node;
}

export function waitingNote(): HTMLElement {
  return element("p.waiting", "waiting for the first token…");
}

/** Words for those who listen instead of look. */
export function spoken(text: string): HTMLElement {
  return element("span.spoken", text);
}

/** What says nothing to those who listen. */
export function unspoken(kind: "span" | `span.${string}`, ...children: Child[]): HTMLElement {
  const node = element(kind, ...children);
  node.ariaHidden = "true";
  return node;
}

export function button(label: Child, name: string, act: () => void): HTMLElement {
  const node = element("button.button", label);
  node.ariaLabel = node.title = name;
  node.onclick = act;
  return node;
}

/** Gives children to a parent; those that are in place are not touched, or clicks were lost. */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const wanted = new Set<Node>(children);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  children.forEach((child, k) => {
    const there = parent.childNodes[k] ?? null;
    if (there !== child) parent.insertBefore(child, there);
  });
}

/** Listens to several types of event; what outlives the view needs the view's signal. */
export function on<E extends Event>(
  target: EventTarget,
  types: string,
  listener: (event: E) => void,
  signal?: AbortSignal,
  capture = false,
): void {
  const options = { signal, capture } as AddEventListenerOptions;
  for (const type of types.split(" ")) {
    target.addEventListener(type, listener as (event: Event) => void, options);
  }
}

export function atEnd(signal: AbortSignal, act: () => void): void {
  signal.addEventListener("abort", act, { once: true });
}

export function boxOf(node: Element): DOMRect {
  return node.getBoundingClientRect();
}

/** What has the focus, in the document or the shadow tree of a node. */
export function focusedBeside(node: Node): HTMLElement | null {
  return (node.getRootNode() as Document).activeElement as HTMLElement | null;
}

/** Shows a popover. To hide it, `hidden` is enough: `hidePopover` would take the focus along. */
export function showAbove(popover: HTMLElement): void {
  popover.hidden = false;
  if (!popover.isConnected || !popover.showPopover) return;
  if (!popover.matches(":popover-open")) popover.showPopover();
}

/** Tells whether values are others than when it was last asked. */
export function changes(): (...values: unknown[]) => boolean {
  let before = "";
  return (...values) => {
    const now = JSON.stringify(values);
    const isNew = now !== before;
    before = now;
    return isNew;
  };
}

/** Acts in the next frame, or after some milliseconds, unless it already waits to. */
export function once(act: () => void, pause = 0): () => void {
  let isDue = false;
  const run = (): void => {
    isDue = false;
    act();
  };
  // A pause is about as long, so that not all views of a page draw in one frame.
  const wait = (): unknown =>
    pause ? setTimeout(run, 2 * pause * Math.random()) : requestAnimationFrame(run);
  return () => {
    if (!isDue) wait();
    isDue = true;
  };
}
