import { element, spoken } from "../dom.ts";
import type { Finding } from "../schema.ts";

/** What is worth knowing about a generation, one line each. */
export class FindingsView {
  readonly element = element("div", "lpw-findings");
  #shown = "";

  update(findings: readonly Finding[]): void {
    const wanted = JSON.stringify(findings);
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    this.element.replaceChildren(...findings.map(findingNode));
  }
}

function findingNode({ level, text, detail }: Finding): HTMLElement {
  const icon = element("span", "lpw-finding-icon", level === "info" ? "i" : "!");
  icon.ariaHidden = "true";
  const line = [icon, spoken(`${level}: `), text];
  const node = detail
    ? element("details", "lpw-finding", element("summary", "", ...line), element("p", "", detail))
    : element("p", "lpw-finding", ...line);
  node.dataset["level"] = level;
  return node;
}
