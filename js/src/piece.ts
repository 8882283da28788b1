import { element } from "./dom.ts";
import { codePoint, type Segment, segments } from "./text.ts";

const SYMBOLS: Readonly<Record<string, string>> = { " ": "·", "\n": "⏎", "\t": "⇥" };

/** A token within the text: it reads and wraps as text does, with marks where something would stay unseen. */
export function runningNodes(bytes: Uint8Array): (Node | string)[] {
  if (bytes.length === 0) return [mark("∅")];
  if (isPlain(bytes)) return [String.fromCharCode(...bytes)];
  const nodes: (Node | string)[] = [];
  let text = "";
  const addMark = (node: Node): void => {
    if (text) nodes.push(text);
    nodes.push(node);
    text = "";
  };
  for (const { kind, shown } of segments(bytes)) {
    if (kind === "badge") {
      addMark(badge(shown));
      continue;
    }
    const symbol = SYMBOLS[shown];
    if (symbol && shown !== " ") addMark(mark(symbol));
    text += shown;
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
  if (kind === "text") return shown;
  const symbol = SYMBOLS[shown];
  return symbol ? mark(symbol) : badge(kind === "space" ? codePoint(shown) : shown);
}

function mark(symbol: string): HTMLElement {
  return element("span.mark", symbol);
}

function badge(label: string): HTMLElement {
  return element("span.badge", label);
}
