// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";
import { model, nextFrame, one, press, spans, start, tokens, writer } from "./page.ts";
import type { TokenSpec } from "./support.ts";

const lines = (count: number): TokenSpec[] =>
  tokens(...Array.from({ length: count }, (_, k) => (k % 20 === 19 ? "\n" : ` w${k}`)));

describe("a long text", () => {
  it("is on the page only where it can be seen, with room for the rest", () => {
    const el = start([lines(20_000)]);
    expect(spans(el).length).toBeLessThan(2000);
    const blocks = [...el.querySelectorAll<HTMLElement>(".lpw-block")];
    expect(blocks.length).toBeGreaterThan(100);
    expect(blocks.at(-1)?.childElementCount).toBe(0);
    expect(Number.parseInt(blocks.at(-1)?.style.height ?? "", 10)).toBeGreaterThan(50);
  });

  it("comes onto the page where the reader goes", () => {
    const el = start([lines(20_000)]);
    spans(el)[0]?.focus();
    press(document.activeElement as Element, "End");
    expect((document.activeElement as HTMLElement).dataset["index"]).toBe("19999");
    press(document.activeElement as Element, "ArrowLeft");
    expect(document.activeElement?.textContent).toBe(" w19998");
  });

  it("grows where nobody looks without new elements", () => {
    const el = start([lines(20_000)], { live: true });
    const before = spans(el).length;
    model.append(writer.append([lines(20)]));
    nextFrame();
    expect(spans(el)).toHaveLength(before);
    spans(el)[0]?.focus();
    press(document.activeElement as Element, "End");
    expect((document.activeElement as HTMLElement).dataset["index"]).toBe("20019");
  });

  it("is printed whole", () => {
    const el = start([lines(5000)]);
    window.dispatchEvent(new Event("beforeprint"));
    expect(spans(el)).toHaveLength(5000);
  });

  it("has a strip, and a short one has none", () => {
    expect(one(start([lines(300)]), ".lpw-strip").hidden).toBe(false);
    expect(one(start([lines(20)]), ".lpw-strip").hidden).toBe(true);
  });
});
