// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry, Tree } from "../src/fields/schema.ts";
import fields from "../src/fields.ts";
import { FakeModel, FrameWriter, type TokenSpec } from "./support.ts";

const p = Math.log;
const TOKENS: TokenSpec[] = [
  { text: '{"item":', logprob: 0 },
  { text: ' "blue', logprob: p(0.5), alternatives: [[' "red', p(0.25)]] },
  { text: ' lamp"', logprob: p(0.9) },
  { text: ', "ok":', logprob: 0 },
  { text: " true", logprob: p(0.7), chosen: 0, alternatives: [[" true", p(0.7)]] },
];
const ITEM: Entry = {
  ...{ depth: 0, key: "item", path: "$.item", type: "string", text: '"blue lamp"' },
  ...{ logprob: p(0.45), start: 1, stop: 3, weakest: 1, decided: 1 },
};
const OK: Entry = {
  ...{ depth: 0, key: "ok", path: "$.ok", type: "boolean", text: "true" },
  ...{ logprob: p(0.7), start: 4, stop: 5, weakest: 4, decided: 4, unattributed: 0.1 },
  distribution: [
    ["true", 0.7],
    ["false", 0.2],
  ],
};
const BOX: Entry = {
  depth: 0,
  key: "box",
  path: "$.box",
  type: "object",
  size: 1,
  logprob: p(0.3),
};
const INNER: Entry = { ...ITEM, depth: 1, key: "in", path: "$.box.in", logprob: p(0.3) };

let controller: AbortController;
let model: FakeModel;

function show(tree: Tree | readonly Tree[], tokens = TOKENS): HTMLElement {
  const trees = Array.isArray(tree) ? tree : [tree];
  const frame = new DataView(new FrameWriter().keyframe(trees.map(() => tokens)));
  model = new FakeModel({ frame, trees, selection: [] });
  const el = document.createElement("div");
  document.body.append(el);
  fields.render({ model, el, signal: controller.signal } as never);
  return el;
}

const items = (el: HTMLElement): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(".lpw-item"),
];
const item = (el: HTMLElement, index: number): HTMLElement => items(el)[index] as HTMLElement;
const names = (el: HTMLElement): (string | null)[] =>
  items(el).map((one) => one.querySelector(".lpw-name")?.textContent ?? "");
const text = (el: Element, selector: string): string =>
  el.querySelector(selector)?.textContent ?? "";
const press = (key: string): void => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  document.activeElement?.dispatchEvent(event);
};
const click = (node: Element | null): void => (node as HTMLElement).click();
const focused = (): string | null => document.activeElement?.ariaLabel ?? null;

beforeEach(() => {
  controller = new AbortController();
});
afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
});

describe("the tree of fields", () => {
  it("has a line a value with bar, number and the least likely token", () => {
    const el = show({ entries: [ITEM, OK], least: 0 });
    expect(names(el)).toEqual(['item:"blue lamp"', "ok:true", "true", "false", "not attributed"]);
    const line = item(el, 0);
    expect(text(line, ".lpw-number")).toBe("45.0 %");
    expect(text(line, ".lpw-weak")).toBe('weakest ·"blue 50.0 %');
    const fill = line.querySelector<HTMLElement>(".lpw-bar-fill");
    expect(Math.round(Number.parseFloat(fill?.style.width ?? ""))).toBe(45);
    expect(text(el, ".lpw-jump")).toBe("least likely: $.item 45.0 %");
  });

  it("lists possible values, marks the sampled one and says what has no value", () => {
    const el = show({ entries: [OK] });
    const kinds = [...el.querySelectorAll(".lpw-choice-name")].map(({ className }) => className);
    expect(kinds.map((name) => name.split("lpw-").at(-1))).toEqual(["sampled", "other", "unseen"]);
    expect(items(el).map((one) => text(one, ".lpw-number"))).toEqual([
      "70.0 %",
      "70.0 %",
      "20.0 %",
      "10.0 %",
    ]);
  });

  it("tells levels, places and folds to those who listen", () => {
    const el = show({ entries: [BOX, INNER, OK] });
    const said = items(el).map(({ role, ariaLevel, ariaPosInSet, ariaSetSize, ariaExpanded }) =>
      [role, ariaLevel, ariaPosInSet, ariaSetSize, ariaExpanded].join(" "),
    );
    expect(said).toEqual([
      "treeitem 1 1 2 true",
      "treeitem 2 1 1 ",
      "treeitem 1 2 2 true",
      "treeitem 2 1 3 ",
      "treeitem 2 2 3 ",
      "treeitem 2 3 3 ",
    ]);
    expect(item(el, 0).ariaLabel).toBe("box: object of 1, least likely value, 30.0 %");
    expect(item(el, 1).ariaLabel).toBe('in: "blue lamp", 30.0 %, least likely token  "blue');
  });

  it("moves, folds and opens by the keys of a tree", () => {
    const el = show({ entries: [BOX, INNER, ITEM] });
    item(el, 0).focus();
    press("ArrowRight");
    expect(focused()).toContain("in:");
    press("ArrowLeft");
    expect(focused()).toContain("box:");
    press("ArrowLeft");
    expect(names(el)).toEqual(["box:{ 1 }", 'item:"blue lamp"']);
    expect(item(el, 0).ariaExpanded).toBe("false");
    press("ArrowDown");
    expect(focused()).toContain("item:");
    press("Enter");
    expect(item(el, 1).querySelector(".lpw-detail")).not.toBeNull();
    press("Escape");
    expect(el.querySelector(".lpw-detail")).toBeNull();
    press("Home");
    press("ArrowRight");
    expect(items(el)).toHaveLength(3);
    press("End");
    expect(focused()).toContain("item:");
    expect(items(el).filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
  });

  it("shows the tokens of a value, and what else could have stood there", () => {
    const el = show({ entries: [ITEM] });
    click(el.querySelector(".lpw-row"));
    const pieces = [...el.querySelectorAll<HTMLElement>(".lpw-piece")];
    expect(pieces.map(({ textContent }) => textContent)).toEqual(['·"blue', '·lamp"']);
    expect(pieces.map((piece) => piece.classList.contains("lpw-weakest"))).toEqual([true, false]);
    expect(pieces.map(({ ariaPressed }) => ariaPressed)).toEqual(["true", "false"]);
    expect(text(el, ".lpw-about")).toContain('·"red');
    click(pieces[1] as HTMLElement);
    expect(text(el, ".lpw-card-token")).toBe('·lamp"');
    expect(text(el, ".lpw-detail-facts")).toContain("$.item");
  });

  it("selects the tokens of the open value, here and from elsewhere", () => {
    const el = show([{ entries: [ITEM] }, { entries: [BOX, INNER, OK] }]);
    const second = el.querySelectorAll(".lpw-tree")[1] as HTMLElement;
    click(second.querySelectorAll(".lpw-row")[1] as HTMLElement);
    expect(model.get("selection")).toEqual([[1, 1, 3]]);
    expect(model.saved).toBe(1);
    model.set("selection", [[0, 1, 3]]);
    expect(el.querySelectorAll(".lpw-detail")).toHaveLength(1);
    expect(item(el, 0).ariaSelected).toBe("true");
    model.set("selection", []);
    expect(el.querySelector(".lpw-detail")).toBeNull();
    expect(model.saved).toBe(1);
  });

  it("keeps the value open that was opened, also where another has the same tokens", () => {
    const el = show({ entries: [ITEM, { ...ITEM, key: "twin" }] });
    click(item(el, 1).querySelector(".lpw-row"));
    expect(items(el).map(({ ariaSelected }) => ariaSelected)).toEqual(["false", "true"]);
  });

  it("says what is odd in the line it is about", () => {
    const el = show({
      complete: false,
      constrained: true,
      entries: [
        { ...ITEM, repeats: 2, last: false, forced: true, problem: "cut off" },
        { depth: 0, key: "d", path: "$.d", problem: "missing" },
      ],
    });
    const flags = [...el.querySelectorAll(".lpw-flag")].map(({ textContent }) => textContent);
    expect(flags).toEqual([
      "cut off",
      "key comes 2 times, a later one counts",
      "forced",
      "missing",
    ]);
    expect(text(item(el, 1), ".lpw-number")).toBe("");
    const notes = [...el.querySelectorAll(".lpw-note")].map(({ textContent }) => textContent);
    expect(notes[0]).toContain("was not closed");
    expect(notes[1]).toMatch(/^constrained: /);
  });

  it("writes hostile texts as they are, and shows what hides", () => {
    const evil = "<img src=x onerror=alert(1)>\u202e\n";
    const el = show({ entries: [{ ...ITEM, key: evil, text: JSON.stringify(evil) }], said: evil });
    expect(el.querySelector("img")).toBeNull();
    expect(text(el, ".lpw-key")).toBe('"<img src=x onerror=alert(1)>U+202E\\n"');
    expect(text(el, ".lpw-json")).toContain("U+202E");
    expect(text(el, "q")).toContain("U+202E");
  });

  it("says when there is nothing to show", () => {
    expect(text(show({ said: "Sorry" }), ".lpw-note")).toBe("no JSON in this answer: Sorry");
    expect(text(show({}), ".lpw-note")).toBe("no JSON in this answer");
    expect(text(show([]), ".lpw-note")).toBe("no answers");
  });

  it("folds many values, and brings them onto the page bit by bit", () => {
    const many = Array.from({ length: 510 }, (_, k) => [
      { ...BOX, key: k, path: `$[${k}]` },
      { ...INNER, key: `f${k}`, path: `$[${k}].f` },
    ]).flat();
    const el = show({ entries: many, least: many.length - 1 });
    expect(items(el)).toHaveLength(500);
    const more = el.querySelector(".lpw-tree-box > button");
    expect(more?.textContent).toBe("10 more lines: show 10");
    click(el.querySelector(".lpw-jump"));
    expect(focused()).toContain("f509:");
    expect(items(el)).toHaveLength(511);
    expect((more as HTMLElement).hidden).toBe(true);
  });

  it("folds and unfolds all", () => {
    const el = show({ entries: [BOX, INNER, OK] });
    const all = [...el.querySelectorAll("button")].find((one) => one.textContent === "fold all");
    click(all ?? null);
    expect(names(el)).toEqual(["box:{ 1 }", "ok:true"]);
    click(all ?? null);
    expect(items(el)).toHaveLength(6);
  });

  it("leaves nothing behind", () => {
    const el = show({ entries: [ITEM] });
    expect(model.handlerCount).toBe(1);
    controller.abort();
    expect(model.handlerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
