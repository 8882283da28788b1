import { element } from "./dom.ts";
import type { Generation } from "./generation.ts";

/** A stretch of the text that is either all on the page or not at all. */
export interface Block {
  readonly element: HTMLElement;
  readonly start: number;
  end: number;
  isFilled: boolean;
  /** Pixels, 0 before it was ever laid out. */
  height: number;
}

const ENOUGH = 150;
const MUCH = 300;
const MOST = 600;
const NEWLINE = 0x0a;
const SPACE = 0x20;

/** The text cut into blocks: after a line where there are lines, else between words. */
export function createBlocks() {
  const list: Block[] = [];
  const blocks = {
    list,
    get length() {
      return list.at(-1)?.end ?? 0;
    },
    /** The block of a token. */
    of: (index: number): Block | undefined =>
      index < 0 ? undefined : list[firstWhere(list.length, (k) => index < (list[k] as Block).end)],
    /** Takes in the tokens that are not in a block yet; returns the blocks that are new. */
    extend({ pieces: { token, offsets, bytes } }: Pick<Generation, "pieces">): Block[] {
      const known = list.length;
      let block = list.at(-1);
      const byteAt = (piece: number, by: number): number | undefined =>
        bytes[(offsets[piece] as number) + by];
      for (let start = blocks.length; start < token.length; start++) {
        const first = byteAt(token[start] as number, 0);
        const before = start > 0 ? byteAt((token[start - 1] as number) + 1, -1) : 0;
        if (!block || isFull(start - block.start, before, first)) {
          block = {
            element: element("div.block"),
            start,
            end: 0,
            isFilled: false,
            height: 0,
          };
          list.push(block);
        }
        block.end = start + 1;
      }
      return list.slice(known);
    },
    /** Forgets the tokens from `length` on; returns the blocks that are gone or shorter. */
    truncate(length: number): Block[] {
      const kept = firstWhere(list.length, (k) => (list[k] as Block).start >= length);
      const touched = list.splice(kept);
      const last = list.at(-1);
      if (last && last.end > length) {
        last.end = length;
        touched.push(last);
      }
      return touched;
    },
  };
  return blocks;
}

function isFull(size: number, before: number | undefined, first: number | undefined): boolean {
  if (size < ENOUGH) return false;
  return before === NEWLINE || (size >= MUCH && first === SPACE) || size >= MOST;
}

/** The first of `count` numbers that `isTrue` holds for, all later ones included. */
export function firstWhere(count: number, isTrue: (k: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
