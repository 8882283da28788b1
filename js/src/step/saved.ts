import type { AnyModel } from "@anywidget/types";
import { button, element, on } from "../dom.ts";
import { createChoices } from "./choices.ts";
import { createScore } from "./score.ts";
import { rankOfWhatCame, type State, type Traits } from "./state.ts";
import { createText } from "./text.ts";

/** A text as a notebook's file kept it: read, place by place, with what could have come. */
export function createSavedStep(model: AnyModel<Traits>) {
  const saved = model.get("state");
  const lists = model.get("lists") ?? [];
  const isTeaching = model.get("teach");
  const count = saved.text.token.length;
  let at = saved.at;

  const go = (to: number): void => {
    if (isTeaching || to < 0 || to > count) return;
    at = to;
    draw();
  };
  const asked = element("span.asked", saved.asked);
  const back = button("← back", "one token back (← or Backspace)", () => go(at - 1));
  const forward = button("on →", "one token on (→)", () => go(at + 1));
  const controls = element("div.controls", back, forward);
  const text = createText(go);
  const score = createScore();
  const note = element("p.step-note", "As it was saved: run the cell again to go on.");
  const choices = createChoices(null);
  const root = element(
    "div.step",
    element("div.header", element("span.source", saved.model || "a text"), asked),
    controls,
    text.element,
    score.element,
    note,
    choices.element,
  );
  root.classList.add("lpw");
  asked.title = saved.asked;
  controls.hidden = isTeaching;

  const draw = (): void => {
    const listed = isTeaching ? saved.review : (lists[at] ?? null);
    const now: State = { ...saved, at, listed, ahead: count - at };
    back.ariaDisabled = String(at === 0);
    forward.ariaDisabled = String(at === count);
    text.update(now);
    score.update(now, isTeaching);
    if (isTeaching) choices.update(listed, saved.guess);
    else choices.update(listed, null, rankOfWhatCame(now));
  };
  on(root, "keydown", (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowLeft: -1, Backspace: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    go(at + step);
    event.preventDefault();
  });
  for (const one of [back, forward]) one.removeAttribute("aria-label");
  draw();
  return root;
}
