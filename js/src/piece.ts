import { element } from "./dom.ts";
import { codePoint, type Segment, segments } from "./text.ts";

/** A token within the text: it reads and wraps as text does, with marks where something would stay unseen. */
export function runningNodes(bytes: Uint8Array): (Node | string)[] {
  if (isPlain(bytes)) return [String.fromCharCode(...bytes)];
  const nodes: (Node | string)[] = [];
  let text = "";
  const addMark = (node: Node): void => {
    if (text) nodes.push(text);
    nodes.push(node);
    text = "";
  };
  for (const { kind, shown } of segments(bytes)) {
    if (kind === "newline") addMark(mark("⏎"));
    if (kind === "tab") addMark(mark("⇥"));
    if (kind === "badge") addMark(badge(shown));
    else text += shown;
  }
  if (text) nodes.push(text);
  return nodes;
}

/** A token by itself, every space visible. */
export function exactNodes(bytes: Uint8Array): (Node | string)[] {
  const all = segments(bytes);
  return all.length > 0 ? all.map(exactNode) : [mark("empty")];
}

/** Whether a token is what it looks like, so that its bytes need not be spelled out. */
export function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
}

function exactNode({ kind, shown }: Segment): Node | string {
  if (kind === "newline") return mark("⏎");
  if (kind === "tab") return mark("⇥");
  if (kind === "space") return shown === " " ? mark("·") : badge(codePoint(shown));
  return kind === "badge" ? badge(shown) : shown;
}

function mark(symbol: string): HTMLElement {
  return element("span", "lpw-mark", symbol);
}

function badge(label: string): HTMLElement {
  return element("span", "lpw-badge", label);
}
