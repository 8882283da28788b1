// @vitest-environment happy-dom

import { describe, expect, it, vi } from "vitest";
import {
  addView,
  controller,
  model,
  nextFrame,
  one,
  start,
  texts,
  tokens,
  writer,
} from "./page.ts";
import { FrameWriter } from "./support.ts";

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
});

describe("a message", () => {
  it("brings frames for several models", () => {
    const first = start([tokens("a")], { live: true }, { address: "first" });
    const carrier = model;
    const mine = writer.append([tokens("b")]);
    const second = start([tokens("x")], { live: true }, { address: "second" });
    const theirs = writer.append([tokens("y")]);
    const buffers = [mine, theirs].map((frame) => new DataView(frame));
    carrier.emit("msg:custom", { type: "append", to: [["first"], ["second"]] }, buffers);
    nextFrame();
    expect([texts(first), texts(second)]).toEqual([
      ["a", "b"],
      ["x", "y"],
    ]);
  });

  it("brings what is new in several models in one frame", () => {
    const first = start([tokens("a")], { live: true }, { address: "first" });
    const carrier = model;
    const second = start([tokens("x")], { live: true }, { address: "second" });
    const both = new FrameWriter();
    both.keyframe([tokens("a"), tokens("x")]);
    const frame = new DataView(both.append([tokens("b", "c"), tokens("y")]));
    carrier.emit("msg:custom", { type: "append", to: [["first", "second"]] }, [frame]);
    nextFrame();
    expect([texts(first), texts(second)]).toEqual([
      ["a", "b", "c"],
      ["x", "y"],
    ]);
  });

  it("that cannot be read is said to be so where it went", () => {
    const el = start([tokens("a")], { live: true }, { address: "first" });
    const buffers = [new DataView(new ArrayBuffer(64))];
    model.emit("msg:custom", { type: "append", to: [["first"]] }, buffers);
    nextFrame();
    expect(one(el, ".lpw-error").textContent).toMatch("not a frame");
    expect(texts(el)).toEqual(["a"]);
  });

  it("of another kind changes nothing", () => {
    const el = start([tokens("a")]);
    model.emit("msg:custom", { type: "greeting" }, []);
    nextFrame();
    expect(texts(el)).toEqual(["a"]);
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
