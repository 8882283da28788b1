// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawChart, reach } from "../src/step/chart.ts";
import { spokenOf } from "../src/step/root.ts";
import { verdict } from "../src/step/score.ts";
import { formatBits, type Guess, type State, spokenName, type Traits } from "../src/step/state.ts";
import step from "../src/step.ts";
import { FakeModel } from "./support.ts";

const EVIL = "<img src=x onerror=alert(1)>\u202e";
const LISTED = {
  token: [" sea", EVIL, ""],
  probability: [0.5, 0.25, 0.125],
  end: [2],
  unseen: 0.125,
};
const SCORE = {
  guesses: 0,
  right: 0,
  bits: null,
  at_least: false,
  regret: null,
  came_bits: null,
  entropy_low: null,
  entropy_high: null,
};
const GUESS: Guess = {
  guess: " sky",
  rank: 0,
  bits: 3,
  at_least: true,
  regret: 2,
  came: " sea",
  came_rank: 1,
  came_bits: 1,
  entropy_low: 1.5,
  entropy_high: 2,
  right: false,
};

let controller: AbortController;
let model: FakeModel;
let el: HTMLElement;

function state(more: Partial<State> = {}): State {
  const tokens = ["The", " old", [0xf0, 0x9f]] as State["text"]["token"];
  return {
    seq: 1,
    error: "",
    model: "m",
    asked: "Write.",
    text: { token: tokens, probability: [0.9, 0.1, null], how: ["picked", "ran", "written"] },
    at: 2,
    ahead: 1,
    listed: LISTED,
    over: false,
    running: false,
    client: true,
    undo: true,
    redo: false,
    review: null,
    guess: null,
    score: SCORE,
    log: [],
    ...more,
  };
}

function show(more: Partial<State> = {}, teach = false): void {
  model = new FakeModel({ state: state(more), teach });
  el = document.createElement("div");
  document.body.append(el);
  step.render({ model, el, signal: controller.signal } as never);
}

/** Shows what a notebook's file kept. */
function showSaved(more: Partial<State>, teach: boolean, lists: Traits["lists"]): void {
  model = new FakeModel({ state: state({ client: false, ...more }), teach, lists });
  el = document.createElement("div");
  document.body.append(el);
  step.render({ model, el, signal: controller.signal } as never);
}

function tell(more: Partial<State>): void {
  model.set("state", state(more));
}

const all = (selector: string): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(selector)];
const one = (selector: string): HTMLElement => all(selector)[0] as HTMLElement;
const named = (text: string): HTMLElement =>
  all("button").find(({ textContent }) => textContent === text) as HTMLElement;
const press = (key: string, more: object = {}, target: Element = one(".lpw-step-text")): boolean =>
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
const sent = (): unknown[] => model.sent;

beforeEach(() => {
  controller = new AbortController();
});
afterEach(() => {
  controller.abort();
  document.body.replaceChildren();
});

describe("stepping", () => {
  it("shows the text, what is ahead, and the candidates", () => {
    show();
    expect(one(".lpw-step-text").textContent).toContain("The old");
    expect(all(".lpw-ahead .lpw-token").map(({ textContent }) => textContent)).toEqual(["F0 9F"]);
    expect(one(".lpw-token.lpw-picked").textContent).toBe("The");
    expect(all("button.lpw-choice").map(({ textContent }) => textContent)).toEqual([
      "1·sea50.0 %",
      "2<img·src=x·onerror=alert(1)>U+202E25.0 %",
      "3end of text12.5 %",
    ]);
    expect(one(".lpw-unseen").textContent).toContain("12.5 %");
    expect(el.querySelector("img")).toBeNull();
    expect(el.textContent).toContain("U+202E");
  });

  it("sends a choice once, until the kernel has answered", () => {
    show();
    all("button.lpw-choice")[1]?.click();
    press("1");
    expect(sent()).toEqual([{ type: "pick", at: 2, rank: 2 }]);
    tell({ at: 3, ahead: 0 });
    press("3");
    press("9");
    expect(sent()[1]).toEqual({ type: "pick", at: 3, rank: 3 });
    expect(sent()).toHaveLength(2);
  });

  it.each([
    ["ArrowLeft", { type: "rewind", at: 2, position: 1 }],
    ["Backspace", { type: "rewind", at: 2, position: 1 }],
    ["ArrowRight", { type: "rewind", at: 2, position: 3 }],
    ["z", { type: "undo", at: 2 }],
    ["r", { type: "run", at: 2, tokens: 32 }],
    ["Escape", { type: "stop" }],
  ])("has the key %s", (key, message) => {
    show();
    expect(press(key)).toBe(false);
    expect(sent()).toEqual([message]);
  });

  it("leaves keys alone that mean something else", () => {
    show();
    expect(press("z", { ctrlKey: true })).toBe(true);
    expect(press("y")).toBe(false);
    expect(press("q")).toBe(true);
    expect(press("z", {}, one(".lpw-field"))).toBe(true);
    expect(press("ArrowLeft", {}, one(".lpw-field"))).toBe(true);
    expect(sent()).toEqual([]);
  });

  it("goes back to a token that is clicked on", () => {
    show();
    all(".lpw-token")[1]?.click();
    expect(sent()).toEqual([{ type: "rewind", at: 2, position: 1 }]);
  });

  it("moves through the candidates with one tab stop, and keeps the focus", () => {
    show();
    press("ArrowDown");
    press("ArrowDown", {}, document.activeElement as Element);
    const stops = all("button.lpw-choice").map(({ tabIndex }) => tabIndex);
    expect(document.activeElement).toBe(all("button.lpw-choice")[1]);
    expect(stops).toEqual([-1, 0, -1]);
    tell({ at: 3, ahead: 0 });
    expect(document.activeElement).toBe(all("button.lpw-choice")[0]);
  });

  it("writes what is typed, with its spaces in view", () => {
    show();
    const field = one(".lpw-typing .lpw-field") as HTMLInputElement;
    field.value = " a\u00a0é";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    expect(one(".lpw-preview").textContent).toBe("·aU+00A0é 20 61 C2 A0 C3 A9");
    field.focus();
    press("Enter", {}, field);
    expect(sent()).toEqual([{ type: "write", at: 2, text: " a\u00a0é" }]);
    tell({ error: "no such token\nwrite another" });
    expect(field.value).toBe(" a\u00a0é");
    expect(one(".lpw-step-error").textContent).toBe("no such token\nwrite another");
    press("Enter", {}, field);
    tell({ at: 3, ahead: 0 });
    expect(field.value).toBe("");
    expect(one(".lpw-step-error").hidden).toBe(true);
  });

  it("can be stopped while it runs, and nothing else", () => {
    show();
    named("let it run").click();
    tell({ running: true, at: 3 });
    expect(all(".lpw-choice")).toHaveLength(0);
    expect(one(".lpw-step-note").textContent).toBe("the model writes…");
    press("z");
    all(".lpw-token")[0]?.click();
    named("stop").click();
    expect(sent().slice(1)).toEqual([{ type: "stop" }]);
  });

  it("keeps the spans of tokens that stay", () => {
    show();
    const before = all(".lpw-token");
    tell({ at: 1, ahead: 2 });
    expect(all(".lpw-token")).toEqual(before);
    expect(all(".lpw-ahead .lpw-token")).toHaveLength(2);
  });

  it("draws only a part of a long text, and all when asked", () => {
    const count = 4000;
    const text = {
      token: Array.from({ length: count }, (_, k) => ` t${k}`),
      probability: Array.from({ length: count }, () => 0.5),
      how: Array.from({ length: count }, () => "ran" as const),
    };
    show({ text, at: 3000, ahead: 1000 });
    expect(all(".lpw-token")).toHaveLength(1800);
    named("show 1,500 tokens before these").click();
    expect(all(".lpw-token")).toHaveLength(3300);
  });

  it("says what has happened", () => {
    expect(spokenOf(state(), false)).toBe("token 2:  old; likeliest next:  sea, 50.0 %");
    expect(spokenOf(state({ at: 0 }), true)).toBe("at the beginning");
    expect(spokenOf(state({ over: true, listed: null }), false)).toBe(
      "token 2:  old; the text ends here",
    );
    expect(spokenOf(state({ guess: GUESS }), true)).toContain(" sea came");
    expect([" ", "\n", [1, 2], ""].map(spokenName)).toEqual([
      "a space",
      " newline ",
      "the bytes 1 2",
      "an empty token",
    ]);
  });

  it("lists its keys, and only then", () => {
    show();
    press("?");
    expect(one(".lpw-keys").textContent).toContain("undo, redo");
    press("?");
    expect(all(".lpw-keys")).toHaveLength(0);
  });
});

describe("guessing", () => {
  it("hides the candidates until a guess is made", () => {
    show({ ahead: 4 }, true);
    expect(all(".lpw-choice")).toHaveLength(0);
    expect(named("let it run").closest("[hidden]")).not.toBeNull();
    press("1");
    press("ArrowRight");
    expect(sent()).toEqual([]);
    const field = one(".lpw-typing .lpw-field") as HTMLInputElement;
    field.value = " sky";
    press("Enter", {}, field);
    expect(sent()).toEqual([{ type: "guess", at: 2, text: " sky" }]);
  });

  it("marks the guess and what came, and says what it cost", () => {
    const score = { ...SCORE, guesses: 1, bits: 3, at_least: true, came_bits: 1 };
    show({ review: LISTED, guess: GUESS, score, log: [[3, 1, true, false]] }, true);
    expect(one(".lpw-came").textContent).toContain("sea");
    expect(one(".lpw-guessed").textContent).toBe("–·skyunknownyour guess");
    expect(all("button.lpw-choice")).toHaveLength(0);
    expect(one(".lpw-result").textContent).toContain("at least 3.00 bits, 2.00 bits above");
    expect(one(".lpw-facts").textContent).toContain("≥ 3.00 bits");
    expect(one("svg").getAttribute("aria-label")).toContain("your guess at least 3.00 bits");
  });

  it("shows what came from outside the list", () => {
    const guess = { ...GUESS, came: " x", came_rank: 0, came_bits: 4 };
    show({ review: LISTED, guess, score: { ...SCORE, guesses: 1 } }, true);
    expect(one(".lpw-came").textContent).toBe("–·x6.25 %came");
    const right = { ...guess, guess: " x", right: true, at_least: false, bits: 4 };
    tell({ review: LISTED, guess: right, score: { ...SCORE, guesses: 2 } });
    expect(all(".lpw-guessed")).toEqual(all(".lpw-came"));
  });

  it("switches by key", () => {
    show();
    press("ArrowDown");
    press("t", {}, document.activeElement as Element);
    expect(model.get("teach")).toBe(true);
    expect(all(".lpw-choice")).toHaveLength(0);
    expect(document.activeElement).toBe(one(".lpw-typing .lpw-field"));
  });
});

describe("the figures", () => {
  it("tells right guesses, likeliest ones and others apart", () => {
    const told = { ...GUESS, at_least: false };
    expect(verdict({ ...told, right: true, rank: 1, bits: 0.5 })).toBe(
      "right, and the likeliest: 0.50 bits",
    );
    expect(verdict({ ...told, right: true, rank: 3 })).toBe("right: 3.00 bits");
    expect(verdict({ ...told, rank: 1 })).toBe("not what came, but the likeliest: 3.00 bits");
    expect(verdict({ ...told, bits: null, regret: null })).toBe("not what came: unknown");
    expect([null, 0, 0.123, 12.34, 123.4].map(formatBits)).toEqual([
      "unknown",
      "0.0 bits",
      "0.12 bits",
      "12.3 bits",
      "123 bits",
    ]);
  });

  it("has an axis that holds every bar, and leaves out what is unknown", () => {
    expect(reach([])).toBe(4);
    expect(reach([[3, 4.5, false, false]])).toBe(6);
    const svg = drawChart([
      [3, 4.5, true, false],
      [null, 1, false, true],
    ]);
    expect(svg.querySelectorAll("rect")).toHaveLength(3);
    expect(svg.querySelectorAll("path")).toHaveLength(1);
    for (const bar of svg.querySelectorAll("rect")) {
      expect(Number(bar.getAttribute("y"))).toBeGreaterThanOrEqual(12);
    }
    expect(
      drawChart(Array.from({ length: 99 }, () => [1, 1, false, false] as const)).querySelectorAll(
        "rect",
      ),
    ).toHaveLength(80);
  });
});

it("is typed into where one begins to guess, wherever the focus was", () => {
  show();
  one(".lpw-step-text").focus();
  press("t");
  expect(document.activeElement).toBe(one(".lpw-typing input"));
});

describe("a text that was saved", () => {
  const OTHER = { token: [" old", " new"], probability: [0.6, 0.2], end: [], unseen: 0.2 };
  const marks = (): string[] =>
    all("div.lpw-choice")
      .filter((row) => row.classList.contains("lpw-came"))
      .map((row) => row.textContent ?? "");

  it("is read place by place, with what could have come and what came", () => {
    showSaved({}, false, [null, OTHER, LISTED, null]);
    const buttons = all("button").filter(({ hidden }) => !hidden);
    expect(buttons.map(({ textContent }) => textContent)).toEqual(["← back", "on →"]);
    expect(one("input")).toBeUndefined();
    expect(marks()).toEqual([]);
    press("ArrowLeft");
    expect(marks()).toEqual(["1·old60.0 %came"]);
    expect(all(".lpw-ahead .lpw-token")).toHaveLength(2);
    press("Backspace");
    press("Backspace");
    expect(all("div.lpw-choice")).toHaveLength(0);
    expect(named("← back").ariaDisabled).toBe("true");
    for (let k = 0; k < 5; k++) named("on →").click();
    expect(named("on →").ariaDisabled).toBe("true");
    expect(all(".lpw-ahead .lpw-token")).toHaveLength(0);
    all(".lpw-token")[1]?.click();
    expect(marks()).toHaveLength(1);
    expect(el.textContent).toContain("run the cell again");
    expect(sent()).toEqual([]);
  });

  it("keeps to itself what is to be guessed", () => {
    showSaved({ review: LISTED, guess: GUESS, at: 3, ahead: 0, listed: null }, true, []);
    expect(one(".lpw-controls").hidden).toBe(true);
    press("ArrowLeft");
    expect(all(".lpw-step-text .lpw-token")).toHaveLength(3);
    expect(marks()).toEqual(["1·sea50.0 %came"]);
    expect(one(".lpw-score").textContent).toContain("You guessed");
  });
});
