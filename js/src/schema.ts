// What a frame's header says, in the words of docs/frame-format.md.

export interface Metric {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly domain: readonly [number | null, number | null];
  readonly certain: number;
  readonly format: "percent" | "number" | "integer";
  readonly on_card: boolean;
  readonly description: string;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly title: string;
}

export interface Finding {
  readonly level: string;
  readonly text: string;
  readonly detail?: string | null;
}

export interface Head {
  readonly provider: string;
  readonly model: string;
  readonly status: string;
  readonly tone: string;
  readonly status_title: string;
  readonly facts: readonly Fact[];
  readonly findings: readonly Finding[];
  readonly unshown: string;
}
