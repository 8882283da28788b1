import { button, element } from "../dom.ts";
import { formatPercent } from "../format.ts";
import type { Generation } from "../generation.ts";
import type { Metric } from "../schema.ts";
import type { Selected } from "../spans.ts";
import { createHeader } from "../views/header.ts";
import { CONSTRAINED, probabilityOf, rowsOf, textNodes } from "./field.ts";
import type { Entry, Tree } from "./schema.ts";
import { createTree } from "./tree.ts";

type Run = readonly [start: number, stop: number];

/** One answer: who gave it, and its values as a tree; `sample` is −1 for the only one. */
export function createAnswer(
  tree: Tree,
  generation: Generation,
  metrics: readonly Metric[],
  sample: number,
  onOpen: (run: Run | undefined) => void,
) {
  const { entries = [], least = -1, complete = true } = tree;
  const header = createHeader();
  const { rows, at, entryAt } = rowsOf(tree, generation, metrics);
  const label = sample < 0 ? "fields" : `fields of answer ${sample + 1}`;
  let isTold = true;
  const view = createTree(rows, label, (row) => {
    const entry = row === undefined ? undefined : entryAt(row);
    if (isTold) onOpen(entry && runOf(entry));
  });
  const values = entries.filter(({ size, problem }) => !size && problem !== "missing").length;
  const fact = { label: values === 1 ? "value" : "values", value: values.toLocaleString("en") };
  header.update(
    { ...generation.head, facts: [{ ...fact, title: "" }] },
    sample < 0 ? "" : String(sample + 1),
  );
  const worst = entries[least];
  if (worst) {
    const jump = button("", "go to the least likely value", () => {
      view.bring(at[least] as number);
      view.focus(at[least]);
    });
    jump.append("least likely: ", element("code", ...textNodes(worst.path)));
    jump.append(` ${formatPercent(probabilityOf(worst))}`);
    jump.classList.add("lpw-jump");
    header.element.append(jump);
  }
  if (view.canFold) header.element.append(foldButton(view.foldAll));
  const notes: HTMLElement[] = [
    ...(complete ? [] : ["cut off: the document was not closed"]),
    ...(tree.constrained ? [CONSTRAINED] : []),
  ].map((note) => element("p.note", note));
  if (tree.said || entries.length === 0) notes.push(without(tree.said));
  const select = (run: Selected | undefined): void => {
    const shown = entryAt(view.opened ?? -1);
    if (run && shown && isRun(shown, run)) return;
    const wanted = run && entries.findIndex((entry) => isRun(entry, run));
    const row = wanted === undefined || wanted < 0 ? undefined : at[wanted];
    if (row === view.opened) return;
    isTold = false;
    if (row === undefined) view.open(undefined);
    else view.bring(row);
    isTold = true;
  };
  return {
    element: element("section.generation", header.element, view.element, ...notes),
    /** Opens the value that has these tokens, and closes any other. */
    select,
  };
}

function runOf({ start = 0, stop = 0 }: Entry): Run {
  return [start, stop];
}

function isRun({ start = -1, stop = -1 }: Entry, [, from, to]: Selected): boolean {
  return stop >= 0 && start === from && stop === to;
}

function foldButton(foldAll: (isFolded: boolean) => void): HTMLElement {
  let isFolded = false;
  const node = button("fold all", "", () => {
    isFolded = !isFolded;
    foldAll(isFolded);
    say();
  });
  const say = (): void => {
    node.textContent = isFolded ? "unfold all" : "fold all";
    node.ariaLabel = null;
    node.title = "";
  };
  say();
  return node;
}

function without(said = ""): HTMLElement {
  const note = element("p.note", said ? "no JSON in this answer: " : "no JSON in this answer");
  if (said) note.append(element("q", ...textNodes(said)));
  return note;
}
