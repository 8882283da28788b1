"""Which tokens spell a character that came as one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.client.llamacpp import Piece, is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpwidgets.client.llamacpp import Vocabulary

    Spelling = tuple[Piece, ...]

_MOST = 32
"""Spellings of an entry that are tried."""

_NEAR = 0.5
"""Mean distance, nats, within which two lists of values count as the same."""


class Entry(NamedTuple):
    """What a server reported of a position.

    ``bytes`` are those of all tokens since the entry before. ``values`` are the log
    probabilities, nats, of the token and its alternatives by id.
    """

    id: int
    bytes: bytes
    values: Mapping[int, float]


def spellings(entry: Entry, vocabulary: Vocabulary) -> list[Spelling]:
    """Return the ways to spell an entry that end with its id, the shortest first."""
    last = vocabulary.pieces.get(entry.id, entry.bytes)
    if not last or not entry.bytes.endswith(last):
        last = entry.bytes
    own = Piece(entry.id, tuple(last))
    hidden = entry.bytes[: len(entry.bytes) - len(last)]
    found = sorted(_inside(hidden, b"", vocabulary.parts), key=len)
    return [(*spelling, own) for spelling in found[:_MOST]]


def _inside(
    rest: bytes, before: bytes, parts: Mapping[bytes, Sequence[int]]
) -> list[Spelling]:
    """Return the ways to spell bytes so that every token ends inside a character."""
    if not rest:
        return [()]
    found: list[Spelling] = []
    for size in range(len(rest), 0, -1):
        head, seen = rest[:size], before + rest[:size]
        if head in parts and not is_whole(seen):
            tails = _inside(rest[size:], seen, parts)[:_MOST]
            pieces = (Piece(token, tuple(head)) for token in parts[head])
            found += [(piece, *tail) for piece in pieces for tail in tails]
    return found


def agree(told: Mapping[int, float], found: Mapping[int, float]) -> bool:
    """Say whether two lists of log probabilities are of the same position.

    They are nearly always equal to the last digit, and a wrong spelling is off by a nat
    or more; but engines round otherwise when they compute several positions together.
    """
    both = told.keys() & found.keys()
    distance = sum(abs(told[token] - found[token]) for token in both)
    return 2 * len(both) > len(told) and distance <= _NEAR * len(both)
