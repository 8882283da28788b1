// A widget on a page, for tests. Time stands still unless a test moves it.

import { afterEach, beforeEach, vi } from "vitest";
import type { Traits } from "../src/traits.ts";
import widget from "../src/widget.ts";
import { FakeModel, type FrameSpec, FrameWriter, type TokenSpec } from "./support.ts";

export const tokens = (...texts: string[]): TokenSpec[] =>
  texts.map((text, k) => ({ text, logprob: -k, alternatives: [["x", -1]] }));

export let writer: FrameWriter;
export let model: FakeModel;
export let controller: AbortController;
let definition: ReturnType<typeof widget>;

export function start(
  generations: readonly (readonly TokenSpec[])[],
  spec: FrameSpec = {},
  traits: Partial<Traits> = {},
): HTMLElement {
  model = new FakeModel({
    frame: new DataView(writer.keyframe(generations, spec)),
    color: "probability",
    address: "here",
    ...traits,
  });
  definition = widget();
  definition.initialize({ model, signal: controller.signal } as never);
  return addView(controller.signal);
}

export function addView(signal: AbortSignal): HTMLElement {
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal } as never);
  return el;
}

export const spans = (el: HTMLElement): HTMLElement[] => [
  ...el.querySelectorAll<HTMLElement>(".lpw-token"),
];
export const texts = (el: HTMLElement): (string | null)[] =>
  spans(el).map(({ textContent }) => textContent);
export const one = (el: HTMLElement, selector: string): HTMLElement => {
  const found = el.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
export const marked = (el: HTMLElement, mark: string): number[] =>
  spans(el).flatMap(({ classList }, k) => (classList.contains(`lpw-${mark}`) ? [k] : []));
export const type = (el: HTMLElement, text: string): HTMLInputElement => {
  const field = one(el, ".lpw-field") as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input"));
  return field;
};
export const card = (el: HTMLElement): HTMLElement => one(el, ".lpw-card");
export const nextFrame = (): void => void vi.advanceTimersByTime(20);
export const press = (target: Element, key: string): boolean =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
export const point = (target: Element, type: string, pointerType = "mouse"): boolean =>
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

/** The class of a token's colour, "" without one. */
export function colorOf({ classList }: Element): string {
  return [...classList].find((name) => /^lpw-c\d+$/.test(name)) ?? "";
}
