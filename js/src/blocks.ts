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
export class Blocks {
  readonly list: Block[] = [];

  get length(): number {
    return this.list.at(-1)?.end ?? 0;
  }

  /** The block of a token. */
  of(index: number): Block | undefined {
    const found = this.list[firstWhere(this.list.length, (k) => index < this.end(k))];
    return found && index >= 0 ? found : undefined;
  }

  end(k: number): number {
    return this.list[k]?.end ?? 0;
  }

  /** Takes in the tokens that are not in a block yet; returns the blocks that are new. */
  extend(generation: Generation): Block[] {
    const fresh: Block[] = [];
    const { token, offsets, bytes } = generation.pieces;
    let block = this.list.at(-1);
    for (let index = this.length; index < token.length; index++) {
      const first = bytes[offsets[token[index] as number] as number];
      const before =
        index > 0 ? bytes[(offsets[(token[index - 1] as number) + 1] as number) - 1] : 0;
      if (!block || isFull(index - block.start, before, first)) {
        block = {
          element: element("div", "lpw-block"),
          start: index,
          end: index,
          isFilled: false,
          height: 0,
        };
        this.list.push(block);
        fresh.push(block);
      }
      block.end = index + 1;
    }
    return fresh;
  }

  /** Forgets the tokens from `length` on; returns the blocks that are gone or shorter. */
  truncate(length: number): Block[] {
    const kept = firstWhere(this.list.length, (k) => (this.list[k] as Block).start >= length);
    const touched = this.list.splice(kept);
    const last = this.list.at(-1);
    if (last && last.end > length) {
      last.end = length;
      touched.push(last);
    }
    return touched;
  }
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
