// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { textOf, tokensIn } from "../src/clipboard.ts";
import type { Generation } from "../src/generation.ts";
import { createStore } from "../src/store.ts";
import { createTokens, type TokensView } from "../src/views/tokens.ts";
import { FrameWriter, type TokenSpec } from "./support.ts";

function shown(tokens: readonly TokenSpec[]): [TokensView, Generation] {
  const store = createStore();
  store.receive(new FrameWriter().keyframe([tokens]));
  const generation = store.generations[0] as Generation;
  const view = createTokens(() => {});
  view.update(generation, 0);
  document.body.append(view.element);
  return [view, generation];
}

describe("copying", () => {
  it("joins bytes, takes no marks, and respects where the selection ends", () => {
    const [view, generation] = shown([
      { text: "price" },
      { text: [0xe2, 0x82] },
      { text: [0xac] },
      { text: "\u202e\n" },
      { text: " done" },
    ]);
    for (const block of view.blocks.list) view.fill(block);
    const range = document.createRange();
    range.setStart(view.spanAt(0)?.firstChild as Node, 3);
    range.setEnd(view.spanAt(4)?.firstChild as Node, 3);
    expect(textOf(range, view, generation)).toBe("ce€\u202e\n do");
    expect(tokensIn(range, view)).toEqual([0, 5]);
  });

  it("gives the text of blocks that are not on the page", () => {
    const lines = Array.from({ length: 3000 }, (_, k) => ({
      text: k % 10 === 9 ? "\n" : ` w${k}`,
    }));
    const [view, generation] = shown(lines);
    const { list } = view.blocks;
    const [first, last] = [list[0], list.at(-1)] as const;
    if (!first || !last) throw new Error("no blocks");
    view.fill(first);
    view.fill(last);
    const range = document.createRange();
    range.setStart(view.spanAt(0)?.firstChild as Node, 1);
    range.setEnd(view.spanAt(2998)?.firstChild as Node, 3);
    const text = lines.map((token) => token.text).join("");
    expect(list.length).toBeGreaterThan(5);
    expect(textOf(range, view, generation)).toBe(text.slice(1, text.indexOf(" w2998") + 3));
  });
});
