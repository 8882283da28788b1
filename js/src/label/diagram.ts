import { element } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { type Bin, reliability } from "./reliability.ts";

const BINS = 5;
const LEAST = 10;
const SIZE = 150;
const LEFT = 34;
const TOP = 8;
const WIDTH = LEFT + SIZE + 20;
const HEIGHT = TOP + SIZE + 44;

type Values = Readonly<Record<string, string | number>>;

/** The reliability diagram of what is labelled so far, from ten labels on. */
export function createDiagram() {
  const figure = element("figure.diagram");
  return {
    element: figure,
    draw(scores: readonly number[], correct: readonly boolean[]): void {
      const count = scores.length;
      if (count < LEAST) {
        const words = `After ${LEAST} labels: how often answers of a confidence are right.`;
        figure.replaceChildren(element("figcaption", words));
        return;
      }
      const bins = reliability(scores, correct, BINS);
      const mean = scores.reduce((sum, score) => sum + score, 0) / count;
      const right = correct.filter(Boolean).length;
      const said = `${count} labels: ${formatPercent(right / count)} right at a mean confidence of ${formatPercent(mean)}`;
      figure.replaceChildren(picture(bins), element("figcaption", said));
    },
  };
}

function picture(bins: readonly Bin[]): SVGElement {
  const known = bins.filter(({ count }) => count > 0);
  const words = known.map(
    ({ score, accuracy, count }) =>
      `confidence ${formatPercent(score)}: ${formatPercent(accuracy)} of ${count} right`,
  );
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT });
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `reliability diagram; ${words.join("; ")}`);
  svg.append(...frame(), ...bins.flatMap(mark));
  return svg;
}

const x = (share: number): number => LEFT + share * SIZE;
const y = (share: number): number => TOP + (1 - share) * SIZE;

function frame(): SVGElement[] {
  const ticks = [0, 0.5, 1].flatMap((share) => [
    write(`${100 * share} %`, { x: LEFT - 5, y: y(share) + (share && 3), "text-anchor": "end" }),
    write(`${100 * share} %`, { x: x(share), y: y(0) + 13, "text-anchor": "middle" }),
  ]);
  return [
    draw("rect", { class: "lpw-ground", x: x(0), y: y(1), width: SIZE, height: SIZE }),
    draw("line", { class: "lpw-ideal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    ...ticks,
    write("confidence", { x: x(0.5), y: y(0) + 40, "text-anchor": "middle" }),
    write("right", { x: x(0) + 4, y: y(1) + 11 }),
    write("n =", { x: LEFT - 5, y: y(0) + 26, "text-anchor": "end" }),
  ];
}

function mark({ lower, upper, count, score, accuracy, low, high }: Bin): SVGElement[] {
  const middle = (lower + upper) / 2;
  const number = write(String(count), { x: x(middle), y: y(0) + 26, "text-anchor": "middle" });
  if (count === 0) return [number];
  const at = x(score);
  const group = draw("g", {});
  const title = draw("title", {});
  title.textContent = `confidence ${formatPercent(score)}, right ${formatPercent(accuracy)} of ${count}, 95 % interval ${formatPercent(low)} to ${formatPercent(high)}`;
  group.append(
    title,
    draw("line", { class: "lpw-interval", x1: at, y1: y(low), x2: at, y2: y(high) }),
    draw("circle", { class: "lpw-dot", cx: at, cy: y(accuracy), r: 4 }),
  );
  return [group, number];
}

function write(text: string, values: Values): SVGElement {
  const node = draw("text", values);
  node.textContent = text;
  return node;
}

function draw(kind: string, values: Values): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, String(value));
  return node;
}
