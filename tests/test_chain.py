"""From the engine's bytes to the page's arrays: every value on the way is the same."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import numpy as np
import pytest

from lpwidgets import Client, Generation
from lpwidgets.display import codec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.engine

TOKENS, TOP = 200, 20


class Recorder(httpx.AsyncHTTPTransport):
    """The network, with a copy of what it brought."""

    def __init__(self) -> None:
        super().__init__()
        self.body = bytearray()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the answer on through a tee."""
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = Tee(response.stream, self.body)
        return response


class Tee(httpx.AsyncByteStream):
    """A stream that is copied while it is read."""

    def __init__(self, source: httpx.AsyncByteStream, copy: bytearray) -> None:
        self._source = source
        self._copy = copy

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._source:
            self._copy += chunk
            yield chunk

    async def aclose(self) -> None:
        """Close the source."""
        await self._source.aclose()


class Chain(NamedTuple):
    """The same answer at both ends of Python."""

    sent: list[dict[str, Any]]
    generation: Generation


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Ask for 200 tokens with 20 alternatives each, and keep the raw body."""
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as env:
        env.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        env.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")
        generation = Client(
            "local", transport=recorder, progress=lambda _: None
        ).generate(
            "Write about the sea, in any language, with emoji.",
            max_tokens=TOKENS,
            top_logprobs=TOP,
            temperature=1.0,
            seed=11,
            ignore_eos=True,
            complete=False,
        )
    return Chain(list(entries(bytes(recorder.body))), generation)


def entries(body: bytes) -> list[dict[str, Any]]:
    """Read the tokens' entries from a stream's body, with nothing of the package."""
    events = [
        json.loads(event.removeprefix(b"data: "))
        for event in body.split(b"\n\n")
        if event.startswith(b"data: {")
    ]
    choices = [choice for event in events for choice in event["choices"]]
    blocks = [
        choice["logprobs"]["content"] for choice in choices if choice.get("logprobs")
    ]
    return [entry for block in blocks for entry in block]


def listed(entry: dict[str, Any]) -> list[tuple[bytes, int, float]]:
    """Return an entry's alternatives."""
    return [(bytes(a["bytes"]), a["id"], a["logprob"]) for a in entry["top_logprobs"]]


def test_the_engine_sent_what_was_asked(chain: Chain) -> None:
    """The answer does not stop early, and each token has its twenty alternatives."""
    assert len(chain.generation) == len(chain.sent)
    assert 0.8 * TOKENS <= len(chain.sent) <= TOKENS  # a whole character is one entry
    assert chain.generation.meta.usage.completion_tokens == TOKENS
    assert {len(entry["top_logprobs"]) for entry in chain.sent} == {TOP}


def test_frames_hold_what_the_engine_sent(chain: Chain) -> None:
    """Bytes, ids and log probabilities in the DataFrames are the raw ones."""
    tokens = chain.generation.to_pandas()
    assert [*zip(tokens.bytes, tokens.token_id, tokens.logprob, strict=True)] == [
        (bytes(entry["bytes"]), entry["id"], entry["logprob"]) for entry in chain.sent
    ]
    alternatives = chain.generation.to_pandas("alternatives")
    for position, entry in enumerate(chain.sent):
        rows = alternatives[alternatives.position == position]
        got = [*zip(rows.bytes, rows.token_id, rows.logprob, strict=True)]
        sampled = (bytes(entry["bytes"]), entry["id"], entry["logprob"])
        assert got[:TOP] == listed(entry)
        assert got[TOP:] == ([] if sampled in listed(entry) else [sampled])
        assert rows.chosen.sum() == 1
        assert got[rows.chosen.to_numpy().argmax()] == sampled


def test_the_page_gets_what_the_engine_sent(chain: Chain) -> None:
    """The page's arrays are the raw values, rounded once to single precision."""
    columns = decode(codec.keyframe([chain.generation], 1, live=False))
    pieces = np.split(columns["piece_bytes"], columns["piece_offsets"][1:-1])
    spelled = [piece.tobytes() for piece in pieces]
    offsets = columns["alternative_offsets"]
    for position, entry in enumerate(chain.sent):
        assert spelled[columns["token"][position]] == bytes(entry["bytes"])
        assert columns["token_id"][position] == entry["id"]
        assert columns["logprob"][position] == np.float32(entry["logprob"])
        rows = slice(offsets[position], offsets[position + 1])
        texts = [spelled[piece] for piece in columns["alternative"][rows]]
        values = columns["alternative_logprob"][rows]
        assert texts[:TOP] == [text for text, _, _ in listed(entry)]
        assert values[:TOP].tolist() == [
            np.float32(value) for _, _, value in listed(entry)
        ]
        chosen = columns["chosen"][position]
        assert texts[chosen] == bytes(entry["bytes"])
        assert values[chosen] == np.float32(entry["logprob"])


def decode(frame: bytes) -> dict[str, NDArray[Any]]:
    """Read a keyframe's columns as the page would, from the documented layout."""
    magic, size = struct.unpack_from("<4sI", frame)
    assert magic == b"LPW1"
    header = json.loads(frame[8 : 8 + size])
    (generation,) = header["generations"]
    return {
        name: np.frombuffer(
            frame,
            np.dtype(column["dtype"]).newbyteorder("<"),
            column["length"],
            8 + size + column["offset"],
        )
        for name, column in generation["columns"].items()
    }
