import { luminance } from "./color.ts";
import { atEnd, on } from "./dom.ts";
import { ancestors } from "./scroll.ts";

export type Theme = "light" | "dark";

const DARK = "(prefers-color-scheme: dark)";

/** What a page says about its theme, the surest sign first. */
const RULES: readonly (readonly [
  says: (element: Element) => unknown,
  light: RegExp,
  dark: RegExp,
])[] = [
  [(element) => element.getAttribute("data-jp-theme-light"), /^true$/, /^false$/],
  [
    (element) => `${element.getAttribute("data-vscode-theme-kind")} ${element.classList}`,
    /\bvscode-(high-contrast-)?light\b/,
    /\bvscode-(dark|high-contrast)\b/,
  ],
  [
    (element) => `${element.getAttribute("data-theme")} ${element.classList.contains("dark")}`,
    /^light/,
    /^dark|true$/,
  ],
  [(element) => backgroundTheme(getComputedStyle(element).backgroundColor), /light/, /dark/],
];

export function detectTheme(element: Element): Theme {
  const around = ancestors(element);
  // Notebooks draw outputs before they put them on the page.
  if (!element.isConnected) around.push(document.body, document.documentElement);
  for (const [says, light, dark] of RULES) {
    for (const ancestor of around) {
      const words = String(says(ancestor));
      if (light.test(words)) return "light";
      if (dark.test(words)) return "dark";
    }
  }
  return matchMedia(DARK).matches ? "dark" : "light";
}

/** Calls back whenever the page may have changed its theme. */
export function watchTheme(onChange: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(onChange);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  atEnd(signal, () => observer.disconnect());
  on(matchMedia(DARK), "change", onChange, signal);
}

function backgroundTheme(color: string): Theme | undefined {
  const [red = 0, green = 0, blue, alpha = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  if (blue === undefined || alpha < 0.5) return undefined;
  return luminance([red, green, blue]) < 0.18 ? "dark" : "light";
}
