/** A token as the kernel tells it: its text, or its bytes where they are no text. */
export type Piece = string | readonly number[];

export interface Tokens {
  readonly token: readonly Piece[];
  /** null unknown. */
  readonly probability: readonly (number | null)[];
}

export interface Text extends Tokens {
  readonly how: readonly ("picked" | "written" | "ran" | "given")[];
}

/** What can stand at a position, most likely first. */
export interface Listed extends Tokens {
  /** Those that end the text. */
  readonly end: readonly number[];
  readonly unseen: number;
}

/** A guess; everything is in bits, null unknown or without end. */
export interface Guess {
  readonly guess: string;
  readonly rank: number;
  readonly bits: number | null;
  readonly at_least: boolean;
  readonly regret: number | null;
  readonly came: string;
  readonly came_rank: number;
  readonly came_bits: number | null;
  readonly entropy_low: number | null;
  readonly entropy_high: number | null;
  readonly right: boolean;
}

export interface Score {
  readonly guesses: number;
  readonly right: number;
  readonly bits: number | null;
  readonly at_least: boolean;
  readonly regret: number | null;
  readonly came_bits: number | null;
  readonly entropy_low: number | null;
  readonly entropy_high: number | null;
}

/** One guess in the chart. */
export type Logged = readonly [
  bits: number | null,
  came: number | null,
  atLeast: boolean,
  right: boolean,
];

export interface State {
  readonly seq: number;
  readonly error: string;
  readonly model: string;
  readonly asked: string;
  readonly text: Text;
  readonly at: number;
  readonly ahead: number;
  /** null while it is not known, or to be guessed. */
  readonly listed: Listed | null;
  readonly over: boolean;
  readonly running: boolean;
  readonly client: boolean;
  readonly undo: boolean;
  readonly redo: boolean;
  /** The list of the last guess. */
  readonly review: Listed | null;
  readonly guess: Guess | null;
  readonly score: Score;
  readonly log: readonly Logged[];
}

export interface Traits {
  state: State;
  teach: boolean;
  /** What could have come at each position, of a text that a notebook's file kept. */
  lists?: readonly (Listed | null)[];
}

const encoder = new TextEncoder();

export function bytesOf(piece: Piece): Uint8Array {
  return typeof piece === "string" ? encoder.encode(piece) : Uint8Array.from(piece);
}

/** The rank of the token that came at the place, 0 unknown or not listed. */
export function rankOfWhatCame({ text, at, listed }: State): number {
  const came = JSON.stringify(text.token[at]);
  return (listed?.token.findIndex((one) => JSON.stringify(one) === came) ?? -1) + 1;
}

/** What to call a token aloud. */
export function spokenName(piece: Piece | undefined): string {
  if (piece === undefined || piece.length === 0) return "an empty token";
  if (typeof piece !== "string") return `the bytes ${piece.join(" ")}`;
  const named = piece.replace(/\n/g, " newline ").replace(/\t/g, " tab ");
  return named.trim() ? named : "a space";
}

export function formatBits(bits: number | null): string {
  if (bits === null) return "unknown";
  return `${bits >= 100 ? bits.toFixed(0) : bits.toPrecision(bits < 1 ? 2 : 3)} bits`;
}

/** A probability as the other views have it, NaN unknown. */
export function shareOf(probability: number | null | undefined): number {
  return probability ?? Number.NaN;
}
