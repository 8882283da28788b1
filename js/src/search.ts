import { firstWhere } from "./blocks.ts";
import type { Generation } from "./generation.ts";
import type { Stretch } from "./spans.ts";

/** Where a query stands in a generation's text. */
export type Finder = (query: string) => Stretch[];

/** Looks for text in bytes, since tokens may end within a character; A and a are the same. */
export function createFinder({ pieces: { token, offsets, bytes } }: Generation): Finder {
  const length = token.length;
  const ends = new Uint32Array(length);
  let size = 0;
  token.forEach((piece, k) => {
    size += (offsets[piece + 1] as number) - (offsets[piece] as number);
    ends[k] = size;
  });
  const all = new Uint8Array(size);
  token.forEach((piece, k) => {
    all.set(bytes.subarray(offsets[piece], offsets[piece + 1]), ends[k - 1]);
  });
  const text = searchable(all);
  const tokenAt = (byte: number): number => firstWhere(length, (k) => (ends[k] as number) > byte);
  return (query) => {
    const wanted = searchable(new TextEncoder().encode(query));
    const found: Stretch[] = [];
    for (let at = 0; wanted; at += wanted.length) {
      at = text.indexOf(wanted, at);
      if (at < 0) break;
      found.push([tokenAt(at), tokenAt(at + wanted.length - 1) + 1]);
    }
    return found;
  };
}

/** One character for each byte; apart from ASCII they mean nothing. */
function searchable(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes);
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
