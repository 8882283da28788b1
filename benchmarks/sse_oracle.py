"""Server-sent events: our decoder beside eventsource-parser, and its speed.

Random streams, made by a grammar that is fond of edge cases and cut into random chunks,
go through both decoders. What each dispatches before the end of the stream has to be
the same; only then ours differs on purpose, and hands out the event that the end cut
off (`SSEDecoder.flush`).
"""

from __future__ import annotations

import base64
import itertools
import json
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

from lpwidgets.wire.framing import SSEDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Chunks: TypeAlias = list[bytes]
    Events: TypeAlias = list[list[str]]

STREAMS = 100_000
BATCH = 5_000
MIB = 2**20

_BOM = b"\xef\xbb\xbf"
_ENDS = (b"\n", b"\n", b"\n", b"\r", b"\r\n")
_NAMES = (
    *(b"data",) * 8, b"event", b"event", b"id", b"retry", b"", b"", b"Data", b" data",
    b"data ", b"dat", b"datax", b"events", _BOM + b"data", b"\x00", "données".encode(),
)  # fmt: skip
_COLONS = (b": ", b": ", b": ", b":", b":  ", b":\t", b" : ", b"::", b"")
_WORDS = (
    b"", b"x", b" ", b"0", b"12", b'{"a": "b"}', b"[DONE]", b"data: y", b":", b"\x00",
    b"\x0b\x0c\x1c\x1d\x1e", "\u2028\u2029\u0085\ufeff".encode(), "é漢👋".encode(),
    b"\xff", b"\xe6\xbc", b"\xf0\x9f", b"\xed\xa0\x80",
)  # fmt: skip


def streams(count: int, seed: int) -> Iterator[Chunks]:
    """Yield random streams, each in random chunks, empty ones included."""
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        stream = _BOM * chance.choice((0, 0, 0, 1, 1, 2))
        stream += b"".join(_line(chance) for _ in range(chance.randrange(1, 16)))
        if chance.random() < 0.3:  # noqa: PLR2004
            stream = stream[: chance.randrange(len(stream) + 1)]
        cuts = chance.choices(range(len(stream) + 1), k=chance.choice((0, 1, 4, 40)))
        edges = [0, *sorted(cuts), len(stream)]
        yield [stream[a:b] for a, b in itertools.pairwise(edges)]


def _line(chance: random.Random) -> bytes:
    end = chance.choice(_ENDS)
    if chance.random() < 0.4:  # noqa: PLR2004
        return end
    words = b"".join(chance.choices(_WORDS, k=chance.randrange(3)))
    return chance.choice(_NAMES) + chance.choice(_COLONS) + words + end


def ours(chunks: Chunks) -> Events:
    """Return the type and data of each event that our decoder dispatches."""
    decoder = SSEDecoder()
    events = itertools.chain.from_iterable(map(decoder.feed, chunks))
    return [[_text(event.type), _text(event.data)] for event in events]


def theirs(many: list[Chunks]) -> list[Events]:
    """Return the same of eventsource-parser, for many streams at once."""
    lines = (
        json.dumps([base64.b64encode(chunk).decode() for chunk in one]) for one in many
    )
    script = Path(__file__).parents[1] / "js" / "tests" / "sse-oracle.mjs"
    told = subprocess.run(
        ["node", str(script)],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [json.loads(line) for line in told.stdout.split("\n")[:-1]]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def compare(count: int, seed: int) -> tuple[int, list[Chunks]]:
    """Return how many events there were, and the streams told apart differently."""
    many = list(streams(count, seed))
    expected = theirs(many)
    differ = [
        one for one, told in zip(many, expected, strict=True) if ours(one) != told
    ]
    return sum(map(len, expected)), differ


def seconds(size: int, chunk: int, event: int) -> float:
    """Return how long a stream of this size takes, all in bytes.

    ``event`` is the size of one event, in chunks of ``chunk``.
    """
    one = b"data: " + b"x" * (event - 8) + b"\n\n"
    stream = memoryview(one * (size // event))
    decoder, found = SSEDecoder(size + 1), 0
    start = time.perf_counter()
    for i in range(0, len(stream), chunk):
        found += sum(1 for _ in decoder.feed(bytes(stream[i : i + chunk])))
    assert found == size // event
    return time.perf_counter() - start


def peak(size: int) -> int:
    """Return the most memory in bytes that a stream of small events takes."""
    events, decoder = b"data: token\n\n" * 5_000, SSEDecoder()
    tracemalloc.start()
    for _ in range(size // len(events)):
        for _ in decoder.feed(events):
            pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main() -> None:
    """Print how often the two disagree, and how the time grows with the size."""
    events, differ = 0, []
    for seed in range(STREAMS // BATCH):
        count, found = compare(BATCH, seed)
        events += count
        differ += found
    print(f"{STREAMS:,} streams, {events:,} events, {len(differ)} disagreements")
    for one in differ[:5]:
        print(f"  {one}\n    ours   {ours(one)}\n    theirs {theirs([one])[0]}")
    print("\nseconds for       4 MiB   16 MiB   64 MiB")
    for chunk in (2**16, 2**10):
        for kind, event in (("one event", 0), ("events of 2 kB", 2_048)):
            sizes = (4 * MIB, 16 * MIB, 64 * MIB)
            took = [seconds(size, chunk, event or size) for size in sizes]
            figures = "".join(f"{t:9.3f}" for t in took)
            print(f"{kind:15}{figures}   in chunks of {chunk // 1024} kB")
    print(f"\n64 MiB of small events take {peak(64 * MIB) / 1e6:.1f} MB of memory")
    sys.exit(bool(differ))


if __name__ == "__main__":
    main()
