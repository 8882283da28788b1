import { bar } from "../card.ts";
import { button, changes, element, unspoken } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { runningNodes } from "../piece.ts";
import type { Answer, Mark } from "./marks.ts";

/** Characters of a text that are shown unasked. */
const LONG = 1200;

export const CHOICES: readonly (readonly [mark: Mark, sign: string, keys: string])[] = [
  ["right", "✓", "1 y"],
  ["wrong", "✗", "2 n"],
  ["unsure", "?", "3 u"],
];

/** One answer with its question, its confidence, and what it can be marked as. */
export function createAnswer(
  { question, text, score }: Answer,
  place: string,
  onMark: ((mark: Mark) => void) | undefined,
) {
  const sure = Number.isFinite(score) ? (score as number) : Number.NaN;
  const buttons = CHOICES.map(([mark, sign, keys]) => {
    const node = button("", `${mark} (${keys.replace(" ", " or ")})`, () => onMark?.(mark));
    node.toggleAttribute("disabled", !onMark);
    node.removeAttribute("aria-label");
    node.append(unspoken("span.sign", sign), ` ${mark}`);
    node.dataset["mark"] = mark;
    return node;
  });
  const box = element(
    "div.answer",
    ...(question ? [long("div.question", question)] : []),
    long("div.said", text || "(no text)"),
    element("div.judging", element("div.choices", ...buttons), confidence(sure)),
  );
  box.role = "group";
  const isNew = changes();
  return {
    element: box,
    update(mark: Mark, isCurrent: boolean): void {
      if (!isNew(mark, isCurrent)) return;
      box.dataset["mark"] = mark;
      box.tabIndex = isCurrent ? 0 : -1;
      box.ariaLabel = mark === "none" ? place : `${place}, ${mark}`;
      for (const node of buttons) {
        node.ariaPressed = String(node.dataset["mark"] === mark);
        node.tabIndex = isCurrent ? 0 : -1;
      }
    },
  };
}

function confidence(score: number): HTMLElement {
  const share = bar(score);
  if (Number.isNaN(score)) share.classList.add("lpw-unknown");
  const number = element("span.number", formatPercent(score));
  return element("div.confidence", element("span.label", "confidence "), share, number);
}

/** A text of which the rest is shown when asked for. */
function long(kind: "div.question" | "div.said", text: string): HTMLElement {
  const box = element(kind, ...lines(text.slice(0, LONG)));
  box.dir = "auto";
  if (text.length <= LONG) return box;
  const count = text.length.toLocaleString("en");
  const more = button(`show all ${count} characters`, "", () =>
    box.replaceChildren(...lines(text)),
  );
  more.removeAttribute("aria-label");
  box.append("… ", more);
  return box;
}

function lines(text: string): (Node | string)[] {
  const encoder = new TextEncoder();
  return text.split("\n").flatMap((line, k) => {
    const shown = line ? runningNodes(encoder.encode(line)) : [];
    return k > 0 ? ["\n", ...shown] : shown;
  });
}
