"""Server-sent events: the examples and rules of the HTML standard, section 9.2.6."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpwidgets.errors import WireError
from lpwidgets.wire.framing import Event, LineDecoder, SSEDecoder

WEB_PLATFORM = {
    # What the web platform's own tests ask of a browser, with other values.
    "a byte order mark": (b"\xef\xbb\xbfdata:1\n\ndata: 2\n\n", ["1", "2"]),
    "only the first mark": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n",
        ["c"],
    ),
    "comments are ignored": (
        b"data:1\r:\x00\n:\r\ndata:2\n:" + b"x" * 2_000 + b"\rdata:3\n:data:4\n\n",
        ["1\n2\n3"],
    ),
    "an unfinished event is none": (
        b"retry: 9\ndata: x\n\nid: z\ndata: y\n",
        ["x"],
    ),
    "empty data is an event": (
        b"data:\n\ndata\ndata\n\ndata: x\n\ndata:",
        ["", "\n", "x"],
    ),
    "a type": (b"event: add\ndata: x\n\ndata: y\n\n", ["add|x", "y"]),
    "an empty type is none": (b"event: add\nevent: \ndata: x\n\n", ["x"]),
    "id": (b"id: 7\ndata: x\n\ndata: y\nid\n\n", ["x", "y"]),
    "id with NUL": (b"id: a\x00b\ndata: x\n\nid: \x00\n\n", ["x"]),
    "id alone is no event": (b"id: 1\n\nid\n\nid:\n\n", []),
    "fields are exact": (
        b"data:\x00\ndata:  2\rData:1\ndata\x00:2\ndata:1\r\x00data:4\nda-ta:3\n\n",
        ["\x00\n 2\n1"],
    ),
    "nor are these": (b"data_5\ndata:3\rdata:\r\n data:6\ndata :7\n\n", ["3\n"]),
    "retry": (b"retry: 30\ndata: x\n\nretry: 9\n\n", ["x"]),
    "a bogus retry": (b"retry: 3\nretry: 1.5x\nretry\ndata: x\n\n", ["x"]),
    "unknown fields": (
        b"data: a\n data\ndata\nfoo: b\njust words\n: c\nd: e\ndata: f\n\n",
        ["a\n\nf"],
    ),
    "only one space is taken off": (
        b"data:\tx\rdata: \ndata:  y\ndata:z\n\n",
        ["\tx\n\n y\nz"],
    ),
    "every end of line": (
        b"data: a\r\ndata\ndata: b\r\n\rdata: c\r\rdata: d\r\n\r\n",
        ["a\n\nb", "c", "d"],
    ),
    "NUL": (b"data: \x00\n\n\n\n", ["\x00"]),
    "UTF-8": ("data: żółw 龜 🐢\n\n".encode(), ["żółw 龜 🐢"]),
}
STANDARD = {
    # What the standard's text says and shows.
    "several lines": (b"data: CODE\ndata: -3\ndata: 17\n\n", ["CODE\n-3\n17"]),
    "four blocks": (
        b": a remark\n\ndata: one\nid: 1\n\ndata:two\nid\n\ndata:  three\n\n",
        ["one", "two", " three"],
    ),
    "the last block is never ended": (b"data\n\ndata\ndata\n\ndata:", ["", "\n"]),
    "a space more or less": (b"data:same\n\ndata: same\n\n", ["same", "same"]),
    "types": (
        b"event: in\ndata: 7\n\nevent: out\ndata: 2\n\nevent: in\n\ndata: 1\n\n",
        ["in|7", "out|2", "1"],
    ),
}
JSON = {
    # What token text may bring along.
    "separators of text end no line": (
        "data: a\u2028b\u2029c\u0085d\x0b\x0c\x1c\n\n".encode(),
        ["a\u2028b\u2029c\u0085d\x0b\x0c\x1c"],
    ),
    "a colon in the value": (b"data: a: b\n\n", ["a: b"]),
    "pings between": (b": ping\r\n\r\n:\n\ndata: x\r\n\r\n:\n\n", ["x"]),
}
VECTORS = WEB_PLATFORM | STANDARD | JSON


def decode(chunks: list[bytes]) -> list[Event]:
    """Return all events of a stream in these chunks."""
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def told(chunks: list[bytes]) -> list[str]:
    """Return the data of each event, with its type before it if it has one."""
    return [
        ("" if event.type == b"message" else f"{event.type.decode()}|")
        + event.data.decode()
        for event in decode(chunks)
    ]


@pytest.mark.parametrize(("stream", "events"), VECTORS.values(), ids=VECTORS.keys())
def test_the_standard_is_followed(stream: bytes, events: list[str]) -> None:
    """Whole, byte by byte, and cut in two at every place."""
    assert told([stream]) == events
    assert told([stream[i : i + 1] for i in range(len(stream))]) == events
    for cut in range(len(stream) + 1):
        assert told([stream[:cut], stream[cut:]]) == events


@settings(max_examples=300)
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
    for rest in (b"data: y", b"data: y\n", b"data: y\r", b"event: e\ndata: y"):
        decoder = SSEDecoder()
        assert [e.data for e in decoder.feed(b"data: x\n\n" + rest)] == [b"x"]
        assert [e.data for e in decoder.flush()] == [b"y"]


def test_flush_knows_the_byte_order_mark() -> None:
    """Also when the stream is a single line without an end."""
    decoder = SSEDecoder()
    assert list(decoder.feed(b"\xef\xbb\xbfdata: x")) == []
    assert list(decoder.flush()) == [Event(b"x")]


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


@pytest.mark.parametrize(
    "line",
    [b"data: " + b"x" * 999, b"data: xxxxxxxx\n" * 99, b"data\n" * 999, b":" * 999],
    ids=["one line", "many lines", "empty lines", "a comment"],
)
def test_an_event_over_the_cap_is_refused(line: bytes) -> None:
    """Whatever it is made of, before it fills the memory."""
    decoder = SSEDecoder(max_event_bytes=500)
    with pytest.raises(WireError, match="more than 500 bytes"):
        list(
            itertools.chain.from_iterable(
                decoder.feed(line[i : i + 50]) for i in range(0, len(line), 50)
            )
        )
