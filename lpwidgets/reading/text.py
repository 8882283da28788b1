"""From text to documents: JSON, JSON Lines, server-sent events, and what is cut off."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lpwidgets.errors import InputError
from lpwidgets.wire.framing import SSEDecoder
from lpwidgets.wire.records import Done

if TYPE_CHECKING:
    from collections.abc import Iterator

    Document = dict[str, Any]

_EVENT_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
_JSON_STARTS = (b"{", b"[")
_BOM = b"\xef\xbb\xbf"
_MARK = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|[\[\]{}]', re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}


class Cut(dict[str, Any]):
    """A JSON object whose end is missing, with what had come of it."""


class Event(dict[str, Any]):
    """A JSON object that came in a stream of events."""


def is_data(data: bytes) -> bool:
    """Say whether bytes begin like JSON or like a stream of events."""
    return data.removeprefix(_BOM).lstrip().startswith(_EVENT_STARTS + _JSON_STARTS)


def documents(data: bytes) -> Iterator[Document | Done]:
    """Yield the JSON objects that a text holds, and the end marks of its streams.

    Raises
    ------
    InputError
        Part of it, and not its end, is no JSON object.
    """
    data = data.removeprefix(_BOM).strip()
    if data.startswith(_EVENT_STARTS):
        yield from _events(data)
    elif data:
        yield from _json(data)


def _events(data: bytes) -> Iterator[Document | Done]:
    framing = SSEDecoder()
    events = [*framing.feed(data + b"\n"), *framing.flush()]
    for number, event in enumerate(events, 1):
        if event.data.strip() == b"[DONE]":
            yield Done()
            continue
        try:
            yield from map(Event, _objects(json.loads(event.data)))
        except (ValueError, RecursionError):
            if b"\n" in event.data:  # a copy that lost its blank lines
                yield from documents(event.data)
            elif number < len(events) and event.data:
                raise _no_json("event", number, event.data) from None


def _json(data: bytes) -> Iterator[Document]:
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        first, *rest = (line for line in data.split(b"\n") if line.strip())
        if rest and _is_object(first):
            yield from _lines([first, *rest])
        else:
            yield from _repaired(data)
        return
    yield from _objects(whole)


def _lines(lines: list[bytes]) -> Iterator[Document]:
    for number, line in enumerate(lines, 1):
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            if number < len(lines):
                raise _no_json("line", number, line) from None
            with suppress(InputError):
                yield from _repaired(line)
        else:
            yield from _objects(parsed)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _objects(parsed: Any) -> Iterator[Document]:
    for value in parsed if isinstance(parsed, list) else [parsed]:
        if not isinstance(value, dict):
            msg = (
                f"expected JSON objects, but one place has {json.dumps(value)[:60]}; "
                "pass answers, their chunks, or a list of token entries"
            )
            raise InputError(msg)
        yield value


def _repaired(data: bytes) -> Iterator[Document]:
    """Yield what is whole of JSON that was cut off; its last object as a `Cut`."""
    text = data.decode("utf-8", "ignore")
    stack: list[str] = []
    end, closers = 0, ""
    for mark in _MARK.finditer(text):
        symbol = mark[0]
        if symbol in _CLOSER:
            stack.append(_CLOSER[symbol])
        elif symbol in "]}" and stack:
            stack.pop()
            if symbol == "}" and stack:
                end, closers = mark.end(), "".join(reversed(stack))
    try:
        found = list(_objects(json.loads(text[:end] + closers)))
    except (ValueError, RecursionError):
        raise _no_json("text", None, data) from None
    yield from found[:-1]
    yield Cut(found[-1])


def _no_json(place: str, number: int | None, data: bytes) -> InputError:
    shown = data[:60].decode("utf-8", "backslashreplace")
    where = place if number is None else f"{place} {number}"
    return InputError(f"the {where} is neither JSON nor enough of its start: {shown!r}")
