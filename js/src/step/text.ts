import { NO_STEP, stepOf } from "../color.ts";
import { arrange, button, element, on } from "../dom.ts";
import { formatPercent } from "../format.ts";
import { runningNodes } from "../piece.ts";
import { bytesOf, type State, shareOf, type Text } from "./state.ts";

/** Tokens before the place, and after it, that are shown unasked. */
const BEFORE = 1500;
const AFTER = 300;

const SCALE = { certain: 1, uncertain: 0 };

/** The text so far, coloured by probability, and faintly what was cut off after it. */
export function createText(onGo: (position: number) => void) {
  const box = element("div.text.step-text");
  const caret = element("span.caret");
  const tokens = element("span");
  const ahead = element("span.ahead");
  const more = button("", "", () => {
    isWhole = true;
    drawAgain();
  });
  let isWhole = false;
  let drawAgain = (): void => {};
  let drawn: { key: string; node: HTMLElement }[] = [];
  more.removeAttribute("aria-label");
  caret.ariaHidden = "true";
  box.role = "group";
  box.tabIndex = 0;
  box.append(more, tokens, caret, ahead);

  const nodesFor = (text: Text, from: number, to: number): HTMLElement[] => {
    const kept = new Map(drawn.map(({ key, node }) => [key, node]));
    const rows = Array.from({ length: to - from }, (_, k) => {
      const at = from + k;
      const key = JSON.stringify([at, text.token[at], text.probability[at], text.how[at]]);
      return { key, node: kept.get(key) ?? drawToken(text, at) };
    });
    drawn = rows;
    return rows.map(({ node }) => node);
  };
  const draw = ({ text, at, asked }: State): void => {
    const from = isWhole ? 0 : Math.max(0, at - BEFORE);
    const to = Math.min(text.token.length, at + AFTER);
    const nodes = nodesFor(text, from, to);
    arrange(tokens, nodes.slice(0, at - from));
    arrange(ahead, nodes.slice(at - from));
    more.hidden = from === 0;
    more.textContent = `show ${from.toLocaleString("en")} tokens before these`;
    box.ariaLabel = `the text so far, ${at} token${at === 1 ? "" : "s"}`;
    box.dataset["empty"] = String(at === 0);
    caret.title = asked;
    box.scrollTop += caret.offsetTop - box.offsetTop - box.scrollTop - box.clientHeight / 2;
  };
  on(box, "click", ({ target }: MouseEvent) => {
    const token = (target as Element).closest<HTMLElement>(".lpw-token");
    if (token && getSelection()?.isCollapsed !== false) onGo(Number(token.dataset["index"]));
  });
  return {
    element: box,
    focus: () => box.focus(),
    update(state: State): void {
      drawAgain = () => draw(state);
      draw(state);
    },
  };
}

function drawToken(text: Text, at: number): HTMLElement {
  const share = shareOf(text.probability[at]);
  const how = text.how[at] ?? "ran";
  const step = stepOf(share, SCALE);
  const node = element(`span.token.${how}`, ...runningNodes(bytesOf(text.token[at] ?? "")));
  node.dataset["index"] = String(at);
  node.title = `token ${at + 1}, ${how}, ${formatPercent(share)}: click to go back to it`;
  if (step === NO_STEP) node.classList.add("lpw-unknown");
  else if (step > 0) {
    node.style.cssText = `--shade:var(--lpw-step-${step});--ink:var(--lpw-on-step)`;
  }
  return node;
}
