// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import type { Finding } from "../src/schema.ts";
import { model, nextFrame, one, start, tokens, writer } from "./page.ts";

const MERGED = { level: "warning", text: "9 of 24 tokens were reported", detail: "merged" };
const BELOW = { level: "info", text: "below the listed ones", detail: "rank unknown" };
const NOTE = { level: "info", text: "streamed", detail: "" };

const startWith = (...findings: Finding[]): HTMLElement =>
  start([tokens("a")], { live: true, heads: [{ findings }] });
const show = (...findings: Finding[]): void => {
  model.append(writer.append([tokens("b")], { heads: [{ findings }] }));
  nextFrame();
};
const shown = (el: HTMLElement): string | null => one(el, ".lpw-findings").textContent;
const levels = (el: HTMLElement): (string | undefined)[] =>
  [...el.querySelectorAll<HTMLElement>(".lpw-finding")].map(({ dataset }) => dataset["level"]);

describe("findings", () => {
  it("take no place when there are none", () => {
    expect(one(startWith(), ".lpw-findings").childNodes).toHaveLength(0);
  });

  it("are a plain line when there is one, without more to say", () => {
    const el = startWith(NOTE);
    expect(el.querySelector("details")).toBeNull();
    expect(shown(el)).toBe("iinfo: streamed");
  });

  it("show the worst, the number of the others, and all once opened", () => {
    const el = startWith(MERGED, BELOW, NOTE);
    const details = one(el, "details") as HTMLDetailsElement;
    expect(details.open).toBe(false);
    expect(one(el, "summary").textContent).toBe("!warning: 9 of 24 tokens were reported +2 more");
    expect(levels(el)).toEqual(["warning", "info", "info"]);
    one(el, "summary").click();
    expect(details.open).toBe(true);
    const said = [...details.querySelectorAll(".lpw-finding-text, p")];
    expect(said.map(({ textContent }) => textContent)).toEqual([
      ...[MERGED.text, MERGED.detail, BELOW.text, BELOW.detail, NOTE.text],
    ]);
  });

  it("stay open, and in place, while tokens and other findings arrive", () => {
    const el = startWith(MERGED);
    const details = one(el, "details") as HTMLDetailsElement;
    details.open = true;
    show(MERGED);
    expect(one(el, "details")).toBe(details);
    show(MERGED, BELOW);
    expect((one(el, "details") as HTMLDetailsElement).open).toBe(true);
    show();
    expect(shown(el)).toBe("");
  });

  it("are text, whatever they say", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    const el = startWith({ level: "error", text: hostile, detail: hostile }, MERGED);
    expect(el.querySelector("img")).toBeNull();
    expect(one(el, ".lpw-finding-text").textContent).toBe(hostile);
  });

  it("keep Enter and Space from the notebook, and nothing else", () => {
    const el = startWith(MERGED);
    const heard: string[] = [];
    el.addEventListener("keydown", ({ key }) => heard.push(key));
    for (const key of ["Enter", " ", "Escape", "ArrowDown"]) {
      one(el, "summary").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    }
    expect(heard).toEqual(["Escape", "ArrowDown"]);
  });
});
