import type { RenderProps } from "@anywidget/types";
import { atEnd } from "./dom.ts";
import { listenTo } from "./listening.ts";
import { createStepView } from "./step/root.ts";
import { createSavedStep } from "./step/saved.ts";
import type { Traits } from "./step/state.ts";
import { detectTheme, watchTheme } from "./theme.ts";

/** A text made token by token. */
export default { render };

function render({ model, el, signal }: RenderProps<Traits>): void {
  const view = model.get("lists") ? null : createStepView(model);
  const root = view?.element ?? createSavedStep(model);
  const shade = (): void => {
    root.dataset["theme"] = detectTheme(root);
  };
  shade();
  el.append(root);
  requestAnimationFrame(shade);
  watchTheme(shade, signal);
  if (view) {
    listenTo(model, "change:state", view.settle, signal);
    listenTo(model, "change:teach", view.draw, signal);
  }
  atEnd(signal, () => root.remove());
}
