import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import type { Bytes } from "./frame.ts";
import { Store } from "./store.ts";
import type { Host, Traits } from "./traits.ts";
import { RootView } from "./views/root.ts";

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
      const end = (): void => {
        if (place.signal === signal) place.controller.abort();
      };
      signal.addEventListener("abort", end, { once: true });
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
  const view = new RootView(store, hostOf(model, signal), signal);
  const place = { view, controller, el: undefined, signal: undefined, wasShown: false };
  const showColors = (): void => {
    view.set({ color: model.get("color"), underline: model.get("underline") ?? "" });
  };
  on(model, "change:color change:underline", showColors, signal);
  on(model, "change:selection change:highlight", () => view.reading.mark(), signal);
  on(model, "change:hovered", () => view.reading.markHovered(), signal);
  signal.addEventListener("abort", () => places.splice(places.indexOf(place), 1), { once: true });
  places.push(place);
  showColors();
  return place;
}

function hostOf(model: Model, signal: AbortSignal): Host {
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
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
  const store = new Store();
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
    const stop = (): void => model.off(event as "msg:custom", handler);
    signal.addEventListener("abort", stop, { once: true });
  }
}
