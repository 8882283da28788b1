// What the kernel says of JSON answers, in the words of lpwidgets/analysis/field_trees.py.
// What is as usual is left out.

export interface Entry {
  readonly depth: number;
  readonly key: string | number | null;
  readonly path: string;
  readonly type?: string;
  readonly text?: string;
  readonly size?: number;
  readonly logprob?: number | null;
  readonly start?: number;
  readonly stop?: number;
  readonly weakest?: number;
  readonly decided?: number;
  readonly distribution?: readonly (readonly [value: string, probability: number])[];
  readonly unattributed?: number | null;
  readonly repeats?: number;
  readonly last?: boolean;
  readonly forced?: boolean;
  readonly problem?: string;
}

export interface Tree {
  readonly entries?: readonly Entry[];
  readonly least?: number;
  readonly said?: string;
  readonly constrained?: boolean;
  readonly complete?: boolean;
}
