import type { InitializeProps, RenderProps } from "@anywidget/types";
import { atEnd } from "./dom.ts";
import { hostOf, listen, type Model, on } from "./model.ts";
import type { Store } from "./store.ts";
import type { Traits } from "./traits.ts";
import { createRoot, type RootView } from "./views/root.ts";

/** anywidget calls this once a model, so the store is shared by the model's views. */
export default function widget() {
  let store: Store | undefined;
  const places: Place[] = [];

  return {
    initialize({ model, signal }: InitializeProps<Traits>): void {
      store = listen(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): void {
      store ??= listen(model, signal);
      const left = places.find((place) => place.wasShown && !place.el?.parentNode);
      const place = left ?? newPlace(model, store, places);
      place.signal = signal;
      place.el = el;
      el.append(place.view.element);
      if (left) place.view.resume();
      else place.view.draw();
      requestAnimationFrame(() => {
        place.wasShown = el.isConnected;
      });
      atEnd(signal, () => {
        if (place.signal === signal) place.controller.abort();
      });
    },
  };
}

/**
 * A view and where it is. Notebooks render an output again when its saved form changes, and
 * just drop what was there: the view then moves on, with all that is open in it.
 */
interface Place {
  readonly view: RootView;
  readonly controller: AbortController;
  el: HTMLElement | undefined;
  signal: AbortSignal | undefined;
  wasShown: boolean;
}

function newPlace(model: Model, store: Store, places: Place[]): Place {
  const controller = new AbortController();
  const { signal } = controller;
  const view = createRoot(store, hostOf(model, signal), signal);
  const place = { view, controller, el: undefined, signal: undefined, wasShown: false };
  const showColors = (): void =>
    view.set({ color: model.get("color"), underline: model.get("underline") ?? "" });
  on(model, "change:color change:underline", showColors, signal);
  on(model, "change:selection change:highlight", view.reading.mark, signal);
  on(model, "change:hovered", view.reading.markHovered, signal);
  on(model, "change:filtered", view.reading.onAnswer, signal);
  atEnd(signal, () => places.splice(places.indexOf(place), 1));
  places.push(place);
  showColors();
  view.reading.onAnswer();
  return place;
}
