import { element, spoken } from "../dom.ts";
import type { Finding } from "../schema.ts";

/** What is worth knowing about a generation: the worst in one line, which opens to all. */
export class FindingsView {
  readonly element = element("div", "lpw-findings");
  #shown = "[]";

  constructor(signal: AbortSignal) {
    this.element.addEventListener("keydown", keepFromNotebook, { signal });
  }

  update(findings: readonly Finding[]): void {
    const wanted = JSON.stringify(findings);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    const isOpen = this.element.querySelector("details")?.open ?? false;
    this.element.replaceChildren(...nodes(findings, isOpen));
  }
}

function nodes([worst, ...others]: readonly Finding[], isOpen: boolean): HTMLElement[] {
  if (!worst) return [];
  if (!worst.detail && others.length === 0) return [findingNode(worst)];
  const more = others.length ? [element("span", "lpw-more", ` +${others.length} more`)] : [];
  const summary = element("summary", "lpw-finding", ...line(worst), ...more);
  summary.dataset["level"] = worst.level;
  const details = element("details", "", summary, ...detail(worst), ...others.map(findingNode));
  details.open = isOpen;
  return [details];
}

function findingNode(finding: Finding): HTMLElement {
  const node = element("div", "lpw-finding", ...line(finding), ...detail(finding));
  node.dataset["level"] = finding.level;
  return node;
}

function line({ level, text }: Finding): (Node | string)[] {
  const icon = element("span", "lpw-finding-icon", level === "info" ? "i" : "!");
  icon.ariaHidden = "true";
  return [icon, spoken(`${level}: `), element("span", "lpw-finding-text", text)];
}

function detail(finding: Finding): HTMLElement[] {
  return finding.detail ? [element("p", "lpw-finding-detail", finding.detail)] : [];
}

/** Notebooks take Enter to edit the cell and Space to scroll; here they open the list. */
function keepFromNotebook(event: KeyboardEvent): void {
  if (event.key === "Enter" || event.key === " ") event.stopPropagation();
}
