import { luminance, type Rgb } from "./color.ts";
import { parentOf } from "./scroll.ts";

export type Theme = "light" | "dark";

type Rule = (element: Element) => Theme | undefined;

/** What a page says about its theme, the surest sign first. */
const RULES: readonly Rule[] = [
  (element) => named(element.getAttribute("data-jp-theme-light"), { dark: "false", light: "true" }),
  (element) =>
    vscodeTheme(`${element.getAttribute("data-vscode-theme-kind")} ${element.classList}`),
  (element) => named(element.getAttribute("data-theme"), { dark: "dark", light: "light" }),
  (element) => (element.classList.contains("dark") ? "dark" : undefined),
  (element) => backgroundTheme(getComputedStyle(element).backgroundColor),
];

export function detectTheme(element: Element): Theme {
  for (const rule of RULES) {
    for (const ancestor of ancestors(element)) {
      const theme = rule(ancestor);
      if (theme) return theme;
    }
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Calls back whenever the page may have changed its theme. */
export function watchTheme(onChange: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(onChange);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange, { signal });
}

function* ancestors(element: Element): Generator<Element> {
  for (let at: Node | null = element.parentNode; at; at = parentOf(at)) {
    if (at instanceof Element) yield at;
  }
  // Notebooks draw outputs before they put them on the page.
  if (!element.isConnected) yield* [document.body, document.documentElement];
}

function named(value: string | null, names: Record<Theme, string>): Theme | undefined {
  if (value === names.dark) return "dark";
  return value === names.light ? "light" : undefined;
}

function vscodeTheme(names: string): Theme | undefined {
  if (/\bvscode-(high-contrast-)?light\b/.test(names)) return "light";
  return /\bvscode-(dark|high-contrast)\b/.test(names) ? "dark" : undefined;
}

function backgroundTheme(color: string): Theme | undefined {
  const [red, green, blue, alpha] = (color.match(/[\d.]+/g) ?? []).map(Number);
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  if (alpha !== undefined && alpha < 0.5) return undefined;
  const background: Rgb = [red, green, blue];
  return luminance(background) < 0.18 ? "dark" : "light";
}
