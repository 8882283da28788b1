import { element } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { type Match, Search } from "../search.ts";
import { Spans } from "../spans.ts";
import { Overlay } from "./overlay.ts";

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
export class SearchView {
  readonly #overlay: Overlay;
  readonly #field = element("input", "lpw-field");
  readonly #count = element("span", "lpw-number");
  readonly #searching: Searching;
  readonly #indexes = new WeakMap<Generation, Search>();
  #found: Found[] = [];
  #current = 0;

  constructor(view: HTMLElement, searching: Searching, signal: AbortSignal) {
    this.#searching = searching;
    this.#overlay = new Overlay(view, "lpw-search", true);
    this.#overlay.element.role = "search";
    this.#field.type = "search";
    this.#field.placeholder = "search the tokens";
    this.#field.ariaLabel = "search the tokens";
    this.#count.role = "status";
    this.#field.addEventListener("input", () => this.#look(), { signal });
    this.#field.addEventListener("keydown", (event) => this.#onKeyDown(event), { signal });
  }

  open(): void {
    const button = (label: string, name: string, act: () => void): HTMLElement => {
      const node = element("button", "lpw-button", label);
      node.ariaLabel = name;
      node.onclick = act;
      return node;
    };
    this.#overlay.open(
      this.#field,
      this.#count,
      button("↑", "previous match", () => this.#step(-1)),
      button("↓", "next match", () => this.#step(1)),
      button("×", "end the search", () => this.#close()),
    );
    this.#field.focus();
    this.#field.select();
    if (this.#field.value) this.#look();
  }

  place(): void {
    this.#overlay.place();
  }

  /** Where the matches are in one generation. */
  matches(generation: number): Spans {
    if (!this.#overlay.isOpen) return new Spans();
    const mine = this.#found.filter((found) => found.generation === generation);
    return Spans.of(mine.map(({ start, end }) => [start, end] as const));
  }

  #look(): void {
    const query = this.#field.value;
    this.#found = this.#searching.generations().flatMap((generation, k) =>
      this.#indexOf(generation)
        .matches(query)
        .map((match) => ({ ...match, generation: k })),
    );
    this.#current = 0;
    this.#step(0);
  }

  #indexOf(generation: Generation): Search {
    let search = this.#indexes.get(generation);
    if (!search?.isOf(generation)) search = new Search(generation);
    this.#indexes.set(generation, search);
    return search;
  }

  #step(by: number): void {
    const { length } = this.#found;
    this.#current = length ? (this.#current + by + length) % length : 0;
    const place = `${(this.#current + 1).toLocaleString("en")} of ${length.toLocaleString("en")}`;
    this.#count.textContent = length ? place : this.#field.value ? "nothing found" : "";
    this.#searching.show(this.#found[this.#current]);
  }

  #onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Enter") this.#step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #close(): void {
    this.#overlay.close();
    this.#searching.leave(this.#found[this.#current]);
  }
}
