import { button, element, labelled, spoken, unspoken } from "./dom.ts";
import { formatMetric, formatNumber, formatPercent } from "./format.ts";
import type { Alternative, Generation } from "./generation.ts";
import { exactNodes, isPlain } from "./piece.ts";
import type { Metric } from "./schema.ts";
import { hex } from "./text.ts";

/** Everything known about one token. */
export function cardContent(
  generation: Generation,
  index: number,
  metrics: readonly Metric[],
  choose?: (alternative: number) => void,
): Node[] {
  const alternatives = generation.alternatives(index);
  return [
    title(generation, index),
    figures(generation, index, alternatives),
    facts(generation, index, metrics),
    alternatives.length > 0
      ? alternativesTable(withSampled(generation, index, alternatives), choose)
      : element("p.card-note", "the server returned no alternatives"),
  ];
}

function title(generation: Generation, index: number): HTMLElement {
  const bytes = generation.bytes(index);
  const place = `token ${index + 1} of ${generation.length}`;
  const box = element(
    "div.card-title",
    element("code.card-token", ...exactNodes(bytes)),
    element("span.card-place", place),
  );
  if (!isPlain(bytes)) box.append(element("span.card-bytes", `bytes ${hex(bytes)}`));
  return box;
}

function figures(
  generation: Generation,
  index: number,
  alternatives: readonly Alternative[],
): HTMLElement {
  const logprob = generation.logprob(index);
  const id = generation.tokenId(index);
  const known = Number.isNaN(logprob)
    ? ["log probability unknown"]
    : [formatPercent(Math.exp(logprob)), `${formatNumber(logprob)} nats`];
  const values = [...known, rank(generation.rank(index), logprob, alternatives)];
  if (id >= 0) values.push(`id ${id}`);
  return element("div.card-figures", ...values.map((value) => element("span", value)));
}

function facts(generation: Generation, index: number, metrics: readonly Metric[]): HTMLElement {
  const part = generation.part(index);
  const rows = metrics
    .filter((metric) => metric.on_card)
    .map((metric) => [metric.label, formatMetric(generation.metric(metric.name, index), metric)]);
  if (part !== "generated") rows.push(["part", part]);
  return element(
    "div.card-facts",
    ...rows.map(([label = "", value = ""]) => labelled(label, value)),
  );
}

function rank(value: number, logprob: number, alternatives: readonly Alternative[]): string {
  const isShown = alternatives.some(({ isChosen }) => isChosen);
  if (value > 0) return isShown ? `rank ${value} of ${alternatives.length} shown` : `rank ${value}`;
  const isBelowTheOthers = isShown && !Number.isNaN(logprob);
  return isBelowTheOthers ? `rank > ${alternatives.length - 1}` : "rank unknown";
}

/** A token sampled from outside its alternatives gets a row of its own. */
function withSampled(
  generation: Generation,
  index: number,
  alternatives: readonly Alternative[],
): Alternative[] {
  if (alternatives.some(({ isChosen }) => isChosen)) return [...alternatives];
  const sampled = {
    bytes: generation.bytes(index),
    logprob: generation.logprob(index),
    isChosen: true,
  };
  return [...alternatives, sampled];
}

function alternativesTable(
  rows: readonly Alternative[],
  choose?: (alternative: number) => void,
): HTMLElement {
  const known = rows.map(({ logprob }) => Math.exp(logprob)).filter((p) => !Number.isNaN(p));
  const unseen = Math.max(0, 1 - known.reduce((sum, p) => sum + p, 0));
  const body = element("tbody", ...rows.map((one, k) => alternativeRow(one, k, choose)));
  body.append(row("tr.unseen", [], "not shown", unseen));
  return element("table.card-alternatives", tableHead(), body);
}

function tableHead(): HTMLElement {
  const cells = ["alternatives", "probability", "nats"].map((text, k) =>
    Object.assign(element("th", text), { scope: "col", colSpan: k < 2 ? 2 : 1 }),
  );
  return element("thead", element("tr", ...cells));
}

function alternativeRow(
  { bytes, logprob, isChosen }: Alternative,
  k: number,
  choose?: (alternative: number) => void,
): HTMLElement {
  const token = element("code", ...exactNodes(bytes));
  const p = Math.exp(logprob);
  const nats = Number.isNaN(p) ? "" : formatNumber(logprob);
  if (isChosen)
    return row("tr.sampled", [unspoken("span", "●"), spoken("sampled")], token, p, nats);
  const name = `branch with ${token.textContent}`;
  return row("tr", [], choose ? button(token, name, () => choose(k)) : token, p, nats);
}

function row(
  kind: "tr" | `tr.${string}`,
  marker: Node[],
  token: Node | string,
  probability: number,
  nats = "",
): HTMLElement {
  return element(
    kind,
    element("td.card-marker", ...marker),
    element("td", token),
    element("td", bar(probability)),
    element("td.number", formatPercent(probability)),
    element("td.number", nats),
  );
}

export function bar(probability: number): HTMLElement {
  const fill = element("span.bar-fill");
  fill.style.width = `${100 * (probability || 0)}%`;
  return element("span.bar", fill);
}
