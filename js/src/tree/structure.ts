// Where the tokens of a tree are: its nodes, the rows of the table that each has, its texts.

/** Where a text ends. */
export interface Leaf {
  readonly node: number;
  readonly name: string;
  readonly status: string;
  readonly tone: string;
  /** The log of the product of the probabilities along it, null if one is unknown. */
  readonly logprob: number | null;
}

/** What the kernel says, as `lpwidgets/display/tree_layout.py` describes it. */
export interface Structure {
  readonly seq: number;
  readonly live: boolean;
  readonly stoppable: boolean;
  readonly parent: readonly number[];
  readonly position: readonly number[];
  readonly runs: readonly (readonly number[])[];
  readonly leaves: readonly Leaf[];
}

/** A run of tokens; its first child goes on where it ends, the others branch off. */
export interface TreeNode {
  readonly parent: TreeNode | undefined;
  readonly position: number;
  readonly rows: Int32Array;
  readonly children: TreeNode[];
  readonly ends: Leaf[];
  /** The branch that it is part of: the node that left another text, or the root. */
  readonly branch: TreeNode;
  /** How many texts go through it, and the first of them. */
  count: number;
  leaf: Leaf | undefined;
}

export interface Place {
  readonly node: TreeNode;
  readonly offset: number;
}

/** A tree whose tokens are known by their rows. */
export type Tree = ReturnType<typeof createTree>;

/** Rows from `length` on have not come yet. */
export function createTree({ parent, position, runs, leaves }: Structure, length: number) {
  const nodes: TreeNode[] = [];
  const owners = new Int32Array(length).fill(-1);
  const offsets = new Int32Array(length);
  parent.forEach((above, k) => {
    const rows = rowsOf(runs[k] ?? [], length);
    for (let offset = 0; offset < rows.length; offset++) {
      owners[rows[offset] as number] = k;
      offsets[rows[offset] as number] = offset;
    }
    nodes.push(addNode(nodes[above], position[k] ?? 0, rows));
  });
  for (const leaf of leaves) nodes[leaf.node]?.ends.push(leaf);
  for (const node of [...nodes].reverse()) {
    const [first] = node.ends;
    node.count = node.children.reduce((sum, { count }) => sum + count, node.ends.length);
    node.leaf = first ?? node.children.find(({ leaf }) => leaf)?.leaf;
  }
  return {
    root: nodes[0],
    /** Where a token stands. */
    at(row: number): Place | undefined {
      const node = nodes[owners[row] ?? -1];
      return node && { node, offset: offsets[row] as number };
    },
  };
}

function addNode(parent: TreeNode | undefined, position: number, rows: Int32Array): TreeNode {
  const isSpine = parent?.children.length === 0;
  const node = { parent, position, rows, children: [], ends: [], count: 0, leaf: undefined };
  const whole: TreeNode = Object.assign(node, { branch: null as unknown as TreeNode });
  Object.assign(whole, { branch: parent && isSpine ? parent.branch : whole });
  parent?.children.push(whole);
  return whole;
}

function rowsOf(runs: readonly number[], length: number): Int32Array {
  const pairs = Array.from({ length: runs.length / 2 }, (_, k) => {
    const start = runs[2 * k] as number;
    return [start, Math.max(start, Math.min(runs[2 * k + 1] as number, length))] as const;
  });
  const rows = new Int32Array(pairs.reduce((sum, [start, stop]) => sum + stop - start, 0));
  let at = 0;
  for (const [start, stop] of pairs) for (let row = start; row < stop; row++) rows[at++] = row;
  return rows;
}

/** What knows a node from one structure to the next: its first token. */
export function keyOf({ rows }: TreeNode): number {
  return rows[0] ?? -1;
}

/** The children in the order in which they stand on the page: branches, then what goes on. */
export function inOrder({ children: [spine, ...branches] }: TreeNode): TreeNode[] {
  return spine ? [...branches, spine] : [];
}

/** The first token from a node on, −1 if there is none. */
export function firstRow(node: TreeNode | undefined): number {
  let at = node;
  while (at && at.rows.length === 0) at = at.children[0];
  return at?.rows[0] ?? -1;
}
