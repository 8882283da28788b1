import { type Layout, thickness } from "./layout.ts";
import type { Link, Node } from "./pruned.ts";

const SVG = "http://www.w3.org/2000/svg";
/** Pixels that a single run can be seen at. */
const THIN = 1.25;

/** The streams, and over them what the reader points at. */
export function createStreams(total: number) {
  const all = group("lpw-streams");
  const some = group("lpw-marked-streams");
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("aria-hidden", "true");
  picture.append(all, some);
  let layout: Layout | undefined;
  let marked = (_: Node | Link): number => 0;
  const draw = (into: SVGGElement, runs: (of: Node | Link) => number): void => {
    const lines = (layout?.streams ?? []).map(({ of, path }) => {
      const count = runs(of);
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("d", path);
      if (("to" in of ? of.to : of).kind === "fold") line.setAttribute("class", "lpw-folded");
      line.setAttribute("stroke-width", String(Math.max(THIN, thickness(count, total))));
      return count > 0 ? line : undefined;
    });
    into.replaceChildren(...lines.filter((line) => line !== undefined));
  };
  return {
    element: picture,
    update(now: Layout): void {
      layout = now;
      picture.setAttribute("width", String(now.width));
      picture.setAttribute("height", String(now.height));
      draw(all, ({ runs }) => runs);
      draw(some, marked);
    },
    /** Marks how many of the runs of each stream are meant. */
    mark(runs: typeof marked): void {
      marked = runs;
      draw(some, runs);
    },
  };
}

function group(name: string): SVGGElement {
  const node = document.createElementNS(SVG, "g");
  node.setAttribute("class", name);
  return node;
}
