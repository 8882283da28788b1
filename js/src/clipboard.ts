import type { Generation } from "./generation.ts";
import type { TokensView } from "./views/tokens.ts";

/** Copying gives the text the tokens stand for, not the marks that make it visible. */
export function copyOriginalText(
  view: TokensView,
  generation: () => Generation | undefined,
  signal: AbortSignal,
): void {
  const onCopy = (event: ClipboardEvent): void => {
    const range = selectedRange(view.element);
    const source = generation();
    if (!range || !source || !view.element.contains(range.commonAncestorContainer)) return;
    event.clipboardData?.setData("text/plain", textOf(range, view.spans, source));
    event.preventDefault();
  };
  view.element.addEventListener("copy", onCopy, { signal });
}

export function selectedRange(node: Node): Range | undefined {
  const root = node.getRootNode() as Node & { getSelection?: () => Selection | null };
  const selection = root.getSelection?.() ?? document.getSelection();
  return selection?.rangeCount ? selection.getRangeAt(0) : undefined;
}

/** Bytes are joined before they are decoded: a character may be spread over several tokens. */
export function textOf(
  range: Range,
  spans: readonly HTMLElement[],
  generation: Pick<Generation, "bytes">,
): string {
  const chosen = spans.flatMap((span, index) =>
    range.intersectsNode(span) ? [...(partOf(range, span) ?? generation.bytes(index))] : [],
  );
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(chosen));
}

/** The bytes of a plain token that is selected in part only. */
function partOf(range: Range, span: HTMLElement): Uint8Array | undefined {
  const text = span.firstChild;
  if (!(text instanceof Text) || span.childNodes.length > 1) return undefined;
  const start = range.startContainer === text ? range.startOffset : 0;
  const end = range.endContainer === text ? range.endOffset : text.length;
  return new TextEncoder().encode(text.data.slice(start, end));
}
