import { element } from "../dom.ts";
import { formatPercent } from "../format.ts";
import type { Graph } from "./graph.ts";
import { oneLine } from "./parts.ts";

const MOST = 8;

/** The most frequent answers as a table, for pages that are narrower than the picture. */
export function answersTable({ data: { answers }, total }: Graph): HTMLElement {
  const head = ["answer", "runs", "mass"].map((name, k) =>
    Object.assign(element("th", name), { scope: "col", colSpan: k === 1 ? 2 : 1 }),
  );
  const rows = answers.slice(0, MOST).map(({ text, runs, mass }) => {
    const fill = element("span.bar-fill");
    fill.style.width = `${(100 * runs) / total}%`;
    return element(
      "tr",
      element("td.answer-text", oneLine(text)),
      element("td", element("span.bar", fill)),
      element("td.number", String(runs)),
      element("td.number", formatPercent(mass ?? Number.NaN)),
    );
  });
  const rest = answers.length - rows.length;
  const more = rest > 0 ? [element("caption", `${rest} more answers`)] : [];
  return element(
    "table.answers",
    ...more,
    element("thead", element("tr", ...head)),
    element("tbody", ...rows),
  );
}
