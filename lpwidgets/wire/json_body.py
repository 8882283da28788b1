"""Decoding JSON into a typed struct, and saying what came when it is something else."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from lpwidgets.errors import WireError

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


def excerpt(data: bytes, length: int = 80) -> str:
    """Return how bytes begin, for a message."""
    text = data[:length].decode("utf-8", "backslashreplace")
    return repr(text) + ("…" if len(data) > length else "")
