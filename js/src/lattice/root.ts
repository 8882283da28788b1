import { atEnd, element, labelled, on } from "../dom.ts";
import { showCards } from "../hover.ts";
import { createPopup } from "../popup.ts";
import { detectTheme, watchTheme } from "../theme.ts";
import { answersTable } from "./answers.ts";
import { createGraph, type LatticeData } from "./graph.ts";
import { createPicture } from "./picture.ts";
import { firstPaths, withSingles } from "./pruned.ts";

/** Paths that a fold opens at a time. */
const MORE = 12;

/** A lattice and all that stands around it. */
export function createLattice(data: LatticeData, signal: AbortSignal) {
  const graph = createGraph(data);
  const first = firstPaths(graph);
  const root = element("div");
  root.className = "lpw lpw-lattice";
  const popup = createPopup(() => picture.mark(undefined));
  const picture = createPicture(graph, {
    open({ paths }) {
      const next = paths.slice(0, MORE);
      show(withSingles(graph, new Set([...open, ...next])));
      picture.focus(next[0]);
    },
  });
  const again = element("button.button", "fold again");
  on(again, "click", () => {
    show(first);
    picture.focus(undefined);
  });
  let open = first;
  const show = (paths: Set<number>): void => {
    popup.hide();
    open = paths;
    again.hidden = open.size === first.size;
    picture.update(open);
  };
  root.append(
    header(data),
    picture.element,
    answersTable(graph),
    legend(again),
    ...data.notes.map((note) => element("p.note", note)),
    popup.element,
  );
  show(open);

  const card = (target: HTMLElement): HTMLElement[] => {
    const part = picture.partOf(target);
    picture.mark(part?.paths);
    return part?.card() ?? [];
  };
  showCards(root, popup, card, signal);
  const shade = (): void => {
    root.dataset["theme"] = detectTheme(root);
  };
  watchTheme(shade, signal);
  shade();
  const place = (): void => {
    shade();
    picture.place();
  };
  const sizes = new ResizeObserver(place);
  sizes.observe(root);
  on(document, "scroll", popup.place, signal, true);
  atEnd(signal, () => {
    sizes.disconnect();
    root.remove();
  });
  return { element: root, place };
}

function header({ source, facts }: LatticeData): HTMLElement {
  const names = source.map((name) => element("span", name));
  const figures = facts.map((fact) => labelled(...fact));
  return element("div.header", element("span.source", ...names), element("div.facts", ...figures));
}

function legend(again: HTMLElement): HTMLElement {
  return element(
    "div.legend",
    element(
      "span.scale",
      element("span", "probability 100 %"),
      element("span.gradient"),
      element("span", "0 %"),
    ),
    element("span.scale", element("span.stream-key"), "as thick as its share of the runs"),
    again,
  );
}
