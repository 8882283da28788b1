import { element, on, spoken, unspoken } from "../dom.ts";
import type { Finding } from "../schema.ts";

/** What is worth knowing about a generation: the worst in one line, which opens to all. */
export function createFindings() {
  const box = element("div.findings");
  // Notebooks take Enter to edit the cell and Space to scroll; here they open the list.
  on(box, "keydown", (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") event.stopPropagation();
  });
  return {
    element: box,
    update(findings: readonly Finding[]): void {
      const isOpen = box.querySelector("details")?.open ?? false;
      box.replaceChildren(...nodes(findings, isOpen));
    },
  };
}

function nodes([worst, ...others]: readonly Finding[], isOpen: boolean): HTMLElement[] {
  if (!worst) return [];
  if (!worst.detail && others.length === 0) return [findingNode("div", worst)];
  const summary = findingNode("summary", { ...worst, detail: "" });
  if (others.length) summary.append(element("span.more", ` +${others.length} more`));
  const rest = others.map((finding) => findingNode("div", finding));
  const details = element("details", summary, ...detail(worst), ...rest);
  details.open = isOpen;
  return [details];
}

function findingNode(tag: "div" | "summary", finding: Finding): HTMLElement {
  const { level, text } = finding;
  const node = element(
    `${tag}.finding`,
    unspoken("span.finding-icon", level === "info" ? "i" : "!"),
    spoken(`${level}: `),
    element("span.finding-text", text),
    ...detail(finding),
  );
  node.dataset["level"] = level;
  return node;
}

function detail(finding: Finding): HTMLElement[] {
  return finding.detail ? [element("p.finding-detail", finding.detail)] : [];
}
