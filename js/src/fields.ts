import type { AnyModel, RenderProps } from "@anywidget/types";
import { atEnd, element } from "./dom.ts";
import { createAnswer } from "./fields/answer.ts";
import type { Tree } from "./fields/schema.ts";
import type { Bytes } from "./frame.ts";
import { keepPlainKeys } from "./plainkeys.ts";
import type { Selected } from "./spans.ts";
import { createStore } from "./store.ts";
import { detectTheme, watchTheme } from "./theme.ts";

interface Traits {
  frame: Bytes | null;
  trees: readonly Tree[];
  selection: Selected[];
}

/** JSON answers as trees: how sure the model was of each value. */
export default { render };

function render({ model, el, signal }: RenderProps<Traits>): void {
  const root = element("div");
  const store = createStore();
  root.className = "lpw lpw-fields";
  keepPlainKeys(root);
  store.receive(model.get("frame"));
  const shade = (): void => {
    root.dataset["theme"] = detectTheme(root);
  };
  const choose = (selection: Selected[]): void => {
    model.set("selection", selection);
    model.save_changes();
  };
  const answers = store.generations.map((generation, k) => {
    const sample = store.generations.length > 1 ? k : -1;
    const tree = model.get("trees")[k] ?? {};
    return createAnswer(tree, generation, store.metrics, sample, (run) =>
      choose(run ? [[k, ...run]] : []),
    );
  });
  const error = element("p.error", store.error);
  error.hidden = !store.error;
  error.role = "alert";
  root.append(error, ...answers.map((answer) => answer.element));
  if (answers.length === 0 && !store.error) root.append(element("p.note", "no answers"));
  const follow = (): void => {
    const selection = model.get("selection");
    for (const [k, answer] of answers.entries()) {
      answer.select(selection.find(([number]) => number === k));
    }
  };
  follow();
  listen(model, follow, signal);
  shade();
  el.append(root);
  requestAnimationFrame(shade);
  watchTheme(shade, signal);
  atEnd(signal, () => root.remove());
}

function listen(model: AnyModel<Traits>, follow: () => void, signal: AbortSignal): void {
  model.on("change:selection", follow);
  atEnd(signal, () => model.off("change:selection", follow));
}
