import { cardContent } from "../card.ts";
import { createColors } from "../colors.ts";
import { atEnd, changes, element, on } from "../dom.ts";
import type { Generation } from "../generation.ts";
import { showCards } from "../hover.ts";
import { createPopup } from "../popup.ts";
import { spansIn } from "../spans.ts";
import type { Store } from "../store.ts";
import { detectTheme, watchTheme } from "../theme.ts";
import type { Host } from "../traits.ts";
import { type Column, columnsOf, type Place } from "./columns.ts";
import { createGrid } from "./grid.ts";
import { nextSorting, placesOf, type Sorting } from "./order.ts";
import { headRow, markSorting, tokenRow } from "./row.ts";

/** Tokens as rows of numbers. */
export function createTable(store: Store, host: Host, signal: AbortSignal) {
  const colors = createColors();
  const root = element("div");
  const menu = element("select.menu");
  const count = element("span.count");
  const error = element("p.error");
  const isOther = changes();
  const popup = createPopup(() => host.set("hovered", null));
  let places: readonly Place[] = [];
  let sorting: Sorting | undefined;
  let head: HTMLElement = element("tr");
  let frame = 0;

  const columns = () => columnsOf(store.metrics, colors.color, store.generations.length);
  const placeAt = (at: number): Place => places[at] as Place;
  const generationAt = (at: number): Generation => store.generations[placeAt(at)[0]] as Generation;
  const isSelected = ([number, index]: Place): boolean =>
    spansIn(number, host.get("selection")).has(index);
  const isHovered = (place: Place): boolean => String(host.get("hovered")) === String(place);

  const sortBy = (column: Column): void => {
    sorting = nextSorting(column, sorting);
    schedule();
  };
  const card = (token: HTMLElement): readonly Node[] => {
    const at = Number(token.parentElement?.dataset["at"]);
    host.set("hovered", [...placeAt(at)]);
    return cardContent(generationAt(at), placeAt(at)[1], store.metrics);
  };
  const grid = createGrid(
    {
      head() {
        const [left, right] = columns();
        const labels = [...left, ...right].map(({ label }) => label);
        if (isOther(labels)) head = headRow([left, right], sortBy);
        markSorting(head, sorting);
        return head;
      },
      row: (at) => tokenRow(columns(), generationAt(at), placeAt(at), colors.look),
      mark(row, at) {
        row.ariaSelected = String(isSelected(placeAt(at)));
        row.classList.toggle("lpw-hovered", isHovered(placeAt(at)));
      },
      go(row) {
        const token = row.querySelector<HTMLElement>(".lpw-token");
        if (token) popup.show(token, card(token));
      },
      choose(at) {
        const [number, index] = placeAt(at);
        host.set("selection", isSelected(placeAt(at)) ? [] : [[number, index, index + 1]]);
      },
    },
    signal,
  );
  const place = (): void => {
    if (popup.anchor?.isConnected) popup.place();
    else popup.hide();
  };
  /** Lists the tokens anew. */
  const draw = (): void => {
    frame = 0;
    const { generations, metrics, live } = store;
    const { condition = "", runs } = host.get("filtered") ?? {};
    root.dataset["theme"] = detectTheme(root);
    colors.color = host.get("color");
    colors.update(store, []);
    places = placesOf(generations, condition ? runs : undefined, sorting);
    menu.replaceChildren(
      ...metrics.map(({ name, label }) => Object.assign(element("option", label), { value: name })),
    );
    menu.value = colors.color;
    error.textContent = store.error;
    error.hidden = !store.error;
    const total = generations.reduce((sum, { length }) => sum + length, 0);
    const tokens = `${total.toLocaleString("en")} tokens${live ? " so far" : ""}`;
    const shown = `${places.length.toLocaleString("en")} of ${tokens}: ${condition}`;
    count.textContent = condition ? shown : tokens;
    grid.update(places.length, count.textContent);
    place();
  };
  const schedule = (): void => {
    frame ||= requestAnimationFrame(draw);
  };

  root.className = "lpw lpw-numbers";
  root.dataset["lmSuppressShortcuts"] = "true";
  count.role = "status";
  error.role = "alert";
  on(menu, "change", () => host.set("color", menu.value));
  const choice = element("label.choice", "color by ", menu);
  root.append(error, element("div.above", count, choice), grid.element, popup.element);
  showCards(root, popup, card, signal);
  on(document, "scroll", place, signal, true);
  on(window, "resize", schedule, signal);
  store.subscribe(schedule, signal);
  watchTheme(schedule, signal);
  atEnd(signal, () => {
    cancelAnimationFrame(frame);
    popup.hide();
    root.remove();
  });

  return {
    element: root,
    draw,
    schedule,
    /** Shows what is hovered or selected in a view that is linked with this one. */
    mark: grid.mark,
    follow(): void {
      grid.mark();
      const at = places.findIndex(isSelected);
      if (at >= 0) grid.show(at);
    },
  };
}
