// Bytes of a token → what a person can see of them. Nothing stays invisible, nothing is invented.

export interface Segment {
  readonly kind: "text" | "space" | "newline" | "tab" | "badge";
  /** The characters themselves, or a badge's label. */
  readonly shown: string;
}

const EMOJI_ELEMENT = String.raw`\p{Extended_Pictographic}(?:[\ufe0e\ufe0f]|\p{Emoji_Modifier})?`;
const EMOJI = [
  String.raw`${EMOJI_ELEMENT}(?:\u200d${EMOJI_ELEMENT})*`,
  String.raw`[0-9#*]\ufe0f\u20e3`,
].join("|");
const FLAG = String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`;

const JOINED_SCRIPTS = ["Arab", "Beng", "Deva", "Gujr", "Knda", "Mlym", "Sinh", "Telu"]
  .map((script) => String.raw`\p{Script=${script}}`)
  .join("");
/** The other side of a joiner may be in the neighbouring token. */
const JOINER = String.raw`(?<=[${JOINED_SCRIPTS}])[\u200c\u200d](?=[${JOINED_SCRIPTS}]|$)|^[\u200c\u200d](?=[${JOINED_SCRIPTS}])`;

const HIDDEN = String.raw`[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb\ufffd]`;

/** Sequences whose joiners and selectors do their proper work, or else one character that needs help. */
const SPECIAL = new RegExp(
  `(?<shaped>${FLAG}|${EMOJI}|${JOINER})|(?<space>\\p{Zs})|(?<hidden>${HIDDEN})`,
  "gu",
);

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
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
}

export function codePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

function splitText(text: string, into: Segment[]): void {
  let plain = "";
  let end = 0;
  const flush = (): void => {
    if (plain) into.push({ kind: "text", shown: plain });
    plain = "";
  };
  for (const match of text.matchAll(SPECIAL)) {
    plain += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match.groups?.["shaped"]) {
      plain += match[0];
    } else {
      flush();
      into.push(specialSegment(match[0], match.groups?.["space"] !== undefined));
    }
  }
  plain += text.slice(end);
  flush();
}

function specialSegment(character: string, isSpace: boolean): Segment {
  if (isSpace) return { kind: "space", shown: character };
  if (character === "\n") return { kind: "newline", shown: character };
  if (character === "\t") return { kind: "tab", shown: character };
  return { kind: "badge", shown: codePoint(character) };
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
  const lead = bytes[at] ?? 0;
  const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return decode(bytes.subarray(at, at + length)) === undefined ? 0 : length;
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
