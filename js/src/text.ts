// Bytes of a token → what a person can see of them. Nothing stays invisible, nothing is invented.

export interface Segment {
  readonly kind: "text" | "space" | "badge";
  /** The characters themselves, or a badge's label. */
  readonly shown: string;
}

const { raw } = String;
const PICTURE = raw`\p{Extended_Pictographic}(?:[\ufe0e\ufe0f]|\p{Emoji_Modifier})?`;
const EMOJI = raw`${PICTURE}(?:\u200d${PICTURE})*|[0-9#*]\ufe0f\u20e3`;
/** England, Scotland, Wales. */
const FLAG = raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`;

const JOINED = ["Arab", "Beng", "Deva", "Gujr", "Knda", "Mlym", "Sinh", "Telu"]
  .map((script) => raw`\p{Script=${script}}`)
  .join("");
/** The other side of a joiner may be in the neighbouring token. */
const JOINER = raw`(?<=[${JOINED}])[\u200c\u200d](?=[${JOINED}]|$)|^[\u200c\u200d](?=[${JOINED}])`;

const HIDDEN = raw`[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb\ufffd]`;

/** Sequences whose joiners and selectors do their proper work, or else one character that needs help. */
const SPECIAL = new RegExp(raw`(${FLAG}|${EMOJI}|${JOINER})|([\p{Zs}\n\t])|${HIDDEN}`, "gu");

export function segments(bytes: Uint8Array): Segment[] {
  const found: Segment[] = [];
  const runs = decode(bytes) === undefined ? utf8Runs(bytes) : [bytes];
  for (const run of runs) {
    const text = decode(run);
    if (text === undefined) found.push({ kind: "badge", shown: hex(run) });
    else splitText(text, found);
  }
  return found;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => digits(byte, 2)).join(" ");
}

export function codePoint(character: string): string {
  return `U+${digits(character.codePointAt(0) ?? 0, 4)}`;
}

function digits(value: number, least: number): string {
  return value.toString(16).toUpperCase().padStart(least, "0");
}

function splitText(text: string, into: Segment[]): void {
  let plain = "";
  let end = 0;
  const flush = (): void => {
    if (plain) into.push({ kind: "text", shown: plain });
    plain = "";
  };
  for (const { 0: found, 1: shaped, 2: space, index } of text.matchAll(SPECIAL)) {
    plain += text.slice(end, index);
    end = index + found.length;
    if (shaped) {
      plain += shaped;
    } else {
      flush();
      into.push(
        space ? { kind: "space", shown: space } : { kind: "badge", shown: codePoint(found) },
      );
    }
  }
  plain += text.slice(end);
  flush();
}

/** Cuts bytes into stretches that are UTF-8 and stretches that are not. */
function utf8Runs(bytes: Uint8Array): Uint8Array[] {
  const runs: Uint8Array[] = [];
  let start = 0;
  let wasText = true;
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    const isText = length > 0;
    if (isText !== wasText && at > start) {
      runs.push(bytes.subarray(start, at));
      start = at;
    }
    wasText = isText;
    at += Math.max(1, length);
  }
  runs.push(bytes.subarray(start));
  return runs;
}

/** How many bytes the character at `at` has, 0 when there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  return [1, 2, 3, 4].find((size) => decode(bytes.subarray(at, at + size)) !== undefined) ?? 0;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes that are UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
