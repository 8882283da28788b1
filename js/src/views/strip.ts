import { NO_STEP, STEPS } from "../color.ts";
import { element } from "../dom.ts";
import type { Overview } from "../overview.ts";

/** Shorter texts can be seen at once. */
const WORTH = 200;
const HEIGHT = 24;

/** The whole text as one strip: where the model hesitated, and what is in view. */
export class StripView {
  readonly element = element("div", "lpw-strip");
  readonly #canvas = element("canvas", "");
  readonly #window = element("div", "lpw-strip-window");
  #drawn = "";
  #length = 0;

  /** `go` is called with the share of the text that was pointed at. */
  constructor(go: (share: number) => void, signal: AbortSignal) {
    this.#canvas.role = "img";
    this.#canvas.height = HEIGHT;
    this.element.append(this.#canvas, this.#window);
    const onPointer = (event: PointerEvent): void => {
      if (event.type === "pointermove" && event.buttons !== 1) return;
      if (event.type === "pointerdown") this.element.setPointerCapture?.(event.pointerId);
      const { left, width } = this.element.getBoundingClientRect();
      go(Math.min(1, Math.max(0, (event.clientX - left) / width)));
      event.preventDefault();
    };
    this.element.addEventListener("pointerdown", onPointer, { signal });
    this.element.addEventListener("pointermove", onPointer, { signal });
  }

  /** Draws the columns that a screen of this width has. */
  draw(overview: Overview | undefined, label: string, colors: readonly string[]): void {
    this.element.hidden = !overview || overview.length < WORTH;
    if (!overview || this.element.hidden) return;
    const width = Math.round(this.element.clientWidth * devicePixelRatio);
    const isGrown = overview.length > 1.02 * this.#length || overview.length < this.#length;
    const wanted = JSON.stringify([label, width, colors]);
    if ((wanted === this.#drawn && !isGrown) || width === 0) return;
    this.#drawn = wanted;
    this.#length = overview.length;
    this.#canvas.ariaLabel = `${label} over the whole text`;
    this.#canvas.width = width;
    const context = this.#canvas.getContext("2d");
    for (let x = 0; context && x < width; x++) {
      const step = overview.most(x / width, (x + 1) / width);
      if (step === NO_STEP) continue;
      const height = Math.max(1, (HEIGHT * step) / (STEPS - 1));
      context.fillStyle = colors[step] ?? "";
      context.fillRect(x, HEIGHT - height, 1, height);
    }
  }

  /** Marks what is in view. */
  mark(from: number, to: number): void {
    const { style } = this.#window;
    style.left = `${100 * from}%`;
    style.width = `${100 * (to - from)}%`;
  }
}
