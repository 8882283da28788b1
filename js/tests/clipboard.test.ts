// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { textOf } from "../src/clipboard.ts";
import { spans, start } from "./page.ts";
import { bytesOf } from "./support.ts";

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
