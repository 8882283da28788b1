import { firstWhere } from "./blocks.ts";
import type { Generation } from "./generation.ts";

/** Where a query stands in a generation's text: the tokens from `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** Looks for text in bytes, since tokens may end within a character; A and a are the same. */
export function createIndex({ pieces: { token, offsets, bytes } }: Generation) {
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
  return {
    length,
    matches(query: string): Match[] {
      const wanted = searchable(new TextEncoder().encode(query));
      const found: Match[] = [];
      for (let at = 0; wanted; at += wanted.length) {
        at = text.indexOf(wanted, at);
        if (at < 0) break;
        found.push({ start: tokenAt(at), end: tokenAt(at + wanted.length - 1) + 1 });
      }
      return found;
    },
  };
}

/** One character for each byte; apart from ASCII they mean nothing. */
function searchable(bytes: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(bytes);
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
