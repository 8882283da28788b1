import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import type { Bytes } from "./frame.ts";
import { Store } from "./store.ts";
import { RootView } from "./views/root.ts";

interface Traits {
  frame: Bytes | null;
  color: string;
}

/** anywidget calls this once a model, so the store is shared by the model's views. */
export default function widget() {
  let store: Store | undefined;

  return {
    initialize({ model, signal }: InitializeProps<Traits>): void {
      store = listen(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): void {
      store ??= listen(model, signal);
      const choose = (name: string): void => {
        model.set("color", name);
        model.save_changes();
      };
      const view = new RootView(store, choose, signal);
      const showColor = (): void => {
        view.color = model.get("color");
      };
      on(model, "change:color", showColor, signal);
      el.append(view.element);
      signal.addEventListener("abort", () => view.element.remove(), { once: true });
      showColor();
      view.draw();
    },
  };
}

function listen(model: AnyModel<Traits>, signal: AbortSignal): Store {
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
  model: AnyModel<Traits>,
  event: string,
  // biome-ignore lint/suspicious/noExplicitAny: anywidget types its handlers so
  handler: (...args: any[]) => void,
  signal: AbortSignal,
): void {
  model.on(event, handler);
  signal.addEventListener("abort", () => model.off(event as "msg:custom", handler), { once: true });
}
