import { element, labelled } from "../dom.ts";
import type { Head } from "../schema.ts";

/** Who answered, how it ended, and the figures. */
export class HeaderView {
  readonly element = element("header", "lpw-header");
  readonly #source = element("span", "lpw-source");
  readonly #status = element("span", "lpw-status");
  readonly #facts = element("div", "lpw-facts");
  #shownFacts = "";

  constructor() {
    this.element.append(this.#source, this.#status, this.#facts);
  }

  update({ provider, model, status, tone, status_title, facts }: Head, sample: string): void {
    this.#source.replaceChildren(...sourceNodes([sample, provider, model]));
    this.#status.textContent = status;
    this.#status.title = status_title;
    this.#status.dataset["tone"] = tone;
    const wanted = JSON.stringify(facts);
    if (wanted === this.#shownFacts) return;
    this.#shownFacts = wanted;
    this.#facts.replaceChildren(
      ...facts.map(({ label, value, title }) => {
        const fact = labelled(label, value);
        fact.title = title;
        return fact;
      }),
    );
  }
}

function sourceNodes(names: readonly string[]): Node[] {
  return names.filter(Boolean).map((name) => element("span", "", name));
}
