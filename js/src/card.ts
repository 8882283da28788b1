import { element, labelled, spoken } from "./dom.ts";
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
): Node[] {
  const alternatives = generation.alternatives(index);
  return [
    title(generation, index),
    figures(generation, index, alternatives),
    facts(generation, index, metrics),
    alternatives.length > 0
      ? alternativesTable(withSampled(generation, index, alternatives))
      : element("p", "lpw-card-note", "the server returned no alternatives"),
  ];
}

function title(generation: Generation, index: number): HTMLElement {
  const bytes = generation.bytes(index);
  const place = `token ${index + 1} of ${generation.length}`;
  const box = element(
    "div",
    "lpw-card-title",
    element("code", "lpw-card-token", ...exactNodes(bytes)),
    element("span", "lpw-card-place", place),
  );
  if (!isPlain(bytes)) box.append(element("span", "lpw-card-bytes", `bytes ${hex(bytes)}`));
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
  return element("div", "lpw-card-figures", ...values.map((value) => element("span", "", value)));
}

function facts(generation: Generation, index: number, metrics: readonly Metric[]): HTMLElement {
  const part = generation.part(index);
  const rows = metrics
    .filter((metric) => metric.on_card)
    .map((metric) => [metric.label, formatMetric(generation.metric(metric.name, index), metric)]);
  if (part !== "generated") rows.push(["part", part]);
  return element(
    "div",
    "lpw-card-facts",
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

function alternativesTable(rows: readonly Alternative[]): HTMLElement {
  const known = rows.map(({ logprob }) => Math.exp(logprob)).filter((p) => !Number.isNaN(p));
  const unseen = Math.max(0, 1 - known.reduce((sum, p) => sum + p, 0));
  const body = element("tbody", "", ...rows.map(alternativeRow), unseenRow(unseen));
  return element("table", "lpw-card-alternatives", tableHead(), body);
}

function tableHead(): HTMLElement {
  const cell = (text: string, columns: number): HTMLElement => {
    const th = element("th", "", text);
    th.scope = "col";
    th.colSpan = columns;
    return th;
  };
  const row = element("tr", "", cell("alternatives", 2), cell("probability", 2), cell("nats", 1));
  return element("thead", "", row);
}

function alternativeRow({ bytes, logprob, isChosen }: Alternative): HTMLElement {
  const probability = Math.exp(logprob);
  const row = element(
    "tr",
    isChosen ? "lpw-sampled" : "",
    element("td", "lpw-card-marker", ...(isChosen ? [bullet(), spoken("sampled")] : [])),
    element("td", "", element("code", "", ...exactNodes(bytes))),
    element("td", "", bar(probability)),
    element("td", "lpw-number", formatPercent(probability)),
    element("td", "lpw-number", Number.isNaN(logprob) ? "" : formatNumber(logprob)),
  );
  return row;
}

function unseenRow(probability: number): HTMLElement {
  return element(
    "tr",
    "lpw-unseen",
    element("td", ""),
    element("td", "", "not shown"),
    element("td", "", bar(probability)),
    element("td", "lpw-number", formatPercent(probability)),
    element("td", ""),
  );
}

function bullet(): HTMLElement {
  const dot = element("span", "", "●");
  dot.ariaHidden = "true";
  return dot;
}

function bar(probability: number): HTMLElement {
  const fill = element("span", "lpw-bar-fill");
  fill.style.width = `${100 * (probability || 0)}%`;
  return element("span", "lpw-bar", fill);
}
