import { on } from "./dom.ts";
import type { Generation } from "./generation.ts";
import type { TokensView } from "./views/tokens.ts";

/** Copying gives the text the tokens stand for, not the marks that make it visible. */
export function copyOriginalText(view: TokensView, generation: () => Generation): void {
  on(view.element, "copy", (event: ClipboardEvent) => {
    const range = selectedRange(view.element);
    if (!range || !view.element.contains(range.commonAncestorContainer)) return;
    event.clipboardData?.setData("text/plain", textOf(range, view, generation()));
    event.preventDefault();
  });
}

export function selectedRange(node: Node): Range | undefined {
  const root = node.getRootNode() as Node & { getSelection?: () => Selection | null };
  const selection = root.getSelection?.() ?? document.getSelection();
  return selection?.rangeCount ? selection.getRangeAt(0) : undefined;
}

/** The tokens that a selection touches, whether they are on the page or not. */
export function tokensIn(range: Range, { blocks }: TokensView): [start: number, end: number] {
  const touched = blocks.list
    .filter(({ element }) => range.intersectsNode(element))
    .flatMap(({ element, start, end, isFilled }) => {
      if (!isFilled) return range.endContainer === element ? [] : [start, end - 1];
      const spans = [...element.children].map((span, k) =>
        range.intersectsNode(span) ? start + k : -1,
      );
      return spans.filter((index) => index >= 0);
    });
  return [touched[0] ?? 0, (touched.at(-1) ?? -1) + 1];
}

/** Bytes are joined before they are decoded: a character may be spread over several tokens. */
export function textOf(
  range: Range,
  view: TokensView,
  generation: Pick<Generation, "bytes">,
): string {
  const [start, end] = tokensIn(range, view);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  for (let index = start; index < end; index++) {
    const isEdge = index === start || index === end - 1;
    const part = isEdge ? partOf(range, view.spanAt(index)) : undefined;
    text += decoder.decode(part ?? generation.bytes(index), { stream: true });
  }
  return text + decoder.decode();
}

/** The bytes of a plain token that is selected in part only. */
function partOf(range: Range, span: HTMLElement | undefined): Uint8Array | undefined {
  const text = span?.firstChild;
  if (!span || !(text instanceof Text) || span.childNodes.length > 1) return undefined;
  const start = range.startContainer === text ? range.startOffset : 0;
  const end = range.endContainer === text ? range.endOffset : text.length;
  return new TextEncoder().encode(text.data.slice(start, end));
}
