import type { Bytes } from "./frame.ts";
import type { Selected } from "./spans.ts";

/** What the page and the kernel share. */
export interface Traits {
  frame: Bytes | null;
  color: string;
  selection: Selected[];
  highlight: Selected[];
  hovered: [generation: number, position: number] | null;
}

/** The kernel, or whatever stands in for it. */
export interface Host {
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
}
