import { element } from "../dom.ts";

type Keys = readonly (readonly [keys: string, does: string])[];

export const STEP_KEYS: Keys = [
  ["1 … 9", "take a candidate"],
  ["↓ ↑", "move through them; Enter takes one"],
  ["/", "type your own; Enter writes, Escape leaves"],
  ["← Backspace", "one token back"],
  ["→", "one token on, into what was cut off"],
  ["z y", "undo, redo"],
  ["r", "let it run"],
  ["Escape", "stop it"],
  ["t", "guess, or choose"],
  ["?", "this list"],
];

export const GUESS_KEYS: Keys = [
  ["/", "type a guess; Enter sends it, Escape leaves"],
  ["n", "see the next token without a guess"],
  ["← Backspace", "one token back"],
  ["t", "guess, or choose"],
  ["?", "this list"],
];

export function drawKeys(keys: Keys): HTMLElement {
  const rows = keys.map(([names, does]) => {
    const marks = names.split(" ").map((one) => (one === "…" ? " … " : element("kbd", one)));
    return element("div", element("span", ...marks), element("span", does));
  });
  return element("div.keys", ...rows);
}
