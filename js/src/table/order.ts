import type { Generation } from "../generation.ts";
import type { Selected } from "../spans.ts";
import type { Column, Place } from "./columns.ts";

/** By which column rows are sorted; a sign of 1 means smallest first. */
export interface Sorting {
  readonly column: Column;
  readonly sign: 1 | -1;
}

/** Largest first, then smallest first, then as the tokens stand. */
export function nextSorting(column: Column, before: Sorting | undefined): Sorting | undefined {
  if (before?.column.label !== column.label) return { column, sign: -1 };
  return before.sign === -1 ? { column, sign: 1 } : undefined;
}

/** The tokens to list, all or those in some runs, in order; what is unknown comes last. */
export function placesOf(
  generations: readonly Generation[],
  runs: readonly Selected[] | undefined,
  sorting: Sorting | undefined,
): Place[] {
  const all = runs ?? generations.map(({ length }, k): Selected => [k, 0, length]);
  const places = all.flatMap(([number, start, end]) => {
    const stop = Math.min(end, generations[number]?.length ?? 0);
    return Array.from({ length: Math.max(0, stop - start) }, (_, k): Place => [number, start + k]);
  });
  if (!sorting) return places;
  const keys = new Map(places.map((place) => [place, keyOf(place, generations, sorting)]));
  const key = (place: Place): number => keys.get(place) as number;
  return places.sort((a, b) => (key(a) === key(b) ? 0 : key(a) - key(b)));
}

function keyOf(
  place: Place,
  generations: readonly Generation[],
  { column, sign }: Sorting,
): number {
  const value = column.value(generations[place[0]] as Generation, place);
  return Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value;
}
