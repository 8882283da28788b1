"""Answers that are packed, too large, or not as long as they say."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from lpwidgets.client import exchange
from lpwidgets.errors import ConnectError, LpError, WireError
from tests.client.server import (
    HELLO,
    Chunks,
    Do,
    FaultServer,
    head,
    mocked,
    said,
    streamed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
MIB = 2**20
GZIP = "content-encoding: gzip"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
MEASURED = r"""
import json, re, sys
import lpwidgets as lp

client = lp.Client(base_url=sys.argv[1], model="m", timeout=60)
client.flight("Hi")

def peak():
    status = open("/proc/self/status").read()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024

def ended(ask):
    try:
        return ask().status
    except lp.LpError as error:
        return type(error).__name__

before = peak()
end = ended(lambda: client.generate("Hi"))
print(json.dumps([end, peak() - before]))
"""


def bomb(layers: int = 1, start: bytes = said("a") + b"data: ") -> bytes:
    """Return a start and 1,000 MiB of zeros, packed to about a thousandth."""
    first, block = zlib.compressobj(wbits=31), zlib.compressobj(wbits=-15)
    packed = first.compress(start) + first.flush(zlib.Z_FULL_FLUSH)
    packed += (block.compress(bytes(MIB)) + block.flush(zlib.Z_FULL_FLUSH)) * 1_000
    return packed if layers == 1 else gzip.compress(packed)


def memory(script: Sequence[bytes | Do]) -> tuple[str, float]:
    """Return how an answer ends, and how many MiB more it takes at its peak."""
    with FaultServer(script) as server:
        told = subprocess.run(
            [sys.executable, "-c", MEASURED, server.url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    end, grown = json.loads(told.stdout)
    return end, grown


FLOODS = {
    "one event": ((head(), said("a") + b"data: ", bytes(MIB), Do.REPEAT), "error"),
    "one body": ((head("application/json"), bytes(MIB), Do.REPEAT), "WireError"),
    "a thousandfold": ((head("text/event-stream", 200, GZIP), bomb()), "error"),
    "a thousandfold body": (
        (head("application/json", 200, GZIP), bomb(start=b'{"x": "')),
        "WireError",
    ),
    "a millionfold": (
        (head("text/event-stream", 200, f"{GZIP}, gzip"), bomb(layers=2)),
        "WireError",
    ),
    "an error": ((head("application/json", 400, GZIP), bomb()), "RequestError"),
    "a packed error": (
        (head("application/json", 400, f"{GZIP}, gzip"), bomb(layers=2)),
        "RequestError",
    ),
}


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Linux tells the peak there"
)
@pytest.mark.parametrize(("script", "ends"), FLOODS.values(), ids=FLOODS)
def test_a_flood_takes_bounded_memory(script: Sequence[bytes | Do], ends: str) -> None:
    """The cap of an event, or of a body, and what 64 kB unpack to, held some times."""
    end, grown = memory(script)
    print(f"{end}, {grown:.0f} MiB")  # noqa: T201
    assert end == ends
    cap = 256 if ends == "WireError" else 64
    assert grown < cap + 4 * 64


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "x\r\n y"])
def test_a_coding_that_was_not_asked_for(coding: str) -> None:
    """It is refused by its name; one that was asked for is read."""
    headers = {"content-type": "text/event-stream", "content-encoding": coding}
    response = httpx.Response(200, headers=headers, stream=Chunks(b"data: "))
    with pytest.raises(WireError, match="only gzip or deflate was asked for"):
        mocked(response).generate("Hi")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "identity", ""])
def test_what_is_asked_for_is_read(coding: str) -> None:
    """The request says which codings may come back."""
    packed = b"".join(HELLO[1:])
    if coding.lower() == "gzip":
        packed = gzip.compress(packed)
    elif coding == "deflate":
        packed = zlib.compress(packed)
    top = head("text/event-stream", 200, f"content-encoding: {coding}")
    with FaultServer((top, packed)) as server:
        assert server.client().generate("Hi").text == "Hello"
    assert b"accept-encoding: gzip, deflate\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("after", [(), (Do.RESET,)], ids=["end", "reset"])
def test_a_packed_stream_cut_at_every_seventh_byte(after: tuple[Do, ...]) -> None:
    """What can be unpacked is kept, and never called complete."""
    packer = zlib.compressobj(wbits=31)
    packed = b""
    for event in HELLO[1:3]:
        packed += packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH)
    top = head("text/event-stream", 200, GZIP)
    for cut in range(0, len(packed) + 1, 7):
        with FaultServer((top, packed[:cut], *after)) as server:
            try:
                answer = server.client().generate("Hi")
            except ConnectError:
                continue
        assert answer.status == "truncated"
        assert answer.text in {"", "Hel", "Hello"}
    assert answer.text == "Hello"


@pytest.mark.parametrize(
    "chunks",
    [
        b"zz\r\nnonsense\r\n",
        b"-5\r\nhello\r\n",
        b"5\r\nhello there\r\n",
        b"ffffffffffffffff\r\nx",
        b"\r\n\r\n",
    ],
)
def test_broken_chunks_keep_what_came_before(chunks: bytes) -> None:
    """Nonsense in the framing of HTTP is a break, not an end."""
    good = b"%x\r\n%b\r\n" % (len(said("a")), said("a"))
    with FaultServer((CHUNKED + good, chunks)) as server:
        answer = server.client().generate("Hi")
    assert (answer.text, answer.status) == ("a", "truncated")
    assert "broke" in answer.meta.error


@pytest.mark.parametrize("length", [40, 10_000])
def test_a_stream_that_is_not_as_long_as_announced(length: int) -> None:
    """Cut short by its own announcement, or by its end: truncated both times."""
    top = head("text/event-stream", 200, f"content-length: {length}")
    with FaultServer((top, said("a") + said("b"))) as server:
        if length > len(said("ab")):
            answer = server.client().generate("Hi")
            assert (answer.text, answer.status) == ("ab", "truncated")
        else:
            assert server.client().generate("Hi").status == "truncated"


@pytest.mark.parametrize(
    ("status", "kind"), [(200, ""), (200, "application/json"), (204, ""), (202, "")]
)
def test_an_empty_answer_is_an_error(status: int, kind: str) -> None:
    """Nothing is no answer."""
    top = head(kind, status, "content-length: 0")
    with FaultServer((top,)) as server, pytest.raises(LpError) as caught:
        server.client().generate("Hi")
    assert len(str(caught.value).splitlines()) <= 3


def test_an_empty_stream_is_truncated() -> None:
    """A stream that says nothing at all was cut."""
    with FaultServer((head("text/event-stream", 200, "content-length: 0"),)) as server:
        answer = server.client().generate("Hi")
    assert (len(answer), answer.status) == (0, "truncated")
    assert answer.findings


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", gzip.compress(b"", mtime=0)[:10] + b"\xff" * 9],
    ids=["plain", "broken"],
)
def test_broken_compression_is_a_broken_connection(packed: bytes) -> None:
    """A decompressor's complaint is put into words."""
    top = head("application/json", 200, "content-encoding: gzip")
    with (
        FaultServer((top, packed)) as server,
        pytest.raises(ConnectError, match="broke"),
    ):
        server.client().generate("Hi", stream=False)


def test_a_compressed_flood_in_one_piece_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few kilobytes that unpack to much more are not kept."""
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 2**20)
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    bomb = gzip.compress(bytes(2**22))
    pieces = Chunks(*(bomb[i : i + 512] for i in range(0, len(bomb), 512)))
    with pytest.raises(WireError, match="larger than 1,048,576 bytes"):
        mocked(httpx.Response(200, headers=headers, stream=pieces)).generate("Hi")


def test_an_event_without_end_is_refused() -> None:
    """One event of more than 64 MiB is no stream of tokens; what came before stays."""
    flood = [b"x" * 2**23] * 9
    answer = mocked(streamed(said("a"), b"data: ", *flood)).generate("Hi")
    assert (answer.text, answer.status) == ("a", "error")
    assert "67,108,864 bytes" in answer.meta.error
