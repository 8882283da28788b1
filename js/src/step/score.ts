import { changes, element, labelled } from "../dom.ts";
import { exactNodes } from "../piece.ts";
import { drawChart } from "./chart.ts";
import { bytesOf, formatBits, type Guess, type Score, type State } from "./state.ts";

/** What the last guess cost, what came, and how all guesses did. */
export function createScore() {
  const result = element("div.result");
  const facts = element("div.facts");
  const figure = element("figure.chart");
  const box = element("div.score", result, facts, figure);
  const isNews = changes();
  return {
    element: box,
    update({ guess, score, log }: State, isTeaching: boolean): void {
      box.hidden = !isTeaching || score.guesses === 0;
      result.hidden = guess === null;
      if (!isNews(guess, score, log.length)) return;
      if (guess) result.replaceChildren(...sentences(guess));
      facts.replaceChildren(...figures(score));
      const caption = element(
        "figcaption",
        element("span.key.key-mine", "your guesses"),
        element("span.key", "what came"),
        "bits each",
      );
      figure.replaceChildren(drawChart(log), caption);
    },
  };
}

/** What a guess scored, in words. */
export function verdict({ right, rank, bits, at_least, regret }: Guess): string {
  const cost = `${at_least ? "at least " : ""}${formatBits(bits)}`;
  if (right) return rank === 1 ? `right, and the likeliest: ${cost}` : `right: ${cost}`;
  if (rank === 1) return `not what came, but the likeliest: ${cost}`;
  const more = regret === null ? "" : `, ${formatBits(regret)} above the likeliest`;
  return `not what came: ${cost}${more}`;
}

function sentences(guess: Guess): Node[] {
  const { entropy_low: low, entropy_high: high } = guess;
  const open = low === null || high === null ? "unknown" : interval(low, high);
  return [
    element("div.line", "You guessed ", token(guess.guess), `: ${verdict(guess)}.`),
    element(
      "div.line",
      "What came was ",
      token(guess.came),
      `: ${formatBits(guess.came_bits)}. The model expected ${open} here (its entropy).`,
    ),
  ];
}

function interval(low: number, high: number): string {
  const [a, b] = [low.toPrecision(2), high.toPrecision(2)];
  return a === b ? `${a} bits` : `${a} to ${b} bits`;
}

function token(text: string): HTMLElement {
  return element("code", ...exactNodes(bytesOf(text)));
}

function figures({ guesses, right, bits, at_least, came_bits, ...more }: Score): HTMLElement[] {
  const sign = at_least ? "≥ " : "";
  const { entropy_low: low, entropy_high: high } = more;
  const open = low === null || high === null ? "unknown" : interval(low, high);
  return [
    labelled("right", `${right} of ${guesses}`),
    labelled("your guesses", `${sign}${formatBits(bits)}`, "mean of −log₂ p(guess)"),
    labelled("what came", formatBits(came_bits), "mean of −log₂ p(what came)"),
    labelled("entropy", open, "means of its lower and its upper bound"),
  ];
}
