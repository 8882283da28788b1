import { copyOriginalText } from "../clipboard.ts";
import { element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { type Look, type Marks, paintToken } from "../look.ts";
import type { Stretch as Range } from "../spans.ts";
import { spansOf } from "../spans.ts";
import { createFindings } from "../views/findings.ts";
import { createHeader } from "../views/header.ts";
import { createTokens } from "../views/tokens.ts";
import type { Pair } from "./pairs.ts";
import { createDeltaStrip } from "./strip.ts";

/** One text: who said it, how it stands to the first, its tokens. */
export type Column = ReturnType<typeof createColumn>;

export function createColumn(
  generation: Generation,
  pair: Pair | undefined,
  name: string,
  summary: string,
) {
  const header = createHeader();
  const findings = createFindings();
  let look: Look | undefined;
  const tokens = createTokens((span, index) =>
    paintToken(span, index, generation, look, column.marks),
  );
  const strip = createDeltaStrip((share) => {
    tokens.reveal(Math.min(tokens.length - 1, Math.floor(share * tokens.length)), true);
  });
  copyOriginalText(tokens, () => generation);
  header.update(generation.head, name);
  tokens.element.ariaLabel = `tokens of ${name}`;
  tokens.update(generation, 0);
  findings.update(generation.head.findings);

  const column = {
    element: element(
      "section.column",
      element("div", header.element, element("p.summary", summary)),
      element("div", strip.element),
      tokens.element,
      findings.element,
    ),
    name,
    generation,
    tokens,
    marks: {} as Marks,
    draw(now: Look | undefined, theme: string): void {
      if (now !== look) {
        look = now;
        tokens.repaint();
      }
      strip.draw(pair, generation.length, theme);
    },
    /** Shows which tokens stand where the one is that the reader looks at. */
    link(range: Range): void {
      const hovered = spansOf([range]);
      const before = column.marks["hovered"]?.stretches ?? [];
      column.marks = { ...column.marks, hovered };
      for (const [start, end] of [...before, ...hovered.stretches]) {
        for (let index = start; index < end; index++) tokens.repaintAt(index);
      }
    },
  };
  return column;
}
