import { STEPS } from "../color.ts";
import { boxOf, changes, element, on } from "../dom.ts";
import type { Overview } from "../overview.ts";

/** Shorter texts can be seen at once. */
const WORTH = 200;
const HEIGHT = 24;

/** The whole text as one strip: where the model hesitated, and what is in view. */
export function createStrip(go: (share: number) => void) {
  const canvas = element("canvas");
  const inView = element("div.strip-window");
  const strip = element("div.strip", canvas, inView);
  const isNew = changes();
  let length = 0;
  canvas.role = "img";
  canvas.height = HEIGHT;
  on(strip, "pointerdown pointermove", (event: PointerEvent) => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    if (event.type === "pointerdown") strip.setPointerCapture?.(event.pointerId);
    const { left, width } = boxOf(strip);
    go(Math.min(1, Math.max(0, (event.clientX - left) / width)));
    event.preventDefault();
  });
  return {
    element: strip,
    /** Draws the columns that a screen of this width has. */
    draw(overview: Overview | undefined, label: string, theme: string, pixels: number): void {
      strip.hidden = !(overview && overview.length >= WORTH);
      if (!overview || strip.hidden) return;
      const width = Math.round(pixels * devicePixelRatio);
      const isGrown = overview.length > 1.02 * length || overview.length < length;
      if (!width || !(isNew(label, width, theme) || isGrown)) return;
      length = overview.length;
      canvas.ariaLabel = `${label} over the whole text`;
      canvas.width = width;
      drawColumns(canvas, overview);
    },
    /** Marks what is in view. */
    mark(from: number, to: number): void {
      inView.style.left = `${100 * from}%`;
      inView.style.width = `${100 * (to - from)}%`;
    },
  };
}

/** Colour by colour: to change it costs more than to draw. */
function drawColumns(canvas: HTMLCanvasElement, overview: Overview): void {
  const { width } = canvas;
  const columns = Array.from({ length: STEPS }, (): number[] => []);
  for (let x = 0; x < width; x++) columns[overview.most(x / width, (x + 1) / width)]?.push(x);
  const style = getComputedStyle(canvas);
  const context = canvas.getContext("2d");
  columns.forEach((all, step) => {
    if (!context || !all.length) return;
    const height = Math.max(1, (HEIGHT * step) / (STEPS - 1));
    context.fillStyle = style.getPropertyValue(`--lpw-step-${step}`);
    for (const x of all) context.fillRect(x, HEIGHT - height, 1, height);
  });
}
