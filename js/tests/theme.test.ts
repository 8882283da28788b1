// @vitest-environment happy-dom

import { afterEach, describe, expect, it } from "vitest";
import { detectTheme } from "../src/theme.ts";

function themeWithin(set: (body: HTMLElement) => void): string {
  const inner = document.createElement("div");
  document.body.append(inner);
  set(document.body);
  return detectTheme(inner);
}

afterEach(() => {
  document.body.replaceChildren();
  for (const { name } of [...document.body.attributes]) document.body.removeAttribute(name);
});

describe("detectTheme", () => {
  it.each([
    ["JupyterLab dark", "data-jp-theme-light", "false", "dark"],
    ["JupyterLab light", "data-jp-theme-light", "true", "light"],
    ["VS Code dark", "class", "vscode-dark", "dark"],
    ["VS Code light", "data-vscode-theme-kind", "vscode-light", "light"],
    ["VS Code high contrast", "data-vscode-theme-kind", "vscode-high-contrast", "dark"],
    ["VS Code light high contrast", "class", "vscode-high-contrast-light", "light"],
    ["a data-theme", "data-theme", "dark", "dark"],
    ["a dark class", "class", "dark", "dark"],
    ["a dark background", "style", "background-color: rgb(20, 20, 20)", "dark"],
    ["a light background", "style", "background-color: rgb(250, 250, 250)", "light"],
    ["nothing", "class", "", "light"],
  ])("understands %s", (_, name, value, expected) => {
    expect(themeWithin((body) => body.setAttribute(name, value))).toBe(expected);
  });

  it("believes JupyterLab before the background", () => {
    const theme = themeWithin((body) => {
      body.style.backgroundColor = "rgb(255, 255, 255)";
      body.setAttribute("data-jp-theme-light", "false");
    });
    expect(theme).toBe("dark");
  });

  it("takes the page's for what is not on it yet", () => {
    document.body.setAttribute("data-jp-theme-light", "false");
    const output = document.createElement("div");
    const inner = document.createElement("div");
    output.append(inner);
    expect(detectTheme(inner)).toBe("dark");
  });

  it("looks out of a shadow root", () => {
    const theme = themeWithin((body) => body.setAttribute("data-theme", "dark"));
    const host = document.createElement("div");
    const inner = document.createElement("div");
    document.body.append(host);
    host.attachShadow({ mode: "open" }).append(inner);
    expect(detectTheme(inner)).toBe(theme);
  });
});
