import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import type { Bytes } from "./frame.ts";
import { listenTo } from "./listening.ts";
import { createPlaces } from "./places.ts";
import { createStore, type Store } from "./store.ts";
import type { Folds } from "./tree/outline.ts";
import { createTreeView, type TreeHost } from "./tree/root.ts";
import type { Structure } from "./tree/structure.ts";

interface Traits {
  frame: Bytes | null;
  tree: Structure | null;
  color: string;
  can_branch: boolean;
  error: string;
}

type Model = AnyModel<Traits>;

interface Message {
  readonly type: string;
  readonly tree: Structure;
}

/** What all views of a model share: the tokens, how they belong together, what is folded. */
interface Shared {
  readonly store: Store;
  readonly folds: Folds;
  structure: Structure | null;
}

/** A tree of texts; anywidget calls this once a model. */
export default function treeWidget() {
  let shared: Shared | undefined;
  let show: ReturnType<typeof createPlaces> | undefined;
  return {
    initialize({ model, signal }: InitializeProps<Traits>): void {
      shared = listen(model, signal);
    },
    render({ model, el, signal }: RenderProps<Traits>): void {
      shared ??= listen(model, signal);
      const own = shared;
      show ??= createPlaces((ended) => {
        const view = createTreeView(own.store, hostOf(model, own), own.folds, ended);
        listenTo(model, "change:tree change:color change:error", view.invalidate, ended);
        return view;
      });
      show(el, signal);
    },
  };
}

function hostOf(model: Model, shared: Shared): TreeHost {
  return {
    canBranch: model.get("can_branch"),
    structure: () => shared.structure,
    error: () => model.get("error"),
    color: () => model.get("color"),
    setColor(metric) {
      model.set("color", metric);
      model.save_changes();
    },
    send: (message) => model.send(message),
  };
}

function listen(model: Model, signal: AbortSignal): Shared {
  const shared: Shared = { store: createStore(), folds: new Map(), structure: null };
  const { store } = shared;
  const onFrame = (): void => store.receive(model.get("frame"));
  const onTree = (): void => {
    shared.structure = model.get("tree");
  };
  const onMessage = ({ type, tree }: Message, buffers: readonly Bytes[]): void => {
    if (type !== "append" || tree.seq !== store.seq + 1) return;
    shared.structure = tree;
    store.receive(buffers[0]);
  };
  listenTo(model, "change:tree", onTree, signal);
  listenTo(model, "change:frame", onFrame, signal);
  listenTo(model, "msg:custom", onMessage, signal);
  onTree();
  onFrame();
  return shared;
}
