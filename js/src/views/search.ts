import { button, element, on } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { createIndex, type Match } from "../search.ts";
import { type Spans, spansOf } from "../spans.ts";
import { createOverlay } from "./overlay.ts";

/** A match and the number of its generation. */
export type Found = Match & { readonly generation: number };

export interface Searching {
  readonly generations: () => readonly Generation[];
  /** The current match, or none, has changed. */
  readonly show: (current: Found | undefined) => void;
  /** The search is over. */
  readonly leave: (last: Found | undefined) => void;
}

/** A field to search with, and the matches. */
export function createSearch(view: HTMLElement, searching: Searching) {
  const overlay = createOverlay(view, "search", "search", "");
  const field = element("input.field");
  const count = element("span.number");
  const indexes = new WeakMap<Generation, ReturnType<typeof createIndex>>();
  let matches: Found[] = [];
  let current = 0;
  field.type = "search";
  field.placeholder = field.ariaLabel = "search the tokens";
  count.role = "status";

  const indexOf = (generation: Generation): ReturnType<typeof createIndex> => {
    let index = indexes.get(generation);
    if (index?.length !== generation.length) index = createIndex(generation);
    indexes.set(generation, index);
    return index;
  };
  const step = (by: number): void => {
    const { length } = matches;
    current = length ? (current + by + length) % length : 0;
    const place = `${current + 1} of ${length}`;
    count.textContent = length ? place : field.value && "nothing found";
    searching.show(matches[current]);
  };
  const look = (): void => {
    matches = searching.generations().flatMap((one, generation) =>
      indexOf(one)
        .matches(field.value)
        .map((match) => ({ ...match, generation })),
    );
    current = 0;
    step(0);
  };
  const close = (): void => {
    overlay.close();
    searching.leave(matches[current]);
  };
  on(field, "input", look);
  on(field, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const content = [
    field,
    count,
    button("↑", "previous match", () => step(-1)),
    button("↓", "next match", () => step(1)),
    button("×", "end the search", close),
  ];
  return {
    place: overlay.place,
    open(): void {
      overlay.open(...content);
      field.focus();
      field.select();
      if (field.value) look();
    },
    /** Where the matches are in one generation. */
    matches(generation: number): Spans {
      const mine = matches.filter((found) => found.generation === generation);
      return spansOf(
        overlay.element.hidden ? [] : mine.map(({ start, end }) => [start, end] as const),
      );
    },
  };
}
