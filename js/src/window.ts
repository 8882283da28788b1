import { type Block, firstWhere } from "./blocks.ts";
import { selectedRange } from "./clipboard.ts";
import { boxOf, focusedBeside } from "./dom.ts";
import { scrollAlong } from "./scroll.ts";
import type { TokensView } from "./views/tokens.ts";

/** What can be shown a part at a time. */
export type Windowed = Pick<TokensView, "element" | "fill" | "empty" | "estimate"> & {
  readonly blocks: Pick<TokensView["blocks"], "list" | "length">;
};

/** Milliseconds of a frame that go into what is in view, and into what is not yet. */
const BUSY = 10;
const SPARE = 8;
const CLOSE = 40;
/** Blocks that fill a screen before there is a layout. */
const FIRST = 6;
/** Blocks that are laid out together where time does not matter. */
const TOGETHER = 4;
/** Blocks that a frame takes off the page. */
const AT_ONCE = 6;
/** Tokens up to which everything stays on the page. */
const FEW = 1_500;

/** Fills what is in view, in later frames what is near it, and empties the rest. Returns whether it is done. */
export function showWindow(view: Windowed, isInView = true): boolean {
  const { list, length } = view.blocks;
  if (length <= FEW) {
    list.forEach(view.fill);
    return true;
  }
  if (!isInView) return true;
  const isNew = list.every(({ height }) => !height);
  if (!boxOf(view.element).width) {
    if (isNew) list.slice(0, FIRST).forEach(view.fill);
    return true;
  }
  const place = steadyPlace(view);
  const before = place();
  if (isNew) measureFirst(view);
  const isFilled = fill(view, CLOSE, isNew ? 0 : BUSY);
  if (isNew) estimate(view);
  const isFull = isFilled && !isNew && fill(view, 0.75 * innerHeight, SPARE);
  const isDone = emptyFarAway(view) && isFull;
  const moved = place() - before;
  if (Math.abs(moved) >= 1) scrollAlong(view.element, moved);
  return isDone;
}

/** Where the first thing in view stands: it must not move when blocks above it change. */
function steadyPlace({ element, blocks }: Windowed): () => number {
  const first = blocks.list[firstBelow(blocks.list, 0)];
  if (!first) return () => boxOf(element).bottom;
  return () => boxOf(first.element).top;
}

/** The first block that reaches below a height of the window. */
export function firstBelow(list: readonly Block[], height: number): number {
  return firstWhere(list.length, (k) => box(list[k]).bottom > height);
}

/** Fills blocks until the time is up, all with 0; returns whether there was enough of it. */
function fill(view: Windowed, margin: number, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  for (;;) {
    const missing = within(view, margin).filter(({ isFilled }) => !isFilled);
    if (!missing.length) return true;
    if (milliseconds && performance.now() > end) return false;
    show(view, missing.slice(0, milliseconds ? 1 : TOGETHER));
  }
}

/** A layout takes about as long for several as for one. */
function show(view: Windowed, blocks: readonly Block[]): void {
  blocks.forEach(view.fill);
  blocks.forEach(measure);
}

/** Tells from the first block that is in view how many others are. */
function measureFirst(view: Windowed): void {
  show(view, within(view, CLOSE).slice(0, 1));
  estimate(view);
}

/** Empties some of what is far away; returns whether that was all. */
function emptyFarAway(view: Windowed): boolean {
  const near = new Set(within(view, 1.25 * innerHeight));
  const isFar = (block: Block): boolean => block.isFilled && !near.has(block);
  const far = view.blocks.list.filter((block) => isFar(block) && !isInUse(view, block));
  const some = far.slice(0, AT_ONCE);
  some.forEach(measure);
  some.forEach(view.empty);
  return some.length === far.length;
}

/** Blocks of which some part is at most `margin` pixels out of view. */
function within({ blocks: { list } }: Windowed, margin: number): Block[] {
  const first = firstBelow(list, -margin);
  const after = firstWhere(list.length, (k) => box(list[k]).top > innerHeight + margin);
  return list.slice(first, after);
}

function measure(block: Block): void {
  block.height = box(block).height;
}

/** Tells from the blocks that are laid out how much room the others need. */
function estimate(view: Windowed): void {
  const known = view.blocks.list.filter(({ height }) => height);
  const pixels = known.reduce((sum, { height }) => sum + height, 0);
  const tokens = known.reduce((sum, { start, end }) => sum + end - start, 0);
  if (tokens) view.estimate(pixels / tokens);
}

/** Focus and selection would be lost with the elements that hold them. */
function isInUse({ element }: Windowed, block: Block): boolean {
  const range = selectedRange(element);
  return [focusedBeside(element), range?.startContainer, range?.endContainer].some(
    (node) => node && block.element.contains(node),
  );
}

function box(block: Block | undefined): DOMRect {
  return boxOf((block as Block).element);
}
