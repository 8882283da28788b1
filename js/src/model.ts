import type { AnyModel } from "@anywidget/types";
import { atEnd, on as onEvent } from "./dom.ts";
import { type Bytes, decodeFrame, type Frame } from "./frame.ts";
import { listenTo } from "./listening.ts";
import { createStore, type Store } from "./store.ts";
import type { Host, Traits } from "./traits.ts";

export type Model = AnyModel<Traits>;

/** How often a model tells the kernel what changes fast. */
const QUIET = 50;

/** The kernel, as views know it. */
export function hostOf(model: Model, signal: AbortSignal): Host {
  let timer: ReturnType<typeof setTimeout> | undefined;
  atEnd(signal, () => clearTimeout(timer));
  return {
    send: (message) => model.send(message),
    get: (name) => model.get(name),
    set: (name, value) => {
      model.set(name, value);
      clearTimeout(timer);
      if (name === "hovered") timer = setTimeout(() => model.save_changes(), QUIET);
      else model.save_changes();
    },
  };
}

/** A store of what a model receives. */
export function listen(model: Model, signal: AbortSignal): Store {
  const store = createStore();
  const onFrame = (): void => store.receive(model.get("frame"));
  listenTo(model, "change:frame", onFrame, signal);
  listenTo(model, "msg:custom", handOn, signal);
  onEvent(
    document,
    model.get("address") ?? "",
    (event: Event) => {
      store.take((event as CustomEvent<() => Frame>).detail);
    },
    signal,
  );
  onFrame();
  return store;
}

/** A message brings frames for several models of the page, what is new in all of them in one. */
function handOn({ to = [] }: { to?: readonly string[][] }, buffers: readonly Bytes[]): void {
  to.forEach((addresses, k) => {
    let whole: Frame | undefined;
    const read = (): Frame => {
      whole ??= decodeFrame(buffers[k] as Bytes);
      return whole;
    };
    for (const address of new Set(addresses)) {
      const detail = (): Frame => {
        const frame = read();
        if (frame.kind === "keyframe") return frame;
        return {
          ...frame,
          generations: frame.generations.filter((_, n) => addresses[n] === address),
        };
      };
      document.dispatchEvent(new CustomEvent(address, { detail }));
    }
  });
}
