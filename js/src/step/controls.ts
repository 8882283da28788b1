import { button, element, on } from "../dom.ts";
import type { State } from "./state.ts";

const USUAL = 32;
const MOST = 999;

export interface Acts {
  readonly back: () => void;
  readonly forward: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly run: () => void;
  readonly stop: () => void;
  readonly next: () => void;
}

/** Back and on, undo and redo, and letting the model run. */
export function createControls(acts: Acts) {
  const plain = (label: string, title: string, act: () => void): HTMLElement => {
    const node = button(label, title, () => {
      if (node.ariaDisabled !== "true") act();
    });
    node.removeAttribute("aria-label");
    return node;
  };
  const back = plain("← back", "take one token back (← or Backspace)", acts.back);
  const forward = plain("on →", "one token on, into what was cut off (→)", acts.forward);
  const undo = plain("undo", "take the last change back (z)", acts.undo);
  const redo = plain("redo", "make it again (y)", acts.redo);
  const run = plain("let it run", "let the model go on (r)", acts.run);
  const stop = plain("stop", "end it where it is (Escape)", acts.stop);
  const next = plain("show it", "see the next token without a guess", acts.next);
  const count = element("input.field.count");
  const running = element("span.run", run, stop, count, "tokens");
  const box = element("div.controls", back, forward, undo, redo, running, next);
  count.type = "number";
  count.min = "1";
  count.max = String(MOST);
  count.value = String(USUAL);
  count.ariaLabel = "how many tokens to run";
  on(count, "keydown", (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    acts.run();
  });
  /** Says that something cannot be done; a button that has the focus keeps it. */
  const enable = (node: HTMLElement, isAble: boolean): void => {
    node.ariaDisabled = String(!isAble);
  };
  return {
    element: box,
    get tokens() {
      return Math.min(MOST, Math.max(1, Math.round(Number(count.value)) || USUAL));
    },
    update(
      { at, ahead, undo: canUndo, redo: canRedo, running: runs, ...state }: State,
      teach: boolean,
    ) {
      const hadStop = stop.getRootNode() instanceof Document && document.activeElement === stop;
      enable(back, at > 0 && !runs);
      enable(forward, ahead > 0 && !runs);
      enable(undo, canUndo && !runs);
      enable(redo, canRedo && !runs);
      enable(run, !state.over);
      enable(next, !state.over);
      forward.hidden = undo.hidden = redo.hidden = teach;
      running.hidden = teach || !state.client;
      run.hidden = runs;
      stop.hidden = !runs;
      next.hidden = !teach;
      if (hadStop && !runs) run.focus();
    },
  };
}
