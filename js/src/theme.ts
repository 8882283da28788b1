import { atEnd, on } from "./dom.ts";
import { ancestors } from "./scroll.ts";

export type Theme = "light" | "dark";

const DARK = "(prefers-color-scheme: dark)";

/** What pages say of their theme; the nearest that says anything is believed. */
const LIGHT_SIGN = /jp-true|theme-light|vscode-(high-contrast-)?light/;
const DARK_SIGN = /jp-false|theme-dark|vscode-(dark|high-contrast)|(^|\s)dark(\s|$)/;

export function detectTheme(element: Element): Theme {
  const around = ancestors(element);
  // Notebooks draw outputs before they put them on the page.
  if (!element.isConnected) around.push(document.body, document.documentElement);
  return (
    around.map(said).find(Boolean) ??
    around.map(background).find(Boolean) ??
    (matchMedia(DARK).matches ? "dark" : "light")
  );
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

function said(element: Element): Theme | undefined {
  const get = (name: string): string | null => element.getAttribute(`data-${name}`);
  const signs = `jp-${get("jp-theme-light")} theme-${get("theme")} ${get("vscode-theme-kind")}`;
  const words = `${signs} ${element.classList}`;
  if (LIGHT_SIGN.test(words)) return "light";
  return DARK_SIGN.test(words) ? "dark" : undefined;
}

function background(element: Element): Theme | undefined {
  const { backgroundColor } = getComputedStyle(element);
  const [red = 0, green = 0, blue, alpha = 1] = (backgroundColor.match(/[\d.]+/g) ?? []).map(
    Number,
  );
  if (blue === undefined || alpha < 0.5) return undefined;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 118 ? "dark" : "light";
}
