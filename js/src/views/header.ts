import { element, labelled } from "../dom.ts";
import type { Head } from "../schema.ts";

/** Who answered, how it ended, and the figures. */
export function createHeader() {
  const source = element("span.source");
  const state = element("span.status");
  const figures = element("div.facts");
  return {
    element: element("header.header", source, state, figures),
    update({ provider, model, status, tone, status_title, facts }: Head, sample: string): void {
      const names = [sample, provider, model].filter(Boolean);
      source.replaceChildren(...names.map((name) => element("span", name)));
      state.textContent = status;
      state.title = status_title;
      state.dataset["tone"] = tone;
      figures.replaceChildren(
        ...facts.map(({ label, value, title }) => labelled(label, value, title)),
      );
    },
  };
}
