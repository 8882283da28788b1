"""Decoding JSON into a typed struct, and saying what came when it is something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Raw

from lpwidgets.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.wire.records import Candidate

T = TypeVar("T")


def decode_json(data: bytes, into: type[T], kind: str) -> T:
    """Return a body or event as a struct; NaN and lone surrogates pass.

    Raises
    ------
    WireError
        It is not JSON, or not of that kind.
    """
    try:
        return msgspec.json.decode(data, type=into)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return msgspec.convert(json.loads(data), into)
    except msgspec.ValidationError as error:
        msg = f"the answer is no {kind} ({error}): {excerpt(data)}"
        raise WireError(msg) from None
    except (ValueError, RecursionError) as error:
        msg = f"the answer holds something that is not JSON ({error}): {excerpt(data)}"
        raise WireError(msg) from None


def loaded(data: bytes) -> dict[str, Any] | None:
    """Return a JSON object, None if it is none; NaN and lone surrogates pass."""
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            return None
    return body if isinstance(body, dict) else None


def rewritten(
    data: bytes, rewrite: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
) -> bytes:
    """Return a body with each of its choices rewritten; what has none stays as it is.

    `rewrite` is called with the body and a choice.
    """
    body = loaded(data)
    choices = body.get("choices") if body else None
    if not body or not isinstance(choices, list):
        return data
    made = [rewrite(body, one) if isinstance(one, dict) else one for one in choices]
    body["choices"] = made
    try:
        return msgspec.json.encode(body)
    except (ValueError, RecursionError):  # lone surrogates
        return json.dumps(body).encode()


def bytes_sent(candidate: Candidate) -> bytes | None:
    """Return a candidate's bytes, None if none came or they are no bytes."""
    sent: tuple[int, ...] | Raw | None = candidate.bytes
    try:
        if isinstance(sent, Raw):
            sent = _decode_bytes(sent)
        return None if sent is None else bytes(sent)
    except (ValueError, msgspec.MsgspecError):
        return None


_decode_bytes = msgspec.json.Decoder(tuple[int, ...] | None).decode


def excerpt(data: bytes, length: int = 80) -> str:
    """Return how bytes begin, for a message."""
    text = data[:length].decode("utf-8", "backslashreplace")
    return repr(text) + ("…" if len(data) > length else "")
