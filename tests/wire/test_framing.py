"""Server-sent events: the examples and rules of the HTML standard, section 9.2.6."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpwidgets.errors import WireError
from lpwidgets.wire.framing import Event, LineDecoder, SSEDecoder

VECTORS = {
    "one line": (b"data: x\n\n", [b"x"]),
    "several lines are joined": (
        b"data: YHOO\ndata: +2\ndata: 10\n\n",
        [b"YHOO\n+2\n10"],
    ),
    "CRLF": (b"data: x\r\ndata: y\r\n\r\n", [b"x\ny"]),
    "lone CR": (b"data: x\rdata: y\r\r", [b"x\ny"]),
    "mixed ends": (b"data: x\r\n\ndata: y\n\r\n", [b"x", b"y"]),
    "comments are ignored": (b": ping\n\n:\n\ndata: x\n\n", [b"x"]),
    "only one space is taken off": (b"data:  x\n\ndata:y\n\n", [b" x", b"y"]),
    "empty data is an event": (b"data\n\ndata\ndata\n\ndata:", [b"", b"\n"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: x\n\n", [b"x"]),
    "only the first mark": (b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: y\n\n", [b"y"]),
    "id and retry alone are no event": (b"id: 1\nretry: 9\n\nevent: e\n\n", []),
    "unknown fields": (b"x: y\ndatax: z\ndata: ok\n\n", [b"ok"]),
    "a colon in the value": (b"data: a: b\n\n", [b"a: b"]),
    "field names are exact": (b"Data: x\n data: y\ndata : z\n\n", []),
    "NUL in data": (b"data: a\x00b\n\n", [b"a\x00b"]),
    "separators of text end no line": (
        "data: a\u2028b\u2029c\u0085d\x0b\x0c\x1c\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0b\x0c\x1c".encode()],
    ),
    "an unfinished event is none": (b"data: x\n\ndata: y\n", [b"x"]),
}


def decode(chunks: list[bytes]) -> list[Event]:
    """Return all events of a stream in these chunks."""
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


@pytest.mark.parametrize(("stream", "data"), VECTORS.values(), ids=VECTORS.keys())
def test_the_standard_is_followed(stream: bytes, data: list[bytes]) -> None:
    """Whole, byte by byte, and cut in two at every place."""
    assert [event.data for event in decode([stream])] == data
    assert [
        e.data for e in decode([stream[i : i + 1] for i in range(len(stream))])
    ] == data
    for cut in range(len(stream) + 1):
        assert [event.data for event in decode([stream[:cut], stream[cut:]])] == data


def test_an_event_has_its_type_and_the_next_one_has_not() -> None:
    """The type is reset by every blank line."""
    stream = b"event: add\ndata: 1\n\ndata: 2\n\nevent: x\n\ndata: 3\n\n"
    assert decode([stream]) == [Event(b"1", b"add"), Event(b"2"), Event(b"3")]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"data", b":", b" ", b"\n", b"\r", b"x", b"event", b"\xef\xbb\xbf"]
        )
    ),
    st.data(),
)
def test_chunks_never_matter(parts: list[bytes], data: st.DataObject) -> None:
    """Any stream cut anywhere gives the events of the whole."""
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    chunks = [stream[a:b] for a, b in itertools.pairwise([0, *cuts, len(stream)])]
    assert decode(chunks) == decode([stream])


def test_flush_gives_what_the_end_cut_off() -> None:
    """A server that forgets the last blank line has still sent its data."""
    for rest in (b"data: y", b"data: y\n", b"data: y\r"):
        decoder = SSEDecoder()
        assert [e.data for e in decoder.feed(b"data: x\n\n" + rest)] == [b"x"]
        assert [e.data for e in decoder.flush()] == [b"y"]


@given(st.lists(st.binary(max_size=4)), st.integers(1, 5))
def test_a_line_is_an_event_however_it_is_cut(lines: list[bytes], size: int) -> None:
    """Only a newline ends it; the last one need not have one."""
    lines = [line.replace(b"\n", b"") for line in lines]
    stream, decoder = b"\n".join(lines), LineDecoder()
    chunks = [stream[i : i + size] for i in range(0, len(stream), size)]
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    assert b"\n".join(
        e.data for e in [*events, *decoder.flush()]
    ) == stream.removesuffix(b"\n")


@pytest.mark.parametrize("line", [b"data: " + b"x" * 999, b"data: xxxxxxxx\n" * 99])
def test_an_event_over_the_cap_is_refused(line: bytes) -> None:
    """Whether it is one line or many, before it fills the memory."""
    decoder = SSEDecoder(max_event_bytes=500)
    with pytest.raises(WireError, match="more than 500 bytes"):
        list(
            itertools.chain.from_iterable(
                decoder.feed(line[i : i + 50]) for i in range(0, len(line), 50)
            )
        )
