import { parseHex, type Shade, shades } from "./color.ts";
import { changes } from "./dom.ts";
import { type Look, shownAs } from "./look.ts";
import type { Store } from "./store.ts";
import { detectTheme } from "./theme.ts";

const INK = { light: "#1f1f1f", dark: "#ececec" };

/** Which metric is shown, and in which colours. */
export type Colors = ReturnType<typeof createColors>;

export function createColors() {
  const isNew = changes();
  const colors = {
    color: "",
    threshold: 0,
    shades: [] as readonly Shade[],
    /** How tokens are drawn now; the same object as before where nothing has changed. */
    look: undefined as Look | undefined,
    update({ metrics, generations }: Store, unchanged: readonly number[]): void {
      const { look: before, threshold } = colors;
      const metric = metrics.find(({ name }) => name === colors.color) ?? metrics[0];
      colors.look = undefined;
      if (!metric) return;
      const color = shownAs(metric, generations, before?.color);
      color.extend(generations, unchanged);
      const isSame = before?.color === color && before.threshold === threshold;
      colors.look = isSame ? before : { color, threshold };
    },
    /** Puts the palette of the page's theme where the tokens' colours point to. */
    shade(element: HTMLElement, { palette }: Store): void {
      const theme = detectTheme(element);
      if (!isNew(theme, palette)) return;
      const stops = palette[theme];
      const set = (name: string, value: string): void =>
        element.style.setProperty(`--lpw-${name}`, value);
      element.dataset["theme"] = theme;
      set("gradient", `linear-gradient(to right, ${stops.join(", ")})`);
      colors.shades = shades(stops, parseHex(INK[theme]));
      colors.shades.forEach(({ background, ink }, step) => {
        set(`step-${step}`, background);
        set(`ink-${step}`, ink);
      });
    },
  };
  return colors;
}

/** Whether any value of any metric is known. */
export function isColored({ metrics, generations }: Store): boolean {
  return metrics.some(({ name }) =>
    generations.some(({ extremes }) => Number.isFinite(extremes(name).high)),
  );
}
