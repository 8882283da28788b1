// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { textOf } from "../src/clipboard.ts";
import { nearestOnNextLine } from "../src/keyboard.ts";
import widget from "../src/widget.ts";
import {
  bytesOf,
  FakeModel,
  type FrameSpec,
  FrameWriter,
  PROBABILITY,
  SURPRISAL,
  type TokenSpec,
} from "./support.ts";

const tokens = (...texts: string[]): TokenSpec[] =>
  texts.map((text, k) => ({ text, logprob: -k, alternatives: [["x", -1]] }));

let writer: FrameWriter;
let model: FakeModel;
let controller: AbortController;
let definition: ReturnType<typeof widget>;

function start(generations: readonly (readonly TokenSpec[])[], spec: FrameSpec = {}): HTMLElement {
  model = new FakeModel({
    frame: new DataView(writer.keyframe(generations, spec)),
    color: "probability",
  });
  definition = widget();
  definition.initialize({ model, signal: controller.signal } as never);
  return addView(controller.signal);
}

function addView(signal: AbortSignal): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal } as never);
  return el;
}

const spans = (el: HTMLElement): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(".lpw-token"),
];
const texts = (el: HTMLElement): (string | null)[] =>
  spans(el).map(({ textContent }) => textContent);
const one = (el: HTMLElement, selector: string): HTMLElement => {
  const found = el.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const card = (el: HTMLElement): HTMLElement => one(el, ".lpw-card");
const nextFrame = (): void => void vi.advanceTimersByTime(20);
const press = (target: Element, key: string): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const point = (target: Element, type: string, pointerType = "mouse"): boolean =>
  target.dispatchEvent(new PointerEvent(type, { bubbles: true, composed: true, pointerType }));

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

describe("the text", () => {
  it("has one span a token", () => {
    expect(texts(start([tokens("Hel", "lo", "\n", " you")]))).toEqual(["Hel", "lo", "⏎\n", " you"]);
  });

  it("grows by what is new and keeps what is there", () => {
    const el = start([tokens("a", "b")], { live: true });
    const before = spans(el);
    model.append(writer.append([tokens("c")]));
    model.append(writer.append([tokens("d")]));
    nextFrame();
    expect(texts(el)).toEqual(["a", "b", "c", "d"]);
    expect(spans(el).slice(0, 2)).toEqual(before);
  });

  it("is drawn anew only from the first token that a keyframe changed", () => {
    const el = start([tokens("a", "b", "c")]);
    const before = spans(el);
    model.set("frame", new DataView(writer.keyframe([tokens("a", "b", "C", "d")], { seq: 1 })));
    nextFrame();
    expect(texts(el)).toEqual(["a", "b", "C", "d"]);
    expect(spans(el)[1]).toBe(before[1]);
    expect(spans(el)[2]).not.toBe(before[2]);
  });

  it("is the same in two views of one model", () => {
    const first = start([tokens("a")], { live: true });
    model.append(writer.append([tokens("b")]));
    const second = addView(controller.signal);
    model.append(writer.append([tokens("c")]));
    nextFrame();
    expect([texts(first), texts(second)]).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  it("takes markup for text", () => {
    const el = start([tokens("<img src=x onerror=alert(1)>")]);
    expect(el.querySelector("img")).toBeNull();
    expect(texts(el)).toEqual(["<img src=x onerror=alert(1)>"]);
  });

  it("marks parts", () => {
    const el = start([[{ text: "<s>", part: "special" }]]);
    expect(spans(el)[0]?.classList.contains("lpw-part-special")).toBe(true);
  });

  it("that came without tokens is shown", () => {
    const el = start([[]], { heads: [{ unshown: "Paris." }] });
    expect(one(el, ".lpw-unshown").textContent).toBe("Paris.");
    expect(one(el, ".lpw-legend").hidden).toBe(true);
  });

  it("is awaited while none has come", () => {
    const el = start([[]], { live: true });
    expect(one(el, ".lpw-waiting").hidden).toBe(false);
    model.append(writer.append([tokens("a")]));
    nextFrame();
    expect(one(el, ".lpw-waiting").hidden).toBe(true);
  });
});

describe("colours", () => {
  const colors = (el: HTMLElement): string[] => spans(el).map(({ style }) => style.backgroundColor);
  const both = { metrics: [PROBABILITY, SURPRISAL] };

  it("leave the certain and the unknown without one", () => {
    const el = start([
      [{ text: "a", logprob: 0 }, { text: "b", logprob: Math.log(0.5) }, { text: "c" }],
    ]);
    expect(colors(el)).toEqual(["", "var(--lpw-step-16)", ""]);
    expect(spans(el).map(({ classList }) => classList.contains("lpw-unknown"))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("follow the trait", () => {
    const el = start([[{ text: "a", logprob: 0, metrics: { surprisal: 4 } }]], both);
    model.set("color", "surprisal");
    nextFrame();
    expect(colors(el)).toEqual(["var(--lpw-step-31)"]);
    expect(one(el, ".lpw-scale").textContent).toBe("certain 0 bits4.000 bits uncertain");
  });

  it("of an open domain change for all when a larger value comes", () => {
    const el = start([[{ text: "a", metrics: { surprisal: 4 } }]], {
      live: true,
      metrics: [SURPRISAL],
    });
    model.append(writer.append([[{ text: "b", metrics: { surprisal: 8 } }]]));
    nextFrame();
    expect(colors(el)).toEqual(["var(--lpw-step-16)", "var(--lpw-step-31)"]);
  });

  it("are chosen from a menu that tells the kernel", () => {
    const el = start([tokens("a")], both);
    const menu = one(el, "select") as HTMLSelectElement;
    expect([...menu.options].map(({ label, value }) => label || value)).toEqual([
      "probability",
      "surprisal",
    ]);
    menu.value = "surprisal";
    menu.dispatchEvent(new Event("change"));
    expect([model.get("color"), model.saved]).toEqual(["surprisal", 1]);
  });

  it("follow the page's theme at once", async () => {
    const el = start([tokens("a")]);
    document.body.setAttribute("data-jp-theme-light", "false");
    await Promise.resolve();
    nextFrame();
    expect(one(el, ".lpw").dataset["theme"]).toBe("dark");
    document.body.removeAttribute("data-jp-theme-light");
  });
});

describe("the card", () => {
  it("opens after a moment over a token, and at once over the next", () => {
    const el = start([tokens("a", "b")]);
    point(spans(el)[0] as Element, "pointerover");
    expect(card(el).hidden).toBe(true);
    vi.advanceTimersByTime(60);
    expect(card(el).textContent).toContain("token 1 of 2");
    point(spans(el)[1] as Element, "pointerover");
    expect(card(el).textContent).toContain("token 2 of 2");
  });

  it("stays while the pointer is on it, and goes when it leaves", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as Element;
    point(token, "pointerover");
    vi.advanceTimersByTime(60);
    point(token, "pointerout");
    point(card(el), "pointerover");
    vi.advanceTimersByTime(1000);
    expect(card(el).hidden).toBe(false);
    point(card(el), "pointerout");
    vi.advanceTimersByTime(150);
    expect(card(el).hidden).toBe(true);
  });

  it("describes the focused token and closes with Escape", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as HTMLElement;
    token.focus();
    expect(token.getAttribute("aria-describedby")).toBe(card(el).id);
    press(token, "Escape");
    expect(card(el).hidden).toBe(true);
    expect(token.hasAttribute("aria-describedby")).toBe(false);
  });

  it("opens by a tap and closes by a tap elsewhere", () => {
    const el = start([tokens("a")]);
    const token = spans(el)[0] as Element;
    point(token, "pointerover", "touch");
    point(token, "pointerdown", "touch");
    point(token, "pointerout", "touch");
    vi.advanceTimersByTime(1000);
    expect(card(el).hidden).toBe(false);
    point(document.body, "pointerdown", "touch");
    expect(card(el).hidden).toBe(true);
  });

  it("and the focus stay when tokens arrive", () => {
    const el = start([tokens("a", "b")], { live: true });
    spans(el)[1]?.focus();
    model.append(writer.append([tokens("c")]));
    nextFrame();
    expect(document.activeElement).toBe(spans(el)[1]);
    expect(card(el).hidden).toBe(false);
  });
});

describe("the keyboard", () => {
  const stops = (el: HTMLElement): number[] =>
    spans(el).flatMap(({ tabIndex }, k) => (tabIndex === 0 ? [k] : []));

  it("has one tab stop in the text", () => {
    expect(stops(start([tokens("a", "b", "c")]))).toEqual([0]);
  });

  it.each([
    [["ArrowRight"], 1],
    [["ArrowRight", "ArrowRight", "ArrowLeft"], 1],
    [["ArrowLeft"], 0],
    [["End"], 2],
    [["End", "ArrowRight"], 2],
    [["End", "Home"], 0],
  ])("%j leads to token %i", (keys, expected) => {
    const el = start([tokens("a", "b", "c")]);
    spans(el)[0]?.focus();
    for (const key of keys) press(document.activeElement as Element, key);
    expect(document.activeElement).toBe(spans(el)[expected]);
    expect(stops(el)).toEqual([expected]);
  });

  it("leaves other keys and shortcuts to the page", () => {
    const el = start([tokens("a", "b")]);
    expect(press(spans(el)[0] as Element, "b")).toBe(true);
    expect(press(spans(el)[0] as Element, "ArrowRight")).toBe(false);
  });

  it("begins where the reader clicked", () => {
    const el = start([tokens("a", "b", "c")]);
    spans(el)[2]?.click();
    expect(stops(el)).toEqual([2]);
    press(document.activeElement as Element, "ArrowLeft");
    expect(document.activeElement).toBe(spans(el)[1]);
  });

  it("goes up and down to what is nearest", () => {
    const at = (left: number, top: number): HTMLElement => {
      const span = document.createElement("span");
      span.getClientRects = () => [new DOMRect(left, top, 10, 10)] as unknown as DOMRectList;
      return span;
    };
    const lines = [at(0, 0), at(20, 0), at(40, 0), at(0, 20), at(18, 21), at(0, 40), at(40, 40)];
    expect(nearestOnNextLine(lines, 1, 1)).toBe(4);
    expect(nearestOnNextLine(lines, 2, 1)).toBe(4);
    expect(nearestOnNextLine(lines, 4, -1)).toBe(1);
    expect(nearestOnNextLine(lines, 6, -1)).toBe(4);
    expect(nearestOnNextLine(lines, 6, 1)).toBe(6);
  });
});

describe("copying", () => {
  it("joins bytes, takes no marks, and respects where the selection ends", () => {
    const el = start([
      [
        { text: "price" },
        { text: [0xe2, 0x82] },
        { text: [0xac] },
        { text: "\u202e\n" },
        { text: " done" },
      ],
    ]);
    const range = document.createRange();
    range.setStart(spans(el)[0]?.firstChild as Node, 3);
    range.setEnd(spans(el)[4]?.firstChild as Node, 3);
    const pieces = ["price", [0xe2, 0x82], [0xac], "\u202e\n", " done"].map(bytesOf);
    const generation = { bytes: (index: number) => pieces[index] as Uint8Array };
    expect(textOf(range, spans(el), generation)).toBe("ce€\u202e\n do");
  });
});

describe("the header", () => {
  it("says who answered, how it ended and the figures", () => {
    const el = start([tokens("a")]);
    expect(one(el, ".lpw-source").textContent).toBe("localSmolLM2-135M-Instruct");
    expect(one(el, ".lpw-status").textContent).toBe("complete");
    expect(one(el, ".lpw-status").title).toBe("the server said: stop");
    expect(one(el, ".lpw-facts > div").title).toBe("tokens with a log probability");
  });

  it("numbers several samples", () => {
    const el = start([tokens("a"), tokens("b")]);
    const labels = [...el.querySelectorAll(".lpw-text[role]")].map(({ ariaLabel }) => ariaLabel);
    expect(labels).toEqual(["tokens of sample 1", "tokens of sample 2"]);
  });

  it("is announced at the start and the end only", () => {
    const el = start([tokens("a")], { live: true });
    const status = one(el, "[role=status]");
    expect(status.textContent).toBe("receiving tokens");
    model.append(writer.append([tokens("b")], { live: false, heads: [{ status: "length" }] }));
    nextFrame();
    expect(status.textContent).toBe("length");
  });

  it("keeps an opened finding open while tokens arrive", () => {
    const heads = [{ findings: [{ level: "warning", text: "9 of 24", detail: "merged" }] }];
    const el = start([tokens("a")], { live: true, heads });
    const details = one(el, "details") as HTMLDetailsElement;
    details.open = true;
    model.append(writer.append([tokens("b")], { heads }));
    nextFrame();
    expect(one(el, "details")).toBe(details);
  });
});

describe("a frame that cannot be read", () => {
  it("is named, and what was there stays", () => {
    const el = start([tokens("a")]);
    model.set("frame", new DataView(new ArrayBuffer(64)));
    nextFrame();
    expect(one(el, ".lpw-error").textContent).toMatch("not a frame");
    expect(texts(el)).toEqual(["a"]);
  });
});

describe("the end", () => {
  it("of a view leaves the others alone", () => {
    const first = start([tokens("a")], { live: true });
    const view = new AbortController();
    const second = addView(view.signal);
    view.abort();
    model.append(writer.append([tokens("b")]));
    nextFrame();
    expect([texts(first), texts(second)]).toEqual([["a", "b"], []]);
  });

  it("leaves no listener behind", () => {
    const added = new Map<string, AbortSignal | undefined>();
    const add = vi.spyOn(EventTarget.prototype, "addEventListener");
    const el = start([tokens("a")]);
    for (const [type, , options] of add.mock.calls) {
      added.set(type, typeof options === "object" ? options?.signal : undefined);
    }
    add.mockRestore();
    added.delete("abort");
    expect([...added].filter(([, signal]) => !signal)).toEqual([]);
    controller.abort();
    expect([...added.values()].every((signal) => signal?.aborted)).toBe(true);
    expect(model.handlerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
