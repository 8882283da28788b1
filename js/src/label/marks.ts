import type { AnyModel } from "@anywidget/types";

export interface Answer {
  readonly question: string;
  readonly text: string;
  /** Probability of being right, null unknown. */
  readonly score: number | null;
}

export interface Traits {
  answers: readonly Answer[];
  labels: readonly (boolean | null)[];
  unsure: readonly number[];
  /** Whether there is no kernel to keep a mark. */
  fixed?: boolean;
}

export type Mark = "right" | "wrong" | "unsure" | "none";

/** What answers are marked as: kept by the model, and changed so that it can be undone. */
export type Marks = ReturnType<typeof createMarks>;

export function createMarks(model: AnyModel<Traits>) {
  const before: (readonly [index: number, mark: Mark])[] = [];
  const of = (index: number): Mark => {
    const label = model.get("labels")[index] ?? null;
    if (label !== null) return label ? "right" : "wrong";
    return model.get("unsure").includes(index) ? "unsure" : "none";
  };
  const set = (index: number, mark: Mark): void => {
    const labels = model.get("answers").map((_, k) => model.get("labels")[k] ?? null);
    const others = model.get("unsure").filter((k) => k !== index);
    labels[index] = mark === "right" || mark === "wrong" ? mark === "right" : null;
    const unsure = mark === "unsure" ? [...others, index].sort((a, b) => a - b) : others;
    model.set("labels", labels);
    model.set("unsure", unsure);
    model.save_changes();
  };
  return {
    of,
    get count() {
      return model.get("labels").filter((label) => label !== null).length;
    },
    get canUndo() {
      return before.length > 0;
    },
    /** Marks an answer; the mark that it has already is taken away. */
    mark(index: number, mark: Mark): void {
      const now = of(index);
      before.push([index, now]);
      set(index, now === mark ? "none" : mark);
    },
    /** Takes back the last mark; returns where it was. */
    undo(): number | undefined {
      const last = before.pop();
      if (last) set(...last);
      return last?.[0];
    },
  };
}
