import type { Bytes } from "./frame.ts";
import type { Selected } from "./spans.ts";

/** What the kernel says to a condition: the tokens that meet it, or what is wrong with it. */
export interface Answer {
  readonly condition: string;
  readonly runs: readonly Selected[];
  readonly error: string;
}

/** What the page and the kernel share; without a kernel, what is optional is not there. */
export interface Traits {
  frame: Bytes | null;
  /** Where frames for this model go. */
  address?: string;
  color: string;
  underline?: string;
  selection: Selected[];
  highlight: Selected[];
  hovered: [generation: number, position: number] | null;
  filtered?: Answer;
  /** Whether the kernel wants to know which alternative was clicked. */
  choosable?: boolean;
}

/** The kernel, or whatever stands in for it. */
export interface Host {
  send(message: object): void;
  get<K extends keyof Traits>(name: K): Traits[K];
  set<K extends keyof Traits>(name: K, value: Traits[K]): void;
}
