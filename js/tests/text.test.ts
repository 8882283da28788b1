// @vitest-environment happy-dom

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactNodes, isPlain, runningNodes } from "../src/piece.ts";
import { type Segment, segments } from "../src/text.ts";
import { bytesOf } from "./support.ts";

const codePoint = fc.oneof(fc.nat(0x10ffff), fc.nat(0x2100));

/** Badges in brackets, the rest as it is. */
function shown(text: string | readonly number[]): string {
  const label = ({ kind, shown }: Segment): string => (kind === "badge" ? `[${shown}]` : shown);
  return segments(bytesOf(text)).map(label).join("");
}

function textContent(nodes: readonly (Node | string)[]): string {
  const box = document.createElement("div");
  box.append(...nodes);
  return box.textContent ?? "";
}

describe("segments", () => {
  it.each(["Hello", " naïve", "日本語", "العربية", "क्षत्रिय", "한국어", "e\u0301", "🦊"])(
    "leave %s alone",
    (text) => expect(shown(text)).toBe(text),
  );

  it.each([
    ["family", "👩‍👩‍👧‍👦"],
    ["skin tone", "👍🏽"],
    ["rainbow flag", "🏳️‍🌈"],
    ["heart", "❤️"],
    ["keycap", "1️⃣"],
    ["England", "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}"],
    ["Persian", "می\u200cخواهم"],
    ["Persian, cut before its joiner", "\u200cخواهم"],
    ["Devanagari", "क्\u200dष"],
  ])("keep the joiners of %s", (_, text) =>
    expect(segments(bytesOf(text))).toEqual([{ kind: "text", shown: text }]),
  );

  it.each([
    ["\u202e", "[U+202E]"],
    ["a\u200bb", "a[U+200B]b"],
    ["\u200d", "[U+200D]"],
    ["a\u200db", "a[U+200D]b"],
    ["\u2066x\u2069", "[U+2066]x[U+2069]"],
    ["\ufeffx", "[U+FEFF]x"],
    ["x\ufe0f", "x[U+FE0F]"],
    ["\u0000", "[U+0000]"],
    ["\r", "[U+000D]"],
    ["\u0085", "[U+0085]"],
    ["\u00ad", "[U+00AD]"],
    ["\u2028", "[U+2028]"],
    ["\u{e0041}", "[U+E0041]"],
    ["😀\u{e0041}", "😀[U+E0041]"],
    ["\ufffd", "[U+FFFD]"],
  ])("show what would be hidden in %j", (text, expected) => expect(shown(text)).toBe(expected));

  it.each([
    [[0xe2, 0x82], "[E2 82]"],
    [[0xac], "[AC]"],
    [[0x61, 0xf0, 0x9f, 0x62], "a[F0 9F]b"],
    [[0xc0, 0x80], "[C0 80]"],
    [[0xed, 0xa0, 0x80], "[ED A0 80]"],
    [[0xff, 0x20], "[FF] "],
  ])("show the bytes of what is not UTF-8 in %j", (bytes, expected) => {
    expect(shown(bytes)).toBe(expected);
  });

  it("lose no character of any text", () => {
    fc.assert(
      fc.property(fc.array(codePoint), (codePoints) => {
        const text = String.fromCodePoint(...codePoints);
        const back = segments(bytesOf(text)).map(({ kind, shown }) =>
          kind === "badge" ? String.fromCodePoint(Number.parseInt(shown.slice(2), 16)) : shown,
        );
        expect(back.join("")).toBe(
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOf(text)),
        );
      }),
    );
  });

  it("never invent a replacement character", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(shown([...bytes])).not.toContain("\ufffd");
      }),
    );
  });
});

describe("a token in the text", () => {
  it("breaks the line after a mark", () => {
    expect(textContent(runningNodes(bytesOf("a\n\n")))).toBe("a⏎\n⏎\n");
  });

  it("keeps its spaces and shows its tabs", () => {
    expect(textContent(runningNodes(bytesOf("  \tx")))).toBe("  ⇥\tx");
  });

  it("shows an empty token, such as an end mark, so that it can be pointed at", () => {
    expect(textContent(runningNodes(bytesOf("")))).toBe("∅");
  });
});

describe("a token in the card", () => {
  it("shows every space", () => {
    expect(textContent(exactNodes(bytesOf(" a \u00a0\n\t")))).toBe("·a·U+00A0⏎⇥");
  });

  it("says when it is empty", () => {
    expect(textContent(exactNodes(bytesOf("")))).toBe("empty");
  });

  it("spells out its bytes unless it is plain ASCII", () => {
    expect([" Paris", "é", "\n"].map((text) => isPlain(bytesOf(text)))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
