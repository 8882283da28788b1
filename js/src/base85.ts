// Base 85 with the digits of RFC 1924, as Python's base64.b85encode writes it.

const DIGITS =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

export function decodeBase85(text: string): Uint8Array<ArrayBuffer> {
  const groups = Math.ceil(text.length / 5);
  const padded = text.padEnd(5 * groups, "~");
  const words = new DataView(new ArrayBuffer(4 * groups));
  for (let k = 0; k < groups; k++) {
    let word = 0;
    for (const digit of padded.slice(5 * k, 5 * k + 5)) {
      const value = VALUES.get(digit);
      if (value === undefined) throw new Error("it is not base 85");
      word = 85 * word + value;
    }
    words.setUint32(4 * k, word);
  }
  return new Uint8Array(words.buffer, 0, 4 * groups - (padded.length - text.length));
}
