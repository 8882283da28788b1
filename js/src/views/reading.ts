import { cardContent } from "../card.ts";
import { STEPS } from "../color.ts";
import type { Colors } from "../colors.ts";
import { on } from "../dom.ts";
import { navigateByKeyboard } from "../keyboard.ts";
import type { Popup } from "../popup.ts";
import { selectTokens } from "../selecting.ts";
import { type Selected, type Spans, spansIn, spansOf } from "../spans.ts";
import type { Store } from "../store.ts";
import type { Host } from "../traits.ts";
import type { GenerationView } from "./generation.ts";
import { createHelp } from "./help.ts";
import { createPins } from "./pins.ts";
import { createSearch } from "./search.ts";

/** What there is to read. */
export interface Page {
  readonly element: HTMLElement;
  readonly store: Store;
  readonly views: readonly GenerationView[];
  readonly popup: Popup;
  readonly colors: Colors;
  readonly say: (text: string) => void;
}

/** What a reader does with the tokens: points, selects, pins, searches. */
export type Reading = ReturnType<typeof createReading>;

export function createReading(
  { element, store, views, popup, colors, say }: Page,
  host: Host,
  signal: AbortSignal,
) {
  let current: Selected | undefined;

  const card = (
    number: number,
    index: number,
    choose?: (alternative: number) => void,
  ): readonly Node[] => {
    const view = views[number];
    return view ? cardContent(view.generation, index, store.metrics, choose) : [];
  };
  /** Shows what is selected, found, pinned, highlighted or hovered elsewhere. */
  const mark = (): void => {
    views.forEach((view, k) => {
      view.marks = {
        highlighted: spansIn(k, host.get("highlight")),
        selected: spansIn(k, host.get("selection")),
        pinned: spansOf(pins.of(k).map((index) => [index, index + 1] as const)),
        match: search.matches(k),
        "current-match": spansIn(k, current && [current]),
        hovered: view.marks["hovered"],
      };
      view.tokens.repaint();
    });
  };
  const help = createHelp(element);
  const pins = createPins(element, mark);
  const search = createSearch(element, {
    find: (text) =>
      views.flatMap((view, k) => view.find(text).map((found): Selected => [k, ...found])),
    answer: () => host.get("filtered"),
    ask: (condition) => host.send({ type: "filter", condition }),
    show(found, isByItself) {
      current = found;
      mark();
      if (found && !isByItself) views[found[0]]?.tokens.reveal(found[1]);
    },
    leave(found) {
      current = undefined;
      mark();
      const tokens = views[found?.[0] ?? 0]?.tokens;
      tokens?.focus(found?.[1] ?? tokens.current);
    },
  });
  const select = (number: number, spans: Spans): void => {
    const others = (host.get("selection") ?? []).filter(([k]) => k !== number);
    const mine = spans.stretches.map(([start, end]): Selected => [number, start, end]);
    host.set("selection", [...others, ...mine]);
  };
  const choose = (generation: number, position: number) => (alternative: number) => {
    host.send({ type: "choose", generation, position, alternative });
    say("sent to the kernel");
  };
  const pin = (number: number, index: number): void => {
    const chosen = host.get("choosable") ? choose(number, index) : undefined;
    const isPinned = pins.toggle(number, index, () => card(number, index, chosen));
    if (isPinned) popup.hide();
    say(isPinned ? "pinned" : "unpinned");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isOurs = event.key === "Escape" && !event.defaultPrevented && !pins.element.hidden;
    if (!isOurs || !event.composedPath().includes(element)) return;
    pins.clear();
    event.preventDefault();
  };
  on(document, "keydown", onKeyDown, signal);

  return {
    help,
    pins,
    mark,
    search: search.open,
    onAnswer: search.hear,
    /** Makes a generation's tokens answer to keys and pointer. */
    add(view: GenerationView, number: number): void {
      const matches = (): Spans | undefined => {
        const found = view.marks["match"];
        return found?.stretches.length ? found : undefined;
      };
      navigateByKeyboard(view.tokens, {
        sought: () => (matches() ? "match" : "uncertain token"),
        isSought(index) {
          const { look } = colors;
          const found = matches();
          if (found) return found.has(index);
          return !!look && look.color.step(view.generation, index) >= (look.threshold || STEPS / 2);
        },
        isSecondChoice: (index) => view.generation.isSecondChoice(index),
        pin: (index) => pin(number, index),
        search: search.open,
        help,
        say,
      });
      const selected = (): Spans => spansIn(number, host.get("selection"));
      selectTokens(view.tokens, selected, (spans) => select(number, spans));
      mark();
    },
    /** The card of a token, which is the hovered one from now on. */
    hover(token: HTMLElement): readonly Node[] {
      const number = views.findIndex((view) => view.element.contains(token));
      const index = Number(token.dataset["index"]);
      if (number >= 0) host.set("hovered", [number, index]);
      return card(number, index);
    },
    /** No token is hovered. */
    leave: () => host.set("hovered", null),
    /** Shows which token is hovered, here or in a view that is linked with this one. */
    markHovered(): void {
      const [number, position = 0] = host.get("hovered") ?? [];
      views.forEach((view, k) => {
        const hovered = spansOf(k === number ? [[position, position + 1]] : []);
        const before = view.marks["hovered"]?.stretches ?? [];
        view.marks = { ...view.marks, hovered };
        for (const [index] of [...before, ...hovered.stretches]) view.tokens.repaintAt(index);
      });
    },
    place(): void {
      search.place();
      pins.place();
    },
  };
}
