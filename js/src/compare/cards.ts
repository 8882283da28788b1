import { cardContent } from "../card.ts";
import { element } from "../dom.ts";
import { formatNumber, UNKNOWN } from "../format.ts";
import type { Generation } from "../generation.ts";
import type { Metric } from "../schema.ts";
import type { Link } from "./linking.ts";
import type { Stretch } from "./pairs.ts";

/** Cards of one text; what is beyond is counted. */
const MOST = 3;

/** One text's part of what is shown of a place. */
export interface Entry {
  readonly name: string;
  readonly generation: Generation;
  readonly link: Link;
  readonly isHere: boolean;
  /** How it stands to the first text; the first has none. */
  readonly stretch: Stretch | undefined;
}

/** The cards of all texts at one place, side by side. */
export function linkedCards(entries: readonly Entry[], metrics: readonly Metric[]): Node[] {
  return [element("div.linked", ...entries.map((entry) => section(entry, metrics)))];
}

function section(entry: Entry, metrics: readonly Metric[]): HTMLElement {
  const { name, generation, link, stretch } = entry;
  const [start, end] = link.tokens;
  const shown = Math.min(end, start + MOST);
  const box = element(
    start < end ? "section.linked-text" : "section.linked-text.empty",
    element("p.linked-name", element("b", name), relation(entry)),
  );
  if (stretch) box.append(element("p.linked-change", change(stretch)));
  for (let k = start; k < shown; k++) {
    box.append(element("div.linked-card", ...cardContent(generation, k, metrics)));
  }
  if (shown < end) box.append(element("p.card-note", `and ${end - shown} more tokens`));
  return box;
}

function relation({ link: { tokens, isSame }, isHere }: Entry): string {
  const count = tokens[1] - tokens[0];
  if (isHere) return "";
  if (count === 0) return "nothing stands here for these bytes";
  if (!isSame) return "says this instead";
  return count > 1 ? `the same bytes in ${count} tokens` : "the same bytes";
}

function change({ kind, bits, delta, divergence }: Stretch): string {
  const unit = (value: number, name: string): string =>
    Number.isNaN(value) ? UNKNOWN : `${formatNumber(value)} ${name}`;
  const facts = [`${kind}: ${unit(bits[0], "bits")} → ${unit(bits[1], "bits")}`];
  if (!Number.isNaN(delta)) facts.push(`Δ ${signed(delta)} bits a byte`);
  if (!Number.isNaN(divergence)) {
    facts.push(`distributions ≥ ${formatNumber(divergence)} bits apart`);
  }
  return facts.join(" · ");
}

export function signed(value: number): string {
  return value > 0 ? `+${formatNumber(value)}` : formatNumber(value);
}
