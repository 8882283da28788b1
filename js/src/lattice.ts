import type { RenderProps } from "@anywidget/types";
import type { LatticeData } from "./lattice/graph.ts";
import { createLattice } from "./lattice/root.ts";

interface Traits {
  data: LatticeData;
}

/** What many runs said, as a graph from left to right. */
export default {
  render({ model, el, signal }: RenderProps<Traits>): void {
    const view = createLattice(model.get("data"), signal);
    el.append(view.element);
    view.place();
  },
};
