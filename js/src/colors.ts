import { parseHex, type Shade, shades } from "./color.ts";
import type { Generation } from "./generation.ts";
import { type Look, Shown } from "./look.ts";
import type { Store } from "./store.ts";
import { detectTheme, type Theme } from "./theme.ts";

const INK: Record<Theme, string> = { light: "#1f1f1f", dark: "#ececec" };

/** Which metrics are shown, and in which colours. */
export class Colors {
  color = "";
  underline = "";
  threshold = 0;
  shades: readonly Shade[] = [];
  #look: Look | undefined;
  #shaded = "";

  /** How tokens are drawn now. */
  get current(): Look | undefined {
    return this.#look;
  }

  /** How tokens are to be drawn; the same object as before where nothing has changed. */
  look({ metrics, generations }: Store, unchanged: readonly number[]): Look | undefined {
    const metric = metrics.find(({ name }) => name === this.color) ?? metrics[0];
    if (!metric) return undefined;
    const second = metrics.find(({ name }) => name === this.underline);
    const before = this.#look;
    const color = Shown.of(metric, generations, before?.color);
    const underline = second && Shown.of(second, generations, before?.underline);
    color.extend(generations, unchanged);
    const isSame =
      before?.color === color &&
      before.underline === underline &&
      before.threshold === this.threshold;
    if (!isSame) this.#look = { color, underline, threshold: this.threshold };
    return this.#look;
  }

  /** Puts the palette of the page's theme where the tokens' colours point to. */
  shade(element: HTMLElement, { palette }: Store): void {
    const theme = detectTheme(element);
    const wanted = JSON.stringify([theme, palette]);
    if (wanted === this.#shaded) return;
    this.#shaded = wanted;
    element.dataset["theme"] = theme;
    const { style } = element;
    style.setProperty("--lpw-gradient", `linear-gradient(to right, ${palette[theme].join(", ")})`);
    this.shades = shades(palette[theme], parseHex(INK[theme]));
    this.shades.forEach(({ background, ink }, step) => {
      style.setProperty(`--lpw-step-${step}`, background);
      style.setProperty(`--lpw-ink-${step}`, ink);
    });
  }
}

/** Whether any value of any metric is known. */
export function isColored({ metrics, generations }: Store): boolean {
  return metrics.some(({ name }) =>
    generations.some((generation: Generation) => Number.isFinite(generation.extremes(name).high)),
  );
}
