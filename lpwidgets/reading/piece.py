"""A document that was recognised: what it is of an answer, and in which dialect."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from lpwidgets.reading.text import Document


class Kind(Enum):
    """What a document is of an answer."""

    WHOLE = "all of it"
    CHUNK = "a part of a stream"
    EITHER = "a completion: part of a stream when the next one has the same id"
    ENTRY = "one token of a list"
    LAST = "all of the answer whose parts came before it"


class Piece(NamedTuple):
    """A document as a dialect decodes it; without dialect it fits any stream.

    One that ends its answer is the last of it, when no stream around it tells.
    """

    kind: Kind
    body: Document
    dialect: str = "openai_chat"
    bare: bool = False
    ends: bool = False


def all_dicts(value: Any) -> TypeGuard[list[Document]]:
    """Say whether it is a list of dicts, at least one."""
    return isinstance(value, list) and bool(value) and all(map(is_dict, value))


def is_dict(value: object) -> bool:
    """Say whether it is a dict."""
    return isinstance(value, dict)


def as_dict(value: Any) -> Document:
    """Return a dict, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def dicts(value: Any) -> list[Document]:
    """Return the dicts in a list, none for anything else."""
    return [item for item in value if is_dict(item)] if isinstance(value, list) else []
