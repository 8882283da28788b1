import { firstWhere } from "./blocks.ts";
import type { Generation } from "./generation.ts";

/** Where a query stands in a generation's text: the tokens from `start` to before `end`. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

/** Looks for text in bytes, since tokens may end within a character; A and a are the same. */
export class Search {
  readonly #tokens: number;
  readonly #starts: Uint32Array;
  readonly #text: string;

  constructor(generation: Generation) {
    const { token, offsets, bytes } = generation.pieces;
    this.#tokens = token.length;
    this.#starts = new Uint32Array(token.length + 1);
    for (let k = 0; k < token.length; k++) {
      const piece = token[k] as number;
      const size = (offsets[piece + 1] as number) - (offsets[piece] as number);
      this.#starts[k + 1] = (this.#starts[k] as number) + size;
    }
    const all = new Uint8Array(this.#starts[token.length] as number);
    for (let k = 0, at = 0; k < token.length; k++) {
      const piece = token[k] as number;
      const end = offsets[piece + 1] as number;
      for (let byte = offsets[piece] as number; byte < end; byte++) {
        all[at++] = lowered(bytes[byte] as number);
      }
    }
    this.#text = oneCharacterEach(all);
  }

  isOf({ length }: Generation): boolean {
    return length === this.#tokens;
  }

  matches(query: string): Match[] {
    const wanted = oneCharacterEach(new TextEncoder().encode(query).map(lowered));
    const found: Match[] = [];
    if (!wanted) return found;
    let at = this.#text.indexOf(wanted);
    while (at >= 0) {
      found.push({ start: this.#tokenAt(at), end: this.#tokenAt(at + wanted.length - 1) + 1 });
      at = this.#text.indexOf(wanted, at + wanted.length);
    }
    return found;
  }

  #tokenAt(byte: number): number {
    return firstWhere(this.#tokens, (k) => (this.#starts[k + 1] as number) > byte);
  }
}

function lowered(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

/** A string that can be searched fast; its characters mean nothing. */
function oneCharacterEach(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
