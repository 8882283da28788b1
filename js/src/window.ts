import { type Block, firstWhere } from "./blocks.ts";
import { selectedRange } from "./clipboard.ts";
import { boxOf, focusedBeside } from "./dom.ts";
import { scrollAlong } from "./scroll.ts";
import type { TokensView } from "./views/tokens.ts";

/** Milliseconds of a frame that go into what is in view, and into what is not yet. */
const BUSY = 14;
const SPARE = 8;
const CLOSE = 40;
/** Blocks that a frame takes off the page. */
const AT_ONCE = 6;
const MOST_ROUNDS = 4;
/** Tokens up to which everything stays on the page. */
const FEW = 1_500;

/** Fills what is in view, in later frames what is near it, and empties the rest. Returns whether it is done. */
export function showWindow(view: TokensView): boolean {
  const { list } = view.blocks;
  if (view.blocks.length <= FEW) {
    for (const block of list) if (!block.isFilled) view.fill(block);
    return true;
  }
  if (boxOf(view.element).width === 0) return fillFirst(view);
  const place = steadyPlace(view);
  const before = place();
  const isFilled = fillInView(view);
  const isFull = isFilled && fillAround(view);
  const isDone = emptyFarAway(view) && isFull;
  const moved = place() - before;
  if (Math.abs(moved) >= 1) scrollAlong(view.element, moved);
  return isDone;
}

/** Before there is a layout: as much as a page may show. */
function fillFirst(view: TokensView): boolean {
  let room = innerHeight;
  for (const block of view.blocks.list) {
    if (room <= 0 || view.blocks.list.some(({ height }) => height > 0)) break;
    view.fill(block);
    room -= (block.end - block.start) * view.pixels;
  }
  return true;
}

/** Where the first thing in view stands: it must not move when blocks above it change. */
function steadyPlace({ element, blocks }: TokensView): () => number {
  const first = blocks.list[firstBelow(blocks.list, 0)];
  if (!first) return () => boxOf(element).bottom;
  return () => boxOf(first.element).top;
}

/** The first block that reaches below a height of the window. */
export function firstBelow(list: readonly Block[], height: number): number {
  return firstWhere(list.length, (k) => box(list[k]).bottom > height);
}

/** Fills what is in view: the first time at once, later within a frame's time. */
function fillInView(view: TokensView): boolean {
  const isFirst = view.blocks.list.every(({ height }) => height === 0);
  return fill(view, () => within(view, CLOSE), isFirst ? Number.POSITIVE_INFINITY : BUSY);
}

function fillAround(view: TokensView): boolean {
  return fill(view, () => within(view, 0.75 * innerHeight), SPARE);
}

/** Fills blocks until the time is up; returns whether there was enough of it. */
function fill(view: TokensView, wanted: () => Block[], milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  const isAtOnce = milliseconds === Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const missing = wanted().filter(({ isFilled }) => !isFilled);
    if (missing.length === 0) return true;
    for (const block of missing) {
      if (performance.now() > end) return false;
      view.fill(block);
      if (!isAtOnce) measure([block]);
    }
    if (!isAtOnce) continue;
    measure(missing);
    if (round === 0) estimate(view, missing);
  }
  return true;
}

/** Empties some of what is far away; returns whether that was all. */
function emptyFarAway(view: TokensView): boolean {
  const near = new Set(within(view, 1.25 * innerHeight));
  const isFar = (block: Block): boolean => block.isFilled && !near.has(block);
  const far = view.blocks.list.filter((block) => isFar(block) && !isInUse(view, block));
  const some = far.slice(0, AT_ONCE);
  measure(some);
  for (const block of some) view.empty(block);
  return some.length === far.length;
}

/** Blocks of which some part is at most `margin` pixels out of view. */
function within({ blocks: { list } }: TokensView, margin: number): Block[] {
  const first = firstBelow(list, -margin);
  const after = firstWhere(list.length, (k) => box(list[k]).top > innerHeight + margin);
  return list.slice(first, after);
}

function measure(blocks: readonly Block[]): void {
  for (const block of blocks) block.height = box(block).height;
}

/** Tells from the first blocks how much room the others need. */
function estimate(view: TokensView, blocks: readonly Block[]): void {
  const pixels = blocks.reduce((sum, { height }) => sum + height, 0);
  const tokens = blocks.reduce((sum, { start, end }) => sum + end - start, 0);
  const isOff = Math.abs(Math.log(pixels / tokens / view.pixels)) > Math.LN2 / 2;
  if (tokens > 0 && isOff) view.estimate(pixels / tokens);
}

/** Focus and selection would be lost with the elements that hold them. */
function isInUse({ element }: TokensView, block: Block): boolean {
  const range = selectedRange(element);
  return [focusedBeside(element), range?.startContainer, range?.endContainer].some(
    (node) => node && block.element.contains(node),
  );
}

function box(block: Block | undefined): DOMRect {
  return boxOf((block as Block).element);
}
