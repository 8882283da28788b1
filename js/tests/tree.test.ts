// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { linesOf } from "../src/tree/lines.ts";
import { createTree, type Leaf, type Structure } from "../src/tree/structure.ts";
import treeWidget from "../src/tree.ts";
import { FakeModel, FrameWriter, type TokenSpec } from "./support.ts";

const WORDS = ["The", " cat", " sat", " ran", " off", " barked"];

/** "The" forks to " cat" and " barked", " cat" to " sat" and " ran off". */
const STRUCTURE: Structure = {
  seq: 0,
  live: false,
  stoppable: false,
  parent: [-1, 0, 1, 1, 0],
  position: [0, 1, 2, 2, 1],
  runs: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 5],
    [5, 6],
  ],
  leaves: [leaf(2, "1"), leaf(3, "2", { status: "length", tone: "warning" }), leaf(4, "dog")],
};

function leaf(node: number, name: string, more: Partial<Leaf> = {}): Leaf {
  return { node, name, status: "complete", tone: "good", logprob: -1.5, ...more };
}

const tokens = (words: readonly string[]): TokenSpec[] =>
  words.map((text, k) => ({
    text,
    logprob: Math.log(0.5) * (k + 1),
    chosen: 0,
    alternatives: [
      [text, Math.log(0.5)],
      [" other", -2],
    ],
  }));

let writer: FrameWriter;
let controller: AbortController;
let model: FakeModel;
let definition: ReturnType<typeof treeWidget>;

function start(more: Record<string, unknown> = {}, structure = STRUCTURE): HTMLElement {
  const frame = new DataView(writer.keyframe([tokens(WORDS)]));
  const traits = { frame, tree: structure, color: "probability", can_branch: true, error: "" };
  model = new FakeModel({ ...traits, ...more });
  definition = treeWidget();
  definition.initialize({ model, signal: controller.signal } as never);
  return render();
}

function render(): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal: controller.signal } as never);
  nextFrame();
  return el;
}

const nextFrame = (): void => void vi.advanceTimersByTime(20);
const one = (el: Element, selector: string): HTMLElement => {
  const found = el.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const all = (el: Element, selector: string): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(selector),
];
const texts = (el: Element, selector: string): (string | null)[] =>
  all(el, selector).map(({ textContent }) => textContent);
const at = (el: Element, row: number): HTMLElement => one(el, `[data-index="${row}"]`);
const focused = (): string | undefined => (document.activeElement as HTMLElement).dataset["index"];
const press = (key: string): boolean =>
  (document.activeElement as Element).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
const hover = (token: Element): void => {
  token.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "touch" }));
};

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "requestAnimationFrame", "cancelAnimationFrame"],
  });
  writer = new FrameWriter();
  controller = new AbortController();
});

afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("the lines", () => {
  it("go down the spine, each fork's branches below it, indented", () => {
    const { root } = createTree(STRUCTURE, WORDS.length);
    const shown = linesOf(root, () => true).map(({ kind, depth, node }) => [
      kind,
      depth,
      node.rows[0],
    ]);
    expect(shown).toEqual([
      ["text", 0, 0],
      ["branch", 1, 5],
      ["text", 1, 5],
      ["onward", 1, 1],
      ["text", 0, 1],
      ["branch", 1, 3],
      ["text", 1, 3],
      ["onward", 1, 2],
      ["text", 0, 2],
    ]);
  });

  it("are cut where a run is long, and need no stack where a tree is deep", () => {
    const count = 5000;
    const deep: Structure = {
      ...STRUCTURE,
      parent: Array.from({ length: count }, (_, k) => k - 1),
      position: Array.from({ length: count }, (_, k) => k),
      runs: Array.from({ length: count }, (_, k) => [k, k + 1]),
      leaves: [leaf(count - 1, "1")],
    };
    expect(linesOf(createTree(deep, count).root, () => true)).toHaveLength(count);
    const long = {
      ...STRUCTURE,
      parent: [-1],
      position: [0],
      runs: [[0, 450]],
      leaves: [leaf(0, "1")],
    };
    const lines = linesOf(createTree(long, 450).root, () => true);
    expect(lines.map((line) => line.kind === "text" && [line.from, line.to])).toEqual([
      [0, 200],
      [200, 400],
      [400, 450],
    ]);
  });
});

describe("a tree", () => {
  it("shows texts, shares, names, how they ended and how likely they were", () => {
    const el = start();
    expect(texts(el, ".lpw-token")).toEqual(["The", " barked", " cat", " ran", " off", " sat"]);
    expect(texts(el, ".lpw-share")).toEqual(["1.56 %", "25.0 %", "6.25 %", "12.5 %"]);
    expect(texts(el, ".lpw-end .lpw-name")).toEqual(["text dog", "text 2", "text 1"]);
    expect(texts(el, ".lpw-line .lpw-status")).toEqual(["length"]);
    expect(one(el, ".lpw-mass").textContent).toBe("∏ −1.500 nats");
    expect(one(el, ".lpw-source").textContent).toBe("3 texts");
    expect(one(el, ".lpw-bar-fill").style.width).toMatch(/^1\.56/);
  });

  it("says what is unknown", () => {
    const leaves = [leaf(2, "1", { logprob: null })];
    const el = start({}, { ...STRUCTURE, leaves });
    expect(one(el, ".lpw-mass").textContent).toBe("∏ unknown");
  });

  it("shows an error of the kernel as a line, and takes it away again", () => {
    const el = start();
    expect(one(el, ".lpw-tree-error").hidden).toBe(true);
    model.set("error", "there is no leaf '9'");
    nextFrame();
    expect(one(el, ".lpw-tree-error").textContent).toBe("there is no leaf '9'");
    model.set("error", "");
    nextFrame();
    expect(one(el, ".lpw-tree-error").hidden).toBe(true);
  });

  it("is named as broken where a frame cannot be read", () => {
    const el = start();
    model.set("frame", new DataView(new ArrayBuffer(64)));
    nextFrame();
    expect(one(el, ".lpw-tree-error").textContent).toMatch("not a frame");
    expect(all(el, ".lpw-token")).toHaveLength(WORDS.length);
  });
});

describe("folding", () => {
  it("leaves a line that shows how the branch begins, by button or Enter", () => {
    const el = start();
    one(el, ".lpw-fold").click();
    nextFrame();
    expect(texts(el, ".lpw-preview")).toEqual([" barked"]);
    expect(one(el, ".lpw-fold").ariaExpanded).toBe("false");
    at(el, 5).click();
    press("Enter");
    nextFrame();
    expect(all(el, ".lpw-preview")).toHaveLength(0);
    expect(focused()).toBe("5");
  });

  it("leads the keys to the branch when what had them is folded away", () => {
    const el = start();
    at(el, 4).click();
    press("*");
    nextFrame();
    expect(texts(el, ".lpw-preview")).toEqual([" barked", " ran off"]);
    expect(focused()).toBe("4");
    press("*");
    nextFrame();
    expect(all(el, ".lpw-preview")).toHaveLength(0);
  });

  it("is kept while the tree changes and in another view of it", () => {
    const el = start();
    one(el, ".lpw-fold").click();
    model.set("tree", { ...STRUCTURE, leaves: STRUCTURE.leaves.slice(1) });
    nextFrame();
    expect(texts(el, ".lpw-preview")).toEqual([" barked"]);
    expect(texts(render(), ".lpw-preview")).toEqual([" barked"]);
  });
});

describe("the keys", () => {
  const walk = (from: number, ...keys: string[]): (string | undefined)[] => {
    const el = start();
    at(el, from).click();
    return keys.map((key) => {
      press(key);
      return focused();
    });
  };

  it("go along a text, over its forks", () => {
    expect(walk(0, "ArrowRight", "ArrowRight", "ArrowRight")).toEqual(["1", "2", "2"]);
    expect(walk(4, "ArrowLeft", "ArrowLeft", "ArrowLeft")).toEqual(["3", "1", "0"]);
    expect(walk(4, "Home", "End")).toEqual(["3", "4"]);
  });

  it("go between siblings, and to the next line where there is none", () => {
    expect(walk(0, "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")).toEqual([
      "5",
      "1",
      "3",
      "2",
    ]);
    expect(walk(2, "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp")).toEqual(["3", "1", "5", "0"]);
  });

  it("branch with an alternative by its number", () => {
    walk(4, "1", "2", "9");
    expect(model.sent).toEqual([{ type: "branch", leaf: "2", position: 3, token: 1 }]);
  });

  it("leave alone what is the page's", () => {
    const el = start({ can_branch: false });
    at(el, 0).click();
    expect(press("2")).toBe(true);
    expect(press("x")).toBe(true);
    expect(press("ArrowRight")).toBe(false);
    expect(model.sent).toEqual([]);
  });
});

describe("the card", () => {
  it("says where the token stands in its text, and branches by a click", () => {
    const el = start();
    hover(at(el, 4));
    expect(one(el, ".lpw-card-place").textContent).toBe("token 4");
    const offered = all(el, ".lpw-card button");
    expect(offered.map(({ textContent }) => textContent)).toEqual(["·other"]);
    offered[0]?.click();
    expect(model.sent).toEqual([{ type: "branch", leaf: "2", position: 3, token: 1 }]);
    expect(one(el, ".lpw-card").hidden).toBe(true);
  });

  it("offers nothing without a client", () => {
    const el = start({ can_branch: false });
    hover(at(el, 4));
    expect(all(el, ".lpw-card tbody tr")).toHaveLength(3);
    expect(all(el, ".lpw-card button")).toHaveLength(0);
  });
});

describe("growing", () => {
  const grow = (seq: number, words: string[], structure: Partial<Structure>): void => {
    const frame = writer.append([tokens(words)], { seq });
    const tree = { ...STRUCTURE, ...structure, seq, live: true };
    model.emit("msg:custom", { type: "append", tree }, [new DataView(frame)]);
    nextFrame();
  };

  it("adds tokens where they belong, and keeps the rest of the page", () => {
    const el = start();
    const before = at(el, 0);
    at(el, 2).click();
    grow(1, [" loud"], { runs: [...STRUCTURE.runs.slice(0, 4), [5, 7]], stoppable: true });
    expect(texts(el, ".lpw-token")).toEqual([
      "The",
      " barked",
      " loud",
      " cat",
      " ran",
      " off",
      " sat",
    ]);
    expect(focused()).toBe("2");
    expect(one(el, ".lpw-header .lpw-status").hidden).toBe(false);
    one(el, ".lpw-header .lpw-button").click();
    expect(model.sent).toEqual([{ type: "stop" }]);
    expect(before.textContent).toBe("The");
  });

  it("waits for the next keyframe when a message was lost", () => {
    const el = start();
    grow(2, [" lost"], { runs: [...STRUCTURE.runs.slice(0, 4), [5, 7]] });
    expect(all(el, ".lpw-token")).toHaveLength(WORDS.length);
    model.set("tree", { ...STRUCTURE, seq: 3, runs: [...STRUCTURE.runs.slice(0, 4), [5, 7]] });
    model.set("frame", new DataView(writer.keyframe([tokens([...WORDS, " now"])], { seq: 3 })));
    nextFrame();
    expect(texts(el, ".lpw-token")).toContain(" now");
    expect(one(el, ".lpw-header .lpw-status").hidden).toBe(true);
  });

  it("ignores rows that have not come", () => {
    const el = start({}, { ...STRUCTURE, runs: [...STRUCTURE.runs.slice(0, 4), [5, 9]] });
    expect(all(el, ".lpw-token")).toHaveLength(WORDS.length);
  });
});

describe("a view", () => {
  it("moves on with what is open when its output is drawn again", () => {
    const el = start();
    nextFrame();
    at(el, 2).click();
    const view = el.firstElementChild;
    el.remove();
    const again = render();
    expect(again.firstElementChild).toBe(view);
  });

  it("leaves no listener behind", () => {
    const el = start();
    controller.abort();
    expect(model.handlerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
