r"""Server-sent events, and JSON a line: bytes in, events out.

Written from the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream".
Only ``\n``, ``\r`` and ``\r\n`` end a line: `str.splitlines` and httpx's ``iter_lines``
also split at U+2028, U+2029 and U+0085, which JSON may carry unescaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from lpwidgets.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_EVENT_BYTES = 64 * 2**20

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class Event(Struct, frozen=True, gc=False):
    """One dispatched event: its ``data``, and its type (``message`` if unnamed)."""

    data: bytes
    type: bytes = b"message"


class SSEDecoder:
    """Decode a stream of server-sent events, whatever the sizes of its chunks.

    Takes linear time, and memory for one event.

    Parameters
    ----------
    max_event_bytes
        Size in bytes above which a single event (or line) is refused.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._after_cr = False
        self._at_start = True
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._type = b""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events that `chunk` completes.

        Raises
        ------
        WireError
            An event is larger than the cap.
        """
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        last_end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        if last_end < 0:
            self._hold(chunk)
            return
        self._after_cr = chunk.endswith(b"\r")
        complete = b"".join((*self._pending, chunk[: last_end + 1]))
        self._pending.clear()
        self._pending_bytes = 0
        yield from self._lines(complete)
        self._hold(chunk[last_end + 1 :])

    def flush(self) -> Iterator[Event]:
        """Yield the event that the end of the stream cut off, as far as it came.

        The standard drops it; but a server that forgets the last blank line has
        still sent its data.
        """
        if self._pending:
            rest = b"".join(self._pending)
            self._field(rest.removeprefix(_BOM) if self._at_start else rest)
            self._pending.clear()
            self._pending_bytes = 0
        if self._data:
            yield self._dispatch()

    def _hold(self, rest: bytes) -> None:
        if rest:
            self._pending.append(rest)
            self._pending_bytes += len(rest)
            _check_size(self._pending_bytes + self._data_bytes, self._max)

    def _lines(self, complete: bytes) -> Iterator[Event]:
        if self._at_start:
            complete = complete.removeprefix(_BOM)
            self._at_start = False
        lines = _split(complete)
        if not (self._data or self._type) and _alternate(lines):
            yield from [Event(line[6:]) for line in lines[::2]]
            return
        for line in lines:
            if line:
                self._field(line)
            elif self._data:
                yield self._dispatch()
            else:
                self._type = b""

    def _dispatch(self) -> Event:
        event = Event(b"\n".join(self._data), self._type or b"message")
        self._data.clear()
        self._data_bytes = 0
        self._type = b""
        return event

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
            self._data_bytes += len(value) + 1
            _check_size(self._data_bytes, self._max)
        elif name == b"event":
            self._type = value.removeprefix(b" ")


class LineDecoder:
    """Decode newline-delimited JSON: an event a line, whatever the sizes of chunks.

    Parameters
    ----------
    max_event_bytes
        Size in bytes above which a single line is refused.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the lines that `chunk` completes.

        Raises
        ------
        WireError
            A line is larger than the cap.
        """
        complete, newline, rest = chunk.rpartition(b"\n")
        if newline:
            lines = b"".join((*self._pending, complete)).split(b"\n")
            self._pending.clear()
            self._pending_bytes = 0
            yield from map(Event, lines)
        self._pending.append(rest)
        self._pending_bytes += len(rest)
        _check_size(self._pending_bytes, self._max)

    def flush(self) -> Iterator[Event]:
        """Yield the last line, which need not end in a newline."""
        rest = b"".join(self._pending)
        self._pending.clear()
        if rest:
            yield Event(rest)


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        msg = (
            f"the stream holds an event of more than {largest:,} bytes; "
            "this is no stream of tokens, or it needs a larger max_event_bytes"
        )
        raise WireError(msg)


def _alternate(lines: list[bytes]) -> bool:
    """Say whether these are one-line events and blank lines: nearly every stream."""
    starts = {line[:6] for line in lines[::2]}
    return not any(lines[1::2]) and len(lines) % 2 == 0 and starts == {b"data: "}


def _split(complete: bytes) -> list[bytes]:
    lines = _LINE_END.split(complete) if b"\r" in complete else complete.split(b"\n")
    return lines[:-1]
