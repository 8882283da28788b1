import { copyOriginalText } from "../clipboard.ts";
import { boxOf, changes, element, waitingNote } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { type Look, type Marks, paintToken } from "../look.ts";
import type { Head } from "../schema.ts";
import { createFinder, type Finder } from "../search.ts";
import type { Stretch } from "../spans.ts";
import { firstBelow, showWindow } from "../window.ts";
import { createFindings } from "./findings.ts";
import { createHeader } from "./header.ts";
import { createStrip } from "./strip.ts";
import { createTokens } from "./tokens.ts";

/** One generation: header, strip, text, findings. */
export type GenerationView = ReturnType<typeof createGenerationView>;

export function createGenerationView(first: Generation) {
  const header = createHeader();
  const waiting = waitingNote();
  const unshown = element("div.text.unshown");
  const findings = createFindings();
  let look: Look | undefined;
  let finder: Finder | undefined;
  const isNew = changes();
  let shown: Head | undefined;
  const tokens = createTokens((span, index) =>
    paintToken(span, index, view.generation, look, view.marks),
  );
  const strip = createStrip((share) => {
    const { length } = tokens;
    tokens.reveal(Math.min(length - 1, Math.floor(share * length)), true);
  });
  copyOriginalText(tokens, () => view.generation);

  /** The share of the tokens that stand above a height of the window. */
  const share = (height: number): number => {
    const { list, length } = tokens.blocks;
    const block = list[firstBelow(list, height)];
    if (!block) return 1;
    const { top, height: size } = boxOf(block.element);
    const part = Math.max(0, (height - top) / Math.max(1, size));
    return (block.start + part * (block.end - block.start)) / length;
  };

  const view = {
    element: element(
      "section.generation",
      header.element,
      waiting,
      strip.element,
      tokens.element,
      unshown,
      findings.element,
    ),
    tokens,
    /** What is marked among the tokens; they are to be painted again after a change. */
    marks: {} as Marks,
    generation: first,
    /** Tokens before `unchanged` stay as they are. */
    update(
      generation: Generation,
      unchanged: number,
      newLook: Look | undefined,
      sample: string,
      isLive: boolean,
    ): void {
      const { length } = generation;
      const isNewLook = newLook !== look;
      view.generation = generation;
      finder = undefined;
      look = newLook;
      tokens.update(generation, unchanged);
      if (isNewLook) tokens.repaint();
      tokens.element.ariaLabel = sample ? `tokens of sample ${sample}` : "tokens";
      tokens.element.hidden = length === 0;
      waiting.hidden = !isLive || length > 0 || generation.head.unshown !== "";
    },
    drawHead(sample: string): void {
      const { head } = view.generation;
      if (head === shown || !isNew(head, sample)) return;
      shown = head;
      header.update(head, sample);
      unshown.textContent = head.unshown;
      unshown.hidden = !head.unshown;
      findings.update(head.findings);
    },
    /** Where a text stands. */
    find(text: string): Stretch[] {
      finder ??= createFinder(view.generation);
      return finder(text);
    },
    drawStrip(number: number, theme: string, width: number): void {
      strip.draw(look?.color.overviews[number], look?.color.metric.label ?? "", theme, width);
    },
    /** Fills what is near the reader's eye; returns whether it all is. */
    showWindow(isInView: boolean): boolean {
      const isDone = showWindow(tokens, isInView);
      if (isInView && !strip.element.hidden) strip.mark(share(0), share(innerHeight));
      return isDone;
    },
  };
  return view;
}
