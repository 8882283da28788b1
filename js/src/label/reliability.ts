/** Answers whose scores are near each other: how sure, and how many are right. */
export interface Bin {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Mean score, and the share that is right with its 95 % interval; NaN for no answers. */
  readonly score: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;

/** The bins of `Calibration.diagram`: of equal width, a score on an edge in the lower one. */
export function reliability(
  scores: readonly number[],
  correct: readonly boolean[],
  bins: number,
): Bin[] {
  const edge = (k: number): number => (k === bins ? 1 : k * (1 / bins));
  return Array.from({ length: bins }, (_, k) => {
    const isIn = (score: number): boolean => (score > edge(k) || k === 0) && score <= edge(k + 1);
    const inside = scores.flatMap((score, at) => (isIn(score) ? [at] : []));
    const count = inside.length;
    const right = inside.filter((at) => correct[at]).length;
    const total = inside.reduce((sum, at) => sum + (scores[at] as number), 0);
    const accuracy = right / count;
    const [low, high] = wilson(accuracy, count);
    return { lower: edge(k), upper: edge(k + 1), count, score: total / count, accuracy, low, high };
  });
}

/** The 95 % interval of a share of `count` (Wilson 1927). */
function wilson(share: number, count: number): [number, number] {
  const whole = 1 + Z ** 2 / count;
  const middle = (share + Z ** 2 / (2 * count)) / whole;
  const spread = (share * (1 - share)) / count + Z ** 2 / (4 * count ** 2);
  const half = (Z * Math.sqrt(Math.max(0, spread))) / whole;
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}
