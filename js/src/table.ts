import type { InitializeProps, RenderProps } from "@anywidget/types";
import { listenTo } from "./listening.ts";
import { hostOf, listen } from "./model.ts";
import type { Store } from "./store.ts";
import { createTable } from "./table/root.ts";
import type { Traits } from "./traits.ts";

/** anywidget calls this once a model, so the store is shared by the model's views. */
export default function table() {
  let store: Store | undefined;
  return {
    initialize({ model, signal }: InitializeProps<Traits>): void {
      store = listen(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): void {
      store ??= listen(model, signal);
      const view = createTable(store, hostOf(model, signal), signal);
      listenTo(model, "change:color change:filtered", view.schedule, signal);
      listenTo(model, "change:selection", view.follow, signal);
      listenTo(model, "change:hovered", view.mark, signal);
      el.append(view.element);
      view.draw();
      requestAnimationFrame(view.draw);
    },
  };
}
