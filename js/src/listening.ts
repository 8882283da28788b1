import type { AnyModel } from "@anywidget/types";
import { atEnd } from "./dom.ts";

// biome-ignore lint/suspicious/noExplicitAny: anywidget types traits and handlers so
type Any = any;

/** Hears events of a model, until the signal. */
export function listenTo(
  model: AnyModel<Any>,
  events: string,
  handler: (...args: Any[]) => void,
  signal: AbortSignal,
): void {
  for (const event of events.split(" ")) {
    model.on(event, handler);
    atEnd(signal, () => model.off(event as "msg:custom", handler));
  }
}
