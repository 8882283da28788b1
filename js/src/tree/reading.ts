import { cardContent } from "../card.ts";
import { on } from "../dom.ts";
import type { Popup } from "../popup.ts";
import type { Store } from "../store.ts";
import { tokenAt } from "../views/tokens.ts";
import type { Outline } from "./outline.ts";

/** What a view asks of its model. */
export interface Host {
  readonly canBranch: boolean;
  readonly send: (message: object) => void;
}

/** What a reader does with a tree: walks, folds, looks at cards, branches. */
export function readTree(
  outline: Outline,
  store: Store,
  popup: Popup,
  host: Host,
  say: (text: string) => void,
) {
  const branch = (row: number, alternative: number): void => {
    const place = outline.at(row);
    const leaf = place?.node.leaf?.name;
    if (!place || leaf === undefined) return;
    const position = place.node.position + place.offset;
    popup.hide();
    host.send({ type: "branch", leaf, position, token: alternative });
    say("branching");
  };
  const act = (row: number, key: string): boolean => {
    if (key === "Enter") fold(row);
    else if (key === "*") outline.toggleAll();
    else if (host.canBranch && /^[1-9]$/.test(key)) offer(row, Number(key) - 1);
    else return outline.move(row, key);
    return true;
  };
  const fold = (row: number): void => {
    const branch = outline.at(row)?.node.branch;
    popup.hide();
    if (branch?.parent) outline.toggle(branch);
    else say("this is no branch");
  };
  const offer = (row: number, alternative: number): void => {
    const found = outline.generation()?.alternatives(row)[alternative];
    if (found && !found.isChosen) branch(row, alternative);
    else say(`no alternative ${alternative + 1}`);
  };

  on(outline.pages.element, "keydown", (event: KeyboardEvent) => {
    const token = tokenAt(event.target);
    if (!token || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!act(Number(token.dataset["index"]), event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  on(outline.pages.element, "click", ({ target }: MouseEvent) => {
    const token = tokenAt(target);
    if (token) outline.focus(Number(token.dataset["index"]));
  });

  /** The card of a token; its alternatives branch where there is a client. */
  return (token: HTMLElement): readonly Node[] => {
    const row = Number(token.dataset["index"]);
    const table = outline.generation();
    const place = outline.at(row);
    if (!table || !place) return [];
    const choose = host.canBranch ? (k: number) => branch(row, k) : undefined;
    const content = cardContent(table, row, store.metrics, choose);
    const where = (content[0] as Element | undefined)?.querySelector(".lpw-card-place");
    if (where) where.textContent = `token ${place.node.position + place.offset + 1}`;
    return content;
  };
}
