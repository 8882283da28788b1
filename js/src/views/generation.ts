import { copyOriginalText } from "../clipboard.ts";
import type { Shade } from "../color.ts";
import { element, waitingNote } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { type Look, type Marks, paintToken } from "../look.ts";
import { firstBelow, showWindow } from "../window.ts";
import { FindingsView } from "./findings.ts";
import { HeaderView } from "./header.ts";
import { StripView } from "./strip.ts";
import { TokensView } from "./tokens.ts";

/** One generation: header, strip, text, findings. */
export class GenerationView {
  readonly element = element("section", "lpw-generation");
  readonly tokens = new TokensView();
  /** What is marked among the tokens; they are to be painted again after a change. */
  marks: Marks = {};
  readonly signal: AbortSignal;
  readonly #header = new HeaderView();
  readonly #strip: StripView;
  readonly #unshown = element("div", "lpw-text lpw-unshown");
  readonly #waiting = waitingNote();
  readonly #findings: FindingsView;
  readonly #controller = new AbortController();
  #generation: Generation | undefined;
  #look: Look | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    copyOriginalText(this.tokens, () => this.#generation, this.signal);
    this.tokens.paint = (span, index) =>
      paintToken(span, index, this.#generation as Generation, this.#look, this.marks);
    this.#strip = new StripView((share) => this.#goTo(share), this.signal);
    this.#findings = new FindingsView(this.signal);
    this.element.append(
      this.#header.element,
      this.#waiting,
      this.#strip.element,
      this.tokens.element,
      this.#unshown,
      this.#findings.element,
    );
  }

  get generation(): Generation | undefined {
    return this.#generation;
  }

  /** Tokens before `unchanged` stay as they are. */
  update(
    generation: Generation,
    unchanged: number,
    look: Look | undefined,
    { sample = "", isLive = false },
  ): void {
    const isNewLook = look !== this.#look;
    this.#generation = generation;
    this.#look = look;
    this.tokens.update(generation, Math.min(unchanged, this.tokens.length));
    if (isNewLook) this.tokens.repaint();
    const { head } = generation;
    this.tokens.element.ariaLabel = sample ? `tokens of sample ${sample}` : "tokens";
    this.tokens.element.hidden = generation.length === 0;
    this.#header.update(head, sample);
    this.#unshown.textContent = head.unshown;
    this.#unshown.hidden = !head.unshown;
    this.#waiting.hidden = !isLive || generation.length > 0 || head.unshown !== "";
    this.#findings.update(head.findings);
  }

  drawStrip(number: number, shades: readonly Shade[]): void {
    const { color } = this.#look ?? {};
    const colors = shades.map(({ background }) => background);
    this.#strip.draw(color?.overviews[number], color?.metric.label ?? "", colors);
  }

  /** Fills what is near the reader's eye; returns whether it all is. */
  showWindow(): boolean {
    const isDone = showWindow(this.tokens);
    if (!this.#strip.element.hidden) this.#strip.mark(this.#share(0), this.#share(innerHeight));
    return isDone;
  }

  remove(): void {
    this.#controller.abort();
    this.element.remove();
  }

  /** The share of the tokens that stand above a height of the window. */
  #share(height: number): number {
    const { list, length } = this.tokens.blocks;
    const block = list[firstBelow(list, height)];
    if (!block) return 1;
    const { top, height: size } = block.element.getBoundingClientRect();
    const part = Math.max(0, (height - top) / Math.max(1, size));
    return (block.start + part * (block.end - block.start)) / length;
  }

  #goTo(share: number): void {
    const last = this.tokens.length - 1;
    this.tokens.reveal(Math.min(last, Math.floor(share * this.tokens.length)), true);
  }
}
