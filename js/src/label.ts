import type { AnyModel, RenderProps } from "@anywidget/types";
import { atEnd, button, element, on } from "./dom.ts";
import { CHOICES, createAnswer } from "./label/answer.ts";
import { createDiagram } from "./label/diagram.ts";
import { createMarks, type Mark, type Traits } from "./label/marks.ts";
import { keepPlainKeys } from "./plainkeys.ts";
import { detectTheme, watchTheme } from "./theme.ts";

/** Answers that come onto the page at once. */
const PAGE = 100;

/** Answers one below the other, to be marked as right or wrong. */
export default { render };

function render({ model, el, signal }: RenderProps<Traits>): void {
  const root = element("div");
  root.className = "lpw lpw-labels";
  keepPlainKeys(root);
  root.append(...createLabelling(model, signal));
  const shade = (): void => {
    root.dataset["theme"] = detectTheme(root);
  };
  shade();
  el.append(root);
  requestAnimationFrame(shade);
  watchTheme(shade, signal);
  atEnd(signal, () => root.remove());
}

function createLabelling(model: AnyModel<Traits>, signal: AbortSignal): HTMLElement[] {
  const answers = model.get("answers");
  const isFixed = model.get("fixed") ?? false;
  const marks = createMarks(model);
  const diagram = createDiagram();
  const views: ReturnType<typeof createAnswer>[] = [];
  const list = element("div.answers");
  const count = element("span.count");
  const fill = element("span.bar-fill");
  const undoing = button("undo", "take the last mark back (z)", () => undo());
  const next = button("next unlabelled", "go to the next unlabelled answer", () => goOn());
  const announcement = element("p.spoken");
  const more = button("", "", () => addUpTo(views.length + PAGE));
  let current = 0;
  announcement.role = "status";
  list.role = "group";
  list.ariaLabel = "answers";
  for (const node of [undoing, next, more]) node.removeAttribute("aria-label");

  const addUpTo = (length: number): void => {
    const end = Math.min(length, answers.length);
    for (let index = views.length; index < end; index++) {
      const place = `answer ${index + 1} of ${answers.length}`;
      const answer = answers[index] as Traits["answers"][number];
      const onMark = isFixed ? undefined : (mark: Mark) => judge(index, mark);
      const view = createAnswer(answer, place, onMark);
      view.element.dataset["index"] = String(index);
      views.push(view);
      list.append(view.element);
    }
    draw();
  };
  const draw = (): void => {
    views.forEach((view, index) => {
      view.update(marks.of(index), index === current);
    });
    const unsure = model.get("unsure").length;
    const labelled = `${marks.count} of ${answers.length} labelled`;
    count.textContent = unsure ? `${labelled}, ${unsure} unsure` : labelled;
    fill.style.width = `${(100 * marks.count) / Math.max(1, answers.length)}%`;
    undoing.toggleAttribute("disabled", !marks.canUndo);
    next.toggleAttribute("disabled", following() === undefined);
    const rest = answers.length - views.length;
    more.hidden = rest === 0;
    more.textContent = `${rest.toLocaleString("en")} more answers: show ${Math.min(rest, PAGE)}`;
    const judged = answers.flatMap(({ score }, k) => {
      const label = model.get("labels")[k] ?? null;
      return score === null || label === null ? [] : [{ score, label }];
    });
    diagram.draw(
      judged.map(({ score }) => score),
      judged.map(({ label }) => label),
    );
  };
  const judge = (index: number, mark: Mark): void => {
    current = index;
    marks.mark(index, mark);
    const now = marks.of(index);
    const said = now === "none" ? "not labelled" : now;
    announcement.textContent = `answer ${index + 1} ${said}, ${count.textContent}`;
  };
  const focus = (index: number): void => {
    if (index < 0 || index >= answers.length) return;
    if (index >= views.length) addUpTo(index + PAGE);
    current = index;
    draw();
    const { element } = views[index] as (typeof views)[number];
    element.focus({ preventScroll: true });
    element.scrollIntoView?.({ block: "nearest" });
  };
  /** The next answer without a mark, after the last one from the first again. */
  const following = (): number | undefined => {
    const order = answers.map((_, k) => (current + 1 + k) % answers.length);
    return order.find((index) => marks.of(index) === "none");
  };
  const goOn = (): void => focus(following() ?? current);
  const undo = (): void => {
    const index = marks.undo();
    if (index === undefined) return;
    announcement.textContent = `answer ${index + 1}: mark taken back`;
    focus(index);
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => focus(current + 1),
    ArrowUp: () => focus(current - 1),
    Home: () => focus(0),
    End: () => focus(views.length - 1),
    ...(isFixed ? {} : { z: undo }),
  };
  for (const [mark, , names] of isFixed ? [] : CHOICES) {
    for (const name of names.split(" ")) {
      keys[name] = () => {
        judge(current, mark);
        if (marks.of(current) === mark) goOn();
      };
    }
  }
  on(list, "keydown", (event: KeyboardEvent) => {
    const isUndo = (event.ctrlKey || event.metaKey) && event.key === "z";
    if (!isUndo && (event.altKey || event.ctrlKey || event.metaKey)) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  on(list, "focusin", ({ target }) => {
    const found = (target as Element).closest<HTMLElement>(".lpw-answer")?.dataset["index"];
    if (found === undefined || Number(found) === current) return;
    current = Number(found);
    draw();
  });
  for (const name of ["labels", "unsure"] as const) {
    model.on(`change:${name}`, draw);
    atEnd(signal, () => model.off(`change:${name}`, draw));
  }
  addUpTo(PAGE);
  const help = element("p.keys", ...keysHelp());
  help.hidden = undoing.hidden = isFixed;
  const progress = element("div.progress", count, element("span.bar", fill), undoing, next);
  const side = element("aside.side", diagram.element, help);
  side.hidden = answers.length === 0;
  const body = element("div.columns", element("div.list", list, more), side);
  return [progress, announcement, body];
}

function keysHelp(): (Node | string)[] {
  const rows: (readonly [string, string])[] = [
    ...CHOICES.map(([mark, , keys]) => [keys, mark] as const),
    ["↑ ↓", "move"],
    ["z", "undo"],
  ];
  return rows.flatMap(([keys, does]) => [
    ...keys.split(" ").map((key) => element("kbd", key)),
    `${does}  `,
  ]);
}
