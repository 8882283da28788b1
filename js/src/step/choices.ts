import { bar } from "../card.ts";
import { element, focusedBeside, on } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { exactNodes } from "../piece.ts";
import { bytesOf, type Guess, type Listed, type Piece, shareOf } from "./state.ts";

type Pick = (rank: number) => void;

/**
 * What could come next, most likely first, on one scale; or what a guess was up against, and
 * without anybody to pick, what came.
 */
export function createChoices(onPick: Pick | null) {
  const rows = element("div.choices");
  let buttons: HTMLElement[] = [];
  let current = 0;
  rows.role = "group";

  const focus = (index: number): void => {
    if (buttons.length === 0) return;
    current = Math.min(Math.max(0, index), buttons.length - 1);
    buttons.forEach((node, k) => {
      node.tabIndex = k === current ? 0 : -1;
    });
    buttons[current]?.focus({ preventScroll: true });
    buttons[current]?.scrollIntoView?.({ block: "nearest" });
  };
  on(rows, "focusin", ({ target }) => {
    const index = buttons.indexOf(target as HTMLElement);
    if (index >= 0) current = index;
  });
  return {
    element: rows,
    focus,
    get count() {
      return buttons.length;
    },
    /** Moves from choice to choice; says whether that is what a key does. */
    move(key: string): boolean {
      const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: buttons.length - 1 };
      const inside = rows.contains(focusedBeside(rows));
      const index = to[key as keyof typeof to];
      if (index === undefined || (!inside && key !== "ArrowDown")) return false;
      focus(inside ? index : 0);
      return true;
    },
    update(listed: Listed | null, guess: Guess | null, came = guess?.came_rank ?? 0): void {
      const hadFocus = rows.contains(focusedBeside(rows));
      buttons = [];
      const drawn = (listed?.token ?? []).map((piece, place) => {
        const marks = [
          ...(guess?.rank === place + 1 ? ["your guess"] : []),
          ...(came === place + 1 ? ["came"] : []),
        ];
        const row = drawRow(listed as Listed, piece, place, guess ? null : onPick, marks);
        if (row instanceof HTMLButtonElement) buttons.push(row);
        return row;
      });
      if (listed && drawn.length > 0) {
        if (guess) drawn.push(...unlisted(guess));
        drawn.push(rest(listed.unseen, guess !== null || !onPick));
      }
      const isOver = guess !== null || !onPick;
      rows.ariaLabel = isOver ? "what could have come" : "candidates of the next token";
      rows.replaceChildren(...drawn);
      buttons.forEach((node, k) => {
        node.tabIndex = k === 0 ? 0 : -1;
      });
      current = 0;
      if (hadFocus) focus(0);
    },
  };
}

function drawRow(
  listed: Listed,
  piece: Piece,
  place: number,
  onPick: Pick | null,
  marks: readonly string[],
): HTMLElement {
  const share = shareOf(listed.probability[place]);
  const isEnd = listed.end.includes(place);
  const token = isEnd ? [element("em", "end of text")] : exactNodes(bytesOf(piece));
  const cells = [
    element("span.rank", String(place + 1)),
    element("code", ...token),
    bar(share),
    element("span.number", formatPercent(share)),
  ];
  if (!onPick) return marked(cells, marks);
  const row = element("button.choice", ...cells);
  row.onclick = () => onPick(place + 1);
  return row;
}

function marked(cells: readonly HTMLElement[], marks: readonly string[]): HTMLElement {
  const row = element("div.choice", ...cells, element("span.marks", marks.join(" · ")));
  row.classList.toggle("lpw-guessed", marks.includes("your guess"));
  row.classList.toggle("lpw-came", marks.includes("came"));
  return row;
}

/** What was guessed, or came, from outside the list. */
function unlisted({ guess, bits, at_least, came, came_bits, ...ranks }: Guess): HTMLElement[] {
  const isGuess = ranks.rank === 0;
  const hasCome = ranks.came_rank === 0;
  const row = (text: string, cost: number | null, marks: readonly string[]): HTMLElement => {
    const share = cost === null ? Number.NaN : 2 ** -cost;
    const cells = [
      element("span.rank", "–"),
      element("code", ...exactNodes(bytesOf(text))),
      bar(share),
      element("span.number", formatPercent(share)),
    ];
    return marked(cells, marks);
  };
  const known = at_least ? null : bits;
  if (isGuess && hasCome && ranks.right) return [row(guess, known, ["your guess", "came"])];
  return [
    ...(hasCome ? [row(came, came_bits, ["came"])] : []),
    ...(isGuess ? [row(guess, known, ["your guess"])] : []),
  ];
}

function rest(unseen: number, isMarked: boolean): HTMLElement {
  const row = element(
    "div.choice.unseen",
    element("span.rank", ""),
    element("span", "not listed"),
    bar(unseen),
    element("span.number", formatPercent(unseen)),
    ...(isMarked ? [element("span.marks")] : []),
  );
  row.title = "the probability of all other tokens together";
  return row;
}
