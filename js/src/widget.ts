import type { InitializeProps, RenderProps } from "@anywidget/types";
import { listenTo } from "./listening.ts";
import { hostOf, listen, type Model } from "./model.ts";
import { createPlaces } from "./places.ts";
import type { Store } from "./store.ts";
import type { Traits } from "./traits.ts";
import { createRoot, type RootView } from "./views/root.ts";

/** anywidget calls this once a model, so the store is shared by the model's views. */
export default function widget() {
  let store: Store | undefined;
  let show: ReturnType<typeof createPlaces> | undefined;
  return {
    initialize({ model, signal }: InitializeProps<Traits>): void {
      store = listen(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): void {
      store ??= listen(model, signal);
      const shared = store;
      show ??= createPlaces((lasting) => newView(model, shared, lasting));
      show(el, signal);
    },
  };
}

function newView(model: Model, store: Store, signal: AbortSignal): RootView {
  const view = createRoot(store, hostOf(model, signal), signal);
  const showColors = (): void =>
    view.set({ color: model.get("color"), underline: model.get("underline") ?? "" });
  listenTo(model, "change:color change:underline", showColors, signal);
  listenTo(model, "change:selection change:highlight", view.reading.mark, signal);
  listenTo(model, "change:hovered", view.reading.markHovered, signal);
  listenTo(model, "change:filtered", view.reading.onAnswer, signal);
  showColors();
  view.reading.onAnswer();
  return view;
}
