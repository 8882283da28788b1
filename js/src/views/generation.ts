import { copyOriginalText } from "../clipboard.ts";
import { element, waitingNote } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { navigateByKeyboard } from "../keyboard.ts";
import { FindingsView } from "./findings.ts";
import { HeaderView } from "./header.ts";
import { TokensView } from "./tokens.ts";

/** One generation: header, text, findings. */
export class GenerationView {
  readonly element = element("section", "lpw-generation");
  readonly tokens = new TokensView();
  readonly #header = new HeaderView();
  readonly #unshown = element("div", "lpw-text lpw-unshown");
  readonly #waiting = waitingNote();
  readonly #findings = new FindingsView();
  readonly #controller = new AbortController();
  #generation: Generation | undefined;

  constructor(signal: AbortSignal) {
    const ended = AbortSignal.any([signal, this.#controller.signal]);
    navigateByKeyboard(this.tokens, ended);
    copyOriginalText(this.tokens, () => this.#generation, ended);
    this.element.append(
      this.#header.element,
      this.#waiting,
      this.tokens.element,
      this.#unshown,
      this.#findings.element,
    );
  }

  get generation(): Generation | undefined {
    return this.#generation;
  }

  /** Tokens before `unchanged` stay as they are. Returns the first index that was drawn anew. */
  update(generation: Generation, unchanged: number, sample: string, isLive: boolean): number {
    this.#generation = generation;
    const { head } = generation;
    const from = Math.min(unchanged, this.tokens.spans.length);
    if (from < this.tokens.spans.length) this.tokens.truncate(from);
    this.tokens.append(generation);
    this.tokens.element.ariaLabel = sample ? `tokens of sample ${sample}` : "tokens";
    this.tokens.element.hidden = generation.length === 0;
    this.#header.update(head, sample);
    this.#unshown.textContent = head.unshown;
    this.#unshown.hidden = !head.unshown;
    this.#waiting.hidden = !isLive || generation.length > 0 || head.unshown !== "";
    this.#findings.update(head.findings);
    return from;
  }

  remove(): void {
    this.#controller.abort();
    this.element.remove();
  }
}
