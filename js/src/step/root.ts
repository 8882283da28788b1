import type { AnyModel } from "@anywidget/types";
import { button, changes, element, focusedBeside, on } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { keepPlainKeys } from "../plainkeys.ts";
import { createChoices } from "./choices.ts";
import { type Acts, createControls } from "./controls.ts";
import { drawKeys, GUESS_KEYS, STEP_KEYS } from "./keys.ts";
import { createScore, verdict } from "./score.ts";
import { type State, shareOf, spokenName, type Traits } from "./state.ts";
import { createText } from "./text.ts";
import { createTyping } from "./typing.ts";

/** The whole view: what was said, what may come next, and what can be done. */
export function createStepView(model: AnyModel<Traits>) {
  const state = (): State => model.get("state");
  const isNews = changes();
  let isWaiting = false;
  let isHelping = false;

  /** Asks the kernel for something, once: what comes then may be another text. */
  const ask = (type: string, more: object = {}): void => {
    if (isWaiting || state().running) return;
    isWaiting = true;
    root.dataset["waiting"] = "true";
    model.send({ type, at: state().at, ...more });
  };
  const pick = (rank: number): void => ask("pick", { rank });
  const go = (position: number): void => ask("rewind", { position });
  const acts: Acts = {
    back: () => state().at > 0 && go(state().at - 1),
    forward: () => state().ahead > 0 && !model.get("teach") && go(state().at + 1),
    undo: () => state().undo && ask("undo"),
    redo: () => state().redo && ask("redo"),
    next: () => !state().over && ask("next"),
    run: () => state().client && !state().over && ask("run", { tokens: controls.tokens }),
    stop: () => model.send({ type: "stop" }),
  };
  const teach = (): void => {
    model.set("teach", !model.get("teach"));
    model.save_changes();
    if (model.get("teach") && !typing.element.hidden) typing.focus();
  };
  const help = (): void => {
    isHelping = !isHelping;
    draw();
  };

  const source = element("span.source");
  const asked = element("span.asked");
  const mode = button("", "switch between guessing and choosing (t)", teach);
  const helping = button("?", "keys (?)", help);
  const announcement = element("p.spoken");
  const error = element("p.step-error");
  const note = element("p.step-note");
  const keys = element("div");
  const text = createText(go);
  const choices = createChoices(pick);
  const controls = createControls(acts);
  const score = createScore();
  const typing = createTyping(
    (said) => ask(model.get("teach") ? "guess" : "write", { text: said }),
    () => (choices.count > 0 ? choices.focus(0) : text.focus()),
  );
  const root = element(
    "div.step",
    announcement,
    element("div.header", source, asked, mode, helping),
    controls.element, // above the text, which grows: a button must not move when it is pressed
    keys,
    error,
    text.element,
    typing.element,
    score.element,
    note,
    choices.element,
  );
  root.classList.add("lpw");
  announcement.role = "status";
  error.role = "alert";
  mode.removeAttribute("aria-label");
  keepPlainKeys(root);

  const table: Record<string, () => void> = {
    ArrowLeft: acts.back,
    Backspace: acts.back,
    ArrowRight: acts.forward,
    z: acts.undo,
    y: acts.redo,
    r: () => !model.get("teach") && acts.run(),
    n: () => model.get("teach") && acts.next(),
    Escape: acts.stop,
    t: teach,
    "/": typing.focus,
    "?": help,
  };
  on(root, "keydown", (event: KeyboardEvent) => {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (target instanceof HTMLInputElement) return;
    const isRank = /^[1-9]$/.test(key) && !model.get("teach");
    if (isRank && Number(key) <= choices.count) pick(Number(key));
    else if (!isRank && table[key]) table[key]();
    else if (!choices.move(key)) return;
    event.preventDefault();
  });

  const drawHead = (now: State, isTeaching: boolean): void => {
    source.textContent = now.model || "a text";
    asked.textContent = asked.title = now.asked;
    mode.textContent = isTeaching ? "choose instead" : "guess instead";
    error.textContent = now.error;
    error.hidden = !now.error;
    keys.replaceChildren(...(isHelping ? [drawKeys(isTeaching ? GUESS_KEYS : STEP_KEYS)] : []));
    helping.ariaExpanded = String(isHelping);
  };
  const draw = (): void => {
    const now = state();
    const hadFocus = root.contains(focusedBeside(root));
    const isTeaching = model.get("teach");
    const listed = isTeaching ? now.review : now.listed;
    drawHead(now, isTeaching);
    text.update(now);
    controls.update(now, isTeaching);
    typing.element.hidden = now.over || (!isTeaching && !now.client);
    typing.update(isTeaching);
    score.update(now, isTeaching);
    if (isTeaching || now.running) leaveChoices(now.running);
    choices.update(now.running ? null : listed, isTeaching ? now.guess : null);
    note.textContent = noteOn(now, isTeaching);
    note.hidden = !note.textContent;
    if (hadFocus) keepFocus(isTeaching && !now.over);
  };
  /** Before they are taken away: notebooks take a focus that is lost to themselves. */
  const leaveChoices = (isRunning: boolean): void => {
    const isInside = choices.element.contains(focusedBeside(root));
    if (isInside) (typing.element.hidden || isRunning ? text : typing).focus();
  };
  /** Goes where a person can go on, if what had the focus is no longer there. */
  const keepFocus = (isToGuess: boolean): void => {
    const focused = focusedBeside(root);
    const isThere = root.contains(focused) && !focused?.closest("[hidden]");
    if (!isThere) (isToGuess ? typing : text).focus();
  };
  const settle = (): void => {
    const now = state();
    const wasTyping = typing.element.contains(focusedBeside(root));
    if (isWaiting && !now.error && wasTyping) typing.clear();
    isWaiting = false;
    root.dataset["waiting"] = "false";
    draw();
    if (isNews(now.at, now.error, now.running, now.guess)) {
      announcement.textContent = spokenOf(now, model.get("teach"));
    }
  };
  draw();
  return { element: root, draw, settle };
}

function noteOn({ over, running, listed, review, client }: State, isTeaching: boolean): string {
  if (running) return "the model writes…";
  if (over) return "The text ends here. Go back to try another way.";
  if (isTeaching) return review ? "" : "Guess the next token: what could come is shown then.";
  if (!listed) return "asking what may come next…";
  return client ? "" : "There is no client: only what is there can be stepped through.";
}

/** What has happened, for those who listen. */
export function spokenOf(state: State, isTeaching: boolean): string {
  const { at, text, error, running, listed, guess, over } = state;
  if (error) return "";
  if (running) return "the model writes";
  const last = at > 0 ? `token ${at}: ${spokenName(text.token[at - 1])}` : "at the beginning";
  if (isTeaching && guess) return `${verdict(guess)}; ${spokenName(guess.came)} came`;
  if (over) return `${last}; the text ends here`;
  const first = listed?.token[0];
  if (isTeaching || first === undefined) return last;
  const share = formatPercent(shareOf(listed?.probability[0]));
  return `${last}; likeliest next: ${spokenName(first)}, ${share}`;
}
