import { bar, cardContent } from "../card.ts";
import { stepOf } from "../color.ts";
import { element, on } from "../dom.ts";
import { formatNumber, formatPercent } from "../format.ts";
import type { Generation } from "../generation.ts";
import { exactNodes, runningNodes } from "../piece.ts";
import type { Metric } from "../schema.ts";
import type { Row } from "./rows.ts";
import type { Entry, Tree } from "./schema.ts";

/** Tokens of a value that are shown. */
const TOKENS = 200;
const CERTAIN = { certain: 1, uncertain: 0 };

export const CONSTRAINED =
  "constrained: the request restricted what could be said, so a value can be unlikely and still have been the only one possible";

export interface Rows {
  readonly rows: Row[];
  /** The row of each entry. */
  readonly at: number[];
  /** The entry of each row. */
  readonly entryAt: (row: number) => Entry | undefined;
}

/** The lines of a tree: its entries, and the possible values of those that have few. */
export function rowsOf(tree: Tree, generation: Generation, metrics: readonly Metric[]): Rows {
  const rows: Row[] = [];
  const at: number[] = [];
  const entries: (Entry | undefined)[] = [];
  for (const entry of tree.entries ?? []) {
    at.push(rows.length);
    rows.push(rowOf(entry, tree, generation, metrics));
    rows.push(...choices(entry));
    entries.push(entry);
    entries.length = rows.length;
  }
  return { rows, at, entryAt: (row) => entries[row] };
}

export function probabilityOf({ logprob }: Entry): number {
  return typeof logprob === "number" ? Math.exp(logprob) : Number.NaN;
}

/** A text with everything in it visible. */
export function textNodes(text: string): (Node | string)[] {
  return text ? runningNodes(new TextEncoder().encode(text)) : [];
}

function rowOf(entry: Entry, tree: Tree, generation: Generation, metrics: readonly Metric[]): Row {
  const isValue = (entry.stop ?? -1) >= 0;
  const row = {
    depth: entry.depth,
    name: nameOf(entry, generation),
    cells: () => [label(entry), ...figures(entry, generation)],
  };
  return isValue ? { ...row, detail: () => detail(entry, tree, generation, metrics) } : row;
}

function nameOf(entry: Entry, generation: Generation): string {
  const { key, size = 0, text = "", weakest = -1 } = entry;
  const inside = size ? `${entry.type} of ${size}, least likely value` : text;
  const sure = entry.problem === "missing" ? "" : formatPercent(probabilityOf(entry));
  const least = isLong(entry) ? `least likely token ${textAt(generation, weakest)}` : "";
  const words = [[key ?? "value", inside].join(": "), sure, least, ...notesOf(entry)];
  return words.filter(Boolean).join(", ");
}

function textAt(generation: Generation, index: number): string {
  return new TextDecoder().decode(generation.bytes(index));
}

/** Whether a value has several tokens, one of them known to be the least likely. */
function isLong({ start = -1, stop = -1, weakest = -1 }: Entry): boolean {
  return weakest >= 0 && stop - start > 1;
}

/** What is to be said of an entry beside its value. */
function notesOf({ problem, repeats = 1, last = true, forced }: Entry): string[] {
  const notes = problem ? [problem] : [];
  if (repeats > 1) {
    notes.push(`key comes ${repeats} times, ${last ? "the last" : "a later one"} counts`);
  }
  if (forced) notes.push("forced");
  return notes;
}

function label(entry: Entry): HTMLElement {
  const { key, size = 0, type, text = "" } = entry;
  const box = element("span.name");
  if (key !== null) {
    const isWord = typeof key === "number" || /^[\p{L}\p{N}_-]+$/u.test(key);
    const name = element("code.key", ...textNodes(isWord ? String(key) : JSON.stringify(key)));
    box.append(name, element("span.colon", ":"));
  }
  const brackets = type === "array" ? "[]" : "{}";
  const value = size
    ? element("code.size", `${brackets[0]} ${size.toLocaleString("en")} ${brackets[1]}`)
    : element("code.json", ...textNodes(text));
  value.dir = "auto";
  if (size || text) box.append(value);
  for (const note of notesOf(entry)) {
    const flag = element("span.flag", ...textNodes(note));
    flag.title = note;
    flag.dataset["tone"] = note === entry.problem ? "warning" : "";
    box.append(flag);
  }
  return box;
}

/** Bar, number, and the least likely token; of a container those of its least likely value. */
function figures(entry: Entry, generation: Generation): HTMLElement[] {
  if (entry.problem === "missing") return [];
  const probability = probabilityOf(entry);
  const cells = sure(probability);
  const weak = element("span.weak");
  if (entry.size) weak.append("least likely in it");
  if (isLong(entry)) {
    const index = entry.weakest as number;
    weak.append(
      "weakest ",
      element("code", ...exactNodes(generation.bytes(index))),
      ` ${formatPercent(Math.exp(generation.logprob(index)))}`,
    );
  }
  cells.push(weak);
  if (entry.size) for (const cell of cells) cell.classList.add("lpw-inside");
  return cells;
}

function sure(probability: number): HTMLElement[] {
  const share = bar(Math.min(1, probability));
  if (Number.isNaN(probability)) share.classList.add("lpw-unknown");
  return [share, element("span.number", formatPercent(probability))];
}

function choices({ depth, text, distribution = [], unattributed }: Entry): Row[] {
  const rows = distribution.map(([value, probability]) =>
    choice(depth + 1, value, probability, value === text ? "sampled" : "other"),
  );
  if (rows.length > 0 && typeof unattributed === "number") {
    rows.push(choice(depth + 1, "not attributed", unattributed, "unseen"));
  }
  return rows;
}

function choice(
  depth: number,
  value: string,
  probability: number,
  kind: "sampled" | "other" | "unseen",
): Row {
  const said = kind === "sampled" ? ", sampled" : "";
  return {
    depth,
    name: `${value}, ${formatPercent(probability)}${said}`,
    cells: () => {
      const text = element(kind === "unseen" ? "span" : "code", ...textNodes(value));
      const name = element(`span.name.choice-name.${kind}`, text);
      const cells = [name, ...sure(probability)];
      if (kind === "unseen") for (const cell of cells) cell.classList.add("lpw-unseen");
      return cells;
    },
  };
}

function detail(
  entry: Entry,
  { constrained }: Tree,
  generation: Generation,
  metrics: readonly Metric[],
): HTMLElement[] {
  const { start = 0, stop = 0, logprob } = entry;
  const count = stop - start;
  const nats = typeof logprob === "number" ? [`${formatNumber(logprob)} nats`] : [];
  const said = [entry.type ?? "", ...nats, `${count} ${count === 1 ? "token" : "tokens"}`];
  const notes = [...notesOf(entry), ...(constrained ? [CONSTRAINED] : [])];
  return [
    element(
      "div.detail-facts",
      element("code.path", ...textNodes(entry.path)),
      ...said.map((fact) => element("span", fact)),
    ),
    ...tokens(entry, generation, metrics),
    ...notes.map((note) => element("p.card-note", ...textNodes(note))),
  ];
}

/** The tokens of a value, and all about the one that was pressed: at first where it was decided. */
function tokens(
  { start = 0, stop = 0, weakest, decided = -1 }: Entry,
  generation: Generation,
  metrics: readonly Metric[],
): HTMLElement[] {
  const card = element("div.about");
  const line = element("div.pieces");
  const show = (index: number): void => {
    for (const piece of line.querySelectorAll("button")) {
      piece.ariaPressed = String(Number(piece.dataset["token"]) === index);
    }
    card.replaceChildren(...cardContent(generation, index, metrics));
  };
  const end = Math.min(stop, start + TOKENS);
  for (let index = start; index < end; index++) {
    line.append(piece(generation, index, index === weakest));
  }
  if (end < stop) line.append(` and ${stop - end} more tokens`);
  on(line, "click", ({ target }) => {
    const pressed = (target as Element).closest<HTMLElement>("button");
    if (pressed) show(Number(pressed.dataset["token"]));
  });
  show(decided >= 0 ? decided : start);
  return [line, card];
}

function piece(generation: Generation, index: number, isWeakest: boolean): HTMLElement {
  const probability = Math.exp(generation.logprob(index));
  const step = stepOf(probability, CERTAIN);
  const node = element("button.piece", ...exactNodes(generation.bytes(index)));
  node.dataset["token"] = String(index);
  node.title = formatPercent(probability) + (isWeakest ? ", the least likely token" : "");
  if (isWeakest) node.classList.add("lpw-weakest");
  if (step > 0) {
    node.style.backgroundColor = `var(--lpw-step-${step})`;
    node.style.color = "var(--lpw-on-step)";
  }
  return node;
}
