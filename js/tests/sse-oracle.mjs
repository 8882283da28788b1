// Reads a stream a line, as a JSON list of base64 chunks, and prints the events that
// eventsource-parser finds in it, as a JSON list of [type, data]. Used by
// benchmarks/sse_oracle.py.
import { createInterface } from "node:readline";
import { createParser } from "eventsource-parser";

for await (const line of createInterface({ input: process.stdin })) {
  const events = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push([event ?? "message", data]),
  });
  // The parser takes the byte order mark away, so the decoder must not.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (const chunk of JSON.parse(line)) {
    parser.feed(decoder.decode(Buffer.from(chunk, "base64"), { stream: true }));
  }
  process.stdout.write(`${JSON.stringify(events)}\n`);
}
