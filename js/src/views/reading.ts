import { STEPS } from "../color.ts";
import { navigateByKeyboard } from "../keyboard.ts";
import { selectTokens } from "../selecting.ts";
import { Spans, type Stretch, spansOf } from "../spans.ts";
import type { Host } from "../traits.ts";
import type { GenerationView } from "./generation.ts";
import { HelpView } from "./help.ts";
import { PinsView } from "./pins.ts";
import type { RootView } from "./root.ts";
import { type Found, SearchView } from "./search.ts";

const NOTHING = new Spans();

/** What a reader does with the tokens: points, selects, pins, searches. */
export class Reading {
  readonly help: HelpView;
  readonly pins: PinsView;
  readonly #search: SearchView;
  readonly #root: RootView;
  readonly #host: Host;
  #current: Found | undefined;

  constructor(root: RootView, host: Host, signal: AbortSignal) {
    this.#root = root;
    this.#host = host;
    this.help = new HelpView(root.element, signal);
    this.pins = new PinsView(root.element, () => this.mark());
    const searching = {
      generations: () => root.store.generations,
      show: (found: Found | undefined) => this.#showMatch(found),
      leave: (found: Found | undefined) => this.#leaveSearch(found),
    };
    this.#search = new SearchView(root.element, searching, signal);
    const onKeyDown = (event: KeyboardEvent): void => {
      const isOurs = event.key === "Escape" && !event.defaultPrevented && this.pins.isOpen;
      if (!isOurs || !event.composedPath().includes(root.element)) return;
      this.pins.clear();
      event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown, { signal });
  }

  /** Makes a generation's tokens answer to keys and pointer. */
  add(view: GenerationView, number: number): void {
    const { tokens, signal } = view;
    const actions = {
      isUncertain: (index: number) => this.#isUncertain(view, index),
      isSecondChoice: (index: number) => view.generation?.isSecondChoice(index) ?? false,
      pin: (index: number) => this.#pin(number, index),
      search: () => this.#search.open(),
      help: () => this.help.toggle(),
      say: (text: string) => this.#root.say(text),
    };
    navigateByKeyboard(tokens, actions, signal);
    const selected = (): Spans => spansOf(this.#host.get("selection")).get(number) ?? NOTHING;
    selectTokens(tokens, selected, (spans) => this.#select(number, spans), signal);
    this.mark();
  }

  /** The card of a token, which is the hovered one from now on. */
  hover(token: HTMLElement): readonly Node[] {
    const number = this.#root.viewOf(token);
    const view = this.#root.views[number];
    if (!view) return [];
    const index = view.tokens.indexOf(token);
    this.#host.set("hovered", [number, index]);
    return this.#root.card(number, index);
  }

  /** No token is hovered. */
  leave(): void {
    this.#host.set("hovered", null);
  }

  /** Shows what is selected, found, pinned, highlighted or hovered elsewhere. */
  mark(): void {
    const selection = spansOf(this.#host.get("selection"));
    const highlight = spansOf(this.#host.get("highlight"));
    const current = this.#current;
    this.#root.views.forEach((view, k) => {
      view.marks = {
        highlighted: highlight.get(k),
        selected: selection.get(k),
        pinned: Spans.of(this.pins.of(k).map((index) => [index, index + 1] as const)),
        match: this.#search.matches(k),
        "current-match":
          current?.generation === k ? Spans.of([[current.start, current.end]]) : undefined,
        hovered: view.marks["hovered"],
      };
      view.tokens.repaint();
    });
  }

  /** Shows which token is hovered, here or in a view that is linked with this one. */
  markHovered(): void {
    const [number, position = 0] = this.#host.get("hovered") ?? [];
    this.#root.views.forEach((view, k) => {
      const now = k === number ? Spans.of([[position, position + 1]]) : NOTHING;
      const before = view.marks["hovered"] ?? NOTHING;
      view.marks = { ...view.marks, hovered: now };
      for (const [index] of [...before.stretches(), ...now.stretches()]) {
        view.tokens.repaintAt(index);
      }
    });
  }

  place(): void {
    this.#search.place();
    this.pins.place();
  }

  #isUncertain({ generation }: GenerationView, index: number): boolean {
    const look = this.#root.colors.current;
    if (!generation || !look) return false;
    return look.color.step(generation, index) >= (look.threshold || STEPS / 2);
  }

  #select(number: number, spans: Spans): void {
    const others = (this.#host.get("selection") ?? []).filter(([k]) => k !== number);
    const mine = spans.stretches().map(([start, end]): Stretch => [number, start, end]);
    this.#host.set("selection", [...others, ...mine]);
  }

  #pin(number: number, index: number): void {
    const isPinned = this.pins.toggle(number, index, () => this.#root.card(number, index));
    if (isPinned) this.#root.popup.hide();
    this.#root.say(isPinned ? "pinned" : "unpinned");
  }

  #showMatch(found: Found | undefined): void {
    this.#current = found;
    this.mark();
    if (found) this.#root.views[found.generation]?.tokens.reveal(found.start);
  }

  #leaveSearch(found: Found | undefined): void {
    this.#current = undefined;
    this.mark();
    const view = this.#root.views[found?.generation ?? 0]?.tokens;
    view?.focus(found?.start ?? view.current);
  }
}
