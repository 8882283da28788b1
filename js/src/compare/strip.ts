import { boxOf, changes, element, on } from "../dom.ts";
import { isDifferent, LEVELS, type Pair } from "./pairs.ts";

const HEIGHT = 32;
const MIDDLE = HEIGHT / 2;
const LARGEST = LEVELS.at(-1) as number;

/** A text against the first: above the line what surprised more, below what surprised less. */
export function createDeltaStrip(go: (share: number) => void) {
  const canvas = element("canvas");
  const strip = element("div.delta", canvas);
  const isNew = changes();
  canvas.role = "img";
  canvas.height = HEIGHT;
  canvas.ariaLabel = "difference in surprisal over the whole text";
  strip.title = "above the line: more surprised than the first text; below: less";
  on(strip, "pointerdown", (event: PointerEvent) => {
    const { left, width } = boxOf(strip);
    go(Math.min(1, Math.max(0, (event.clientX - left) / width)));
    event.preventDefault();
  });
  return {
    element: strip,
    draw(pair: Pair | undefined, length: number, theme: string): void {
      strip.hidden = !pair || length === 0;
      const width = Math.round(strip.clientWidth * devicePixelRatio);
      if (!pair || !width || !isNew(width, theme)) return;
      canvas.width = width;
      const context = canvas.getContext("2d");
      if (context) drawPair(context, pair, width / length);
    },
  };
}

function drawPair(context: CanvasRenderingContext2D, pair: Pair, perToken: number): void {
  const style = getComputedStyle(context.canvas);
  const { width } = context.canvas;
  const bar = (color: string, x: number, y: number, wide: number, high: number): void => {
    context.fillStyle = style.getPropertyValue(`--lpw-${color}`);
    context.fillRect(Math.floor(x), y, Math.max(1, Math.ceil(wide)), high);
  };
  bar("line", 0, MIDDLE, width, 1);
  for (const stretch of pair.stretches) {
    const [start, end] = stretch.tokens[1];
    const [x, wide] = [start * perToken, (end - start) * perToken];
    const { delta } = stretch;
    if (isDifferent(stretch)) bar("mark", x, MIDDLE - 1, wide, 3);
    else if (delta) {
      const high = MIDDLE * Math.sqrt(Math.min(1, Math.abs(delta) / LARGEST));
      bar(delta > 0 ? "more-4" : "less-4", x, delta > 0 ? MIDDLE - high : MIDDLE + 1, wide, high);
    }
  }
  const fork = pair.fork?.[1];
  if (typeof fork === "number") bar("mark", fork * perToken, 0, 2, HEIGHT);
}
