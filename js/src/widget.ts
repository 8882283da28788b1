import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import { atEnd } from "./dom.ts";
import type { Bytes } from "./frame.ts";
import { createStore, type Store } from "./store.ts";
import type { Host, Traits } from "./traits.ts";
import { createRoot, type RootView } from "./views/root.ts";

type Model = AnyModel<Traits>;

/** How often a model tells the kernel what changes fast. */
const QUIET = 50;

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
  const showColors = (): void => view.set({ color: model.get("color") });
  on(model, "change:color", showColors, signal);
  on(model, "change:selection change:highlight", view.reading.mark, signal);
  on(model, "change:hovered", view.reading.markHovered, signal);
  atEnd(signal, () => places.splice(places.indexOf(place), 1));
  places.push(place);
  showColors();
  return place;
}

function hostOf(model: Model, signal: AbortSignal): Host {
  let timer: ReturnType<typeof setTimeout> | undefined;
  atEnd(signal, () => clearTimeout(timer));
  return {
    get: (name) => model.get(name),
    set: (name, value) => {
      model.set(name, value);
      clearTimeout(timer);
      if (name === "hovered") timer = setTimeout(() => model.save_changes(), QUIET);
      else model.save_changes();
    },
  };
}

function listen(model: Model, signal: AbortSignal): Store {
  const store = createStore();
  const onFrame = (): void => store.receive(model.get("frame"));
  const onMessage = (message: { type: string }, buffers: readonly Bytes[]): void => {
    if (message.type === "append") store.receive(buffers[0]);
  };
  on(model, "change:frame", onFrame, signal);
  on(model, "msg:custom", onMessage, signal);
  onFrame();
  return store;
}

function on(
  model: Model,
  events: string,
  // biome-ignore lint/suspicious/noExplicitAny: anywidget types its handlers so
  handler: (...args: any[]) => void,
  signal: AbortSignal,
): void {
  for (const event of events.split(" ")) {
    model.on(event, handler);
    atEnd(signal, () => model.off(event as "msg:custom", handler));
  }
}
