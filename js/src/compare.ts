import type { AnyModel, RenderProps } from "@anywidget/types";
import { createPair, type PairData } from "./compare/pairs.ts";
import { createCompare } from "./compare/root.ts";
import { atEnd } from "./dom.ts";
import type { Bytes } from "./frame.ts";
import { createStore } from "./store.ts";

/** What the page and the kernel share, see lpwidgets/display/compare.py. */
interface Traits {
  frame: Bytes | null;
  pairs: PairData[];
  names: string[];
  summaries: string[];
  color: string;
}

function render({ model, el, signal }: RenderProps<Traits>): void {
  const store = createStore();
  store.receive(model.get("frame"));
  const compared = {
    store,
    pairs: model.get("pairs").map(createPair),
    names: model.get("names"),
    summaries: model.get("summaries"),
  };
  const choose = (color: string): void => {
    model.set("color", color);
    model.save_changes();
  };
  const view = createCompare(compared, choose, signal);
  const showColor = (): void => view.color(model.get("color"));
  listen(model, "change:color", showColor, signal);
  showColor();
  el.append(view.element);
  view.draw();
}

function listen(
  model: AnyModel<Traits>,
  event: "change:color",
  act: () => void,
  signal: AbortSignal,
): void {
  model.on(event, act);
  atEnd(signal, () => model.off(event, act));
}

export default { render };
