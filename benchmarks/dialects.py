"""Decoding speed of every dialect beside that of chat completions, in one run.

One real stream of the embedded model is written in each dialect's words: 2,000 tokens
with 20 alternatives (in bytes as long as that dialect needs), and fed from memory in
chunks of 64 kB into a finished Generation. Figures are medians of turns taken by all.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.decode import record
from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Meta
from lpwidgets.wire.dialects import DIALECTS
from lpwidgets.wire.framing import LineDecoder, SSEDecoder
from lpwidgets.wire.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Entry = dict[str, Any]

TOKENS = 2_000
TURNS = 9
CHUNK = 2**16
QUESTION = Question(prompt="Once", model="a-model", top_logprobs=20)


def entries() -> list[Entry]:
    """Return real tokens with their alternatives, as the embedded model sent them."""
    events = [json.loads(event[6:]) for event in record()]
    found = [event["choices"][0]["logprobs"]["content"][0] for event in events]
    return list(itertools.islice(itertools.cycle(found), TOKENS))


def chat(entry: Entry, **choice: Any) -> Entry:
    """Return a chunk of a chat with this entry."""
    said = {"index": 0, "delta": {"content": entry["token"]}, "finish_reason": None}
    return {"choices": [said | {"logprobs": {"content": [entry]}} | choice]}


def renamed(entry: Entry, **names: str) -> Entry:
    """Return an entry with other names for its fields; those not named are left out."""
    made = {new: entry[old] for old, new in names.items()}
    top = entry.get("top_logprobs")
    return made | (
        {} if top is None else {"top_logprobs": [renamed(t, **names) for t in top]}
    )


def lists(entry: Entry) -> Entry:
    """Return an entry as the lists of completions."""
    return {
        "tokens": [entry["token"]],
        "token_logprobs": [entry["logprob"]],
        "top_logprobs": [{t["token"]: t["logprob"] for t in entry["top_logprobs"]}],
        "text_offset": [0],
    }


def completion(entry: Entry) -> Entry:
    """Return a chunk of legacy completions."""
    return {"choices": [{"index": 0, "text": entry["token"], "logprobs": lists(entry)}]}


def row(entry: Entry) -> list[Any]:
    """Return an entry as SGLang's triple."""
    return [entry["logprob"], entry["id"], entry["token"]]


def sglang(entry: Entry) -> Entry:
    """Return an event of an SGLang server that runs incrementally."""
    about = {
        "id": "a",
        "output_token_logprobs": [row(entry)],
        "output_top_logprobs": [[row(one) for one in entry["top_logprobs"]]],
    }
    return {"text": entry["token"], "meta_info": about}


def tgi(entry: Entry) -> Entry:
    """Return an event of Text Generation Inference."""
    names = {"id": "id", "token": "text", "logprob": "logprob"}
    top = [renamed(one, **names) for one in entry["top_logprobs"]]
    sampled = {new: entry[old] for old, new in names.items()} | {"special": False}
    return {"token": sampled, "top_tokens": top, "generated_text": None}


def gemini(entry: Entry) -> Entry:
    """Return a chunk of Gemini."""
    names = {"token": "token", "id": "tokenId", "logprob": "logProbability"}
    top = [renamed(one, **names) for one in entry["top_logprobs"]]
    chosen = {new: entry[old] for old, new in names.items()}
    result = {"chosenCandidates": [chosen], "topCandidates": [{"candidates": top}]}
    content = {"role": "model", "parts": [{"text": entry["token"]}]}
    return {"candidates": [{"content": content, "logprobsResult": result}]}


def together(entry: Entry) -> Entry:
    """Return a chunk of Together's chat."""
    top = {one["token"]: one["logprob"] for one in entry["top_logprobs"]}
    delta = {"content": entry["token"], "token_id": entry["id"]}
    return chat(entry, delta=delta, logprobs=entry["logprob"], top_logprobs=top)


def responses(entry: Entry) -> Entry:
    """Return an event of Responses."""
    names = {"token": "token", "logprob": "logprob"}
    return {
        "type": "response.output_text.delta",
        "output_index": 0,
        "content_index": 0,
        "delta": entry["token"],
        "logprobs": [renamed(entry, **names)],
    }


def fireworks(entry: Entry) -> Entry:
    """Return an entry with Fireworks' names."""
    names = {k: k for k in ("token", "logprob", "bytes")} | {"id": "token_id"}
    return renamed(entry, **names) | {"text_offset": 0}


WORDS: dict[str, Callable[[Entry], Entry]] = {
    "openai_chat": chat,
    "openai_completions": completion,
    "openai_responses": responses,
    "deepinfra_native": lambda e: tgi(e) | {"top_tokens": []},
    "tgi": tgi,
    "sglang": sglang,
    "llamacpp": lambda e: {"content": e["token"], "completion_probabilities": [e]},
    "ollama": lambda e: {"message": {"content": e["token"]}, "logprobs": [e]},
    "fireworks_chat": lambda e: chat(fireworks(e)),
    "fireworks_completions": lambda e: {
        "choices": [{"text": e["token"], "logprobs": {"content": [fireworks(e)]}}]
    },
    "together_chat": together,
    "together_completions": completion,
    "gemini": gemini,
}


def stream(dialect: str, found: list[Entry]) -> bytes:
    """Return the stream in a dialect's words and framing."""
    texts = [json.dumps(WORDS[dialect](e), separators=(",", ":")) for e in found]
    if dialect == "ollama":
        return "".join(f"{text}\n" for text in texts).encode()
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body as a socket would give it."""
    return (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))


def decode(dialect: str, body: bytes) -> float:
    """Return seconds from bytes to a finished Generation."""
    start = time.perf_counter()
    builder = AnswerBuilder(Meta())
    decoder = DIALECTS[dialect].Decoder(QUESTION)
    framing = LineDecoder() if dialect == "ollama" else SSEDecoder()
    for piece in pieces(body):
        for event in framing.feed(piece):
            for one in decoder.event(event.data):
                builder.add(one)
    generation = builder.finish()[0]
    seconds = time.perf_counter() - start
    listed = 0 if dialect == "deepinfra_native" else 20
    assert len(generation) == TOKENS, (dialect, len(generation))
    assert generation.columns.counts.mean() >= listed - 1, dialect
    return seconds


def main() -> None:
    """Print the table."""
    assert set(WORDS) == set(DIALECTS)
    found = entries()
    bodies = {dialect: stream(dialect, found) for dialect in WORDS}
    times: dict[str, list[float]] = {dialect: [] for dialect in WORDS}
    for _ in range(TURNS):
        for dialect, body in bodies.items():
            times[dialect].append(decode(dialect, body))
    median = {dialect: statistics.median(values) for dialect, values in times.items()}
    print(f"{TOKENS:,} tokens × 20 alternatives, {TURNS} turns, from memory")
    print(f"{'dialect':22} {'tokens/s':>10} {'MB/s':>6}  of openai_chat")
    for dialect, seconds in median.items():
        rate, size = TOKENS / seconds, len(bodies[dialect]) / seconds / 1e6
        share = median["openai_chat"] / seconds
        print(f"{dialect:22} {rate:10,.0f} {size:6.0f}  {share:.2f}")


if __name__ == "__main__":
    main()
