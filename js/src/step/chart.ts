import { formatBits, type Logged } from "./state.ts";

const MOST = 40;
const STEP = 14;
const BAR = 5;
const HEIGHT = 64;
const LEFT = 26;
const TOP = 12;

/** Bits that the axis goes up to: at least 4, and even. */
export function reach(log: readonly Logged[]): number {
  const known = log.flatMap(([bits, came]) => [bits ?? 0, came ?? 0]);
  return Math.max(4, 2 * Math.ceil(Math.max(0, ...known) / 2));
}

/** What each guess cost beside what came: a pair of bars a guess, the newest ones. */
export function drawChart(log: readonly Logged[]): SVGElement {
  const shown = log.slice(-MOST);
  const top = reach(shown);
  const width = LEFT + Math.max(8, shown.length) * STEP + 4;
  const y = (bits: number): number => TOP + HEIGHT * (1 - bits / top);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${TOP + HEIGHT + 6}`, width });
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", sentence(shown));
  for (const bits of [0, top / 2, top]) {
    const line = { class: "lpw-grid", x1: LEFT, x2: width - 4, y1: y(bits), y2: y(bits) };
    const label = draw("text", { x: LEFT - 4, y: y(bits) + 3, "text-anchor": "end" });
    label.textContent = String(bits);
    svg.append(draw("line", line), label);
  }
  shown.forEach(([bits, came, atLeast, isRight], k) => {
    const x = LEFT + k * STEP + 1;
    const group = draw("g", {});
    const title = draw("title", {});
    title.textContent = describe([bits, came, atLeast, isRight]);
    group.append(title);
    for (const [value, kind, shift] of [
      [bits, "lpw-mine", 0],
      [came, "lpw-theirs", BAR + 1],
    ] as const) {
      if (value === null) continue;
      const height = Math.max(1, y(0) - y(value));
      group.append(
        draw("rect", { class: kind, x: x + shift, y: y(0) - height, width: BAR, height }),
      );
    }
    if (atLeast) group.append(arrow(x + BAR / 2, y(bits ?? top)));
    svg.append(group);
  });
  return svg;
}

function describe([bits, came, atLeast, isRight]: Logged): string {
  const sign = atLeast ? "at least " : "";
  return `your guess ${sign}${formatBits(bits)}, what came ${formatBits(came)}${isRight ? ", right" : ""}`;
}

function sentence(log: readonly Logged[]): string {
  return `bits of the last ${log.length} guesses; ${log.map(describe).join("; ")}`;
}

/** A bar that may be higher still. */
function arrow(x: number, y: number): SVGElement {
  return draw("path", { class: "lpw-mine", d: `M${x - 3} ${y - 1}h6l-3 -5z` });
}

function draw(kind: string, values: Readonly<Record<string, string | number>>): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, String(value));
  return node;
}
