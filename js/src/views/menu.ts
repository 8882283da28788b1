import { element } from "../dom.ts";
import type { Metric } from "../schema.ts";

/** A menu of metrics. */
export function menu(choose: (name: string) => void, signal: AbortSignal): HTMLSelectElement {
  const select = element("select", "lpw-menu");
  select.addEventListener("change", () => choose(select.value), { signal });
  return select;
}

const offered = new WeakMap<HTMLSelectElement, readonly Metric[]>();

/** Offers the metrics, the current one chosen; `none` is offered as well where it is a word. */
export function offer(
  select: HTMLSelectElement,
  metrics: readonly Metric[],
  current: Metric | undefined,
  none = "",
): void {
  if (offered.get(select) !== metrics) {
    offered.set(select, metrics);
    const options = metrics.map(({ name, label }) => option(name, label));
    select.replaceChildren(...(none ? [option("", none)] : []), ...options);
  }
  select.value = current?.name ?? "";
  select.title = current?.description ?? "";
}

function option(value: string, label: string): HTMLOptionElement {
  const node = element("option", "", label);
  node.value = value;
  return node;
}
