// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import {
  addView,
  colorOf,
  controller,
  model,
  nextFrame,
  one,
  spans,
  start,
  texts,
  tokens,
  writer,
} from "./page.ts";
import { PROBABILITY, SURPRISAL } from "./support.ts";

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

  it("of a generation that is gone goes too", () => {
    const el = start([tokens("a"), tokens("b")]);
    model.set("frame", new DataView(writer.keyframe([tokens("a")], { seq: 1 })));
    nextFrame();
    expect(texts(el)).toEqual(["a"]);
  });

  it("is cut into blocks after a newline, so that the browser can skip some", () => {
    const line = [...tokens(...Array.from({ length: 149 }, () => "x")), { text: "\n" }];
    const el = start([[...line, ...line]]);
    const blocks = [...el.querySelectorAll(".lpw-block")];
    expect(blocks.map(({ childElementCount }) => childElementCount)).toEqual([150, 150]);
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

  it("is awaited before there is a generation", () => {
    const el = start([], { live: true });
    expect(one(el, ".lpw-waiting").hidden).toBe(false);
    model.set("frame", new DataView(writer.keyframe([tokens("a")], { seq: 1 })));
    nextFrame();
    expect(one(el, ".lpw-waiting").hidden).toBe(true);
  });

  it("is awaited while none has come", () => {
    const el = start([[]], { live: true });
    expect(one(el, ".lpw-generation .lpw-waiting").hidden).toBe(false);
    model.append(writer.append([tokens("a")]));
    nextFrame();
    expect(one(el, ".lpw-generation .lpw-waiting").hidden).toBe(true);
  });
});

describe("colours", () => {
  const colors = (el: HTMLElement): string[] => spans(el).map(colorOf);
  const both = { metrics: [PROBABILITY, SURPRISAL] };

  it("leave the certain and the unknown without one", () => {
    const el = start([
      [{ text: "a", logprob: 0 }, { text: "b", logprob: Math.log(0.5) }, { text: "c" }],
    ]);
    expect(colors(el)).toEqual(["", "lpw-c16", ""]);
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
    expect(colors(el)).toEqual(["lpw-c31"]);
    expect(one(el, ".lpw-scale").textContent).toBe("certain 0 bits4.000 bits uncertain");
  });

  it("of an open domain change for all when a larger value comes", () => {
    const el = start([[{ text: "a", metrics: { surprisal: 4 } }]], {
      live: true,
      metrics: [SURPRISAL],
    });
    model.append(writer.append([[{ text: "b", metrics: { surprisal: 8 } }]]));
    nextFrame();
    expect(colors(el)).toEqual(["lpw-c16", "lpw-c31"]);
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
