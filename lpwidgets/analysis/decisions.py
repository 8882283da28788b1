"""Which of a few possible values a model chose, and how it weighed the others.

The values part at one token: the first at which not all of them would go on alike. Each
alternative there speaks for the value that it is the only one to fit; one that fits
several (a quote alone) or none, and what the server did not list, is not attributed.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OF_NUMBERS = b"0123456789.eE"


class Tokens(NamedTuple):
    """The tokens of a value: their bytes, and the byte at which the first begins."""

    pieces: Sequence[bytes]
    start: int


class Parting(NamedTuple):
    """Where values part.

    ``place`` counts tokens from 0; ``before`` is what the token holds in front of the
    value, ``written`` what of the value stood before the token.
    """

    place: int
    before: bytes
    written: bytes


def spellings(values: Iterable[Any]) -> dict[bytes, Any]:
    """Return the values by how JSON spells them."""
    return {json.dumps(value, ensure_ascii=False).encode(): value for value in values}


def parting(tokens: Tokens, start: int, candidates: Iterable[bytes]) -> Parting | None:
    """Return where candidates part; None if they never do, or none is what was said.

    Parameters
    ----------
    tokens
        Those of the value, and the one after it, which ends a number.
    start
        The byte at which the value begins.
    candidates
        Spellings of the possible values.
    """
    at, written = tokens.start, b""
    live = list(candidates)
    for place, piece in enumerate(tokens.pieces):
        before = piece[: max(0, start - at)]
        rest = piece[len(before) :]
        kept = [one for one in live if _fits(one, written, rest)]
        if not kept:
            return None
        if len(kept) < len(live):
            return Parting(place, before, written)
        written += rest
        at += len(piece)
    return None


def _fits(candidate: bytes, written: bytes, rest: bytes) -> bool:
    """Whether a value goes on as `rest` does, or ends within it."""
    left = candidate[len(written) :]
    if len(rest) <= len(left):
        return left.startswith(rest)
    number = candidate[:1] not in b'"tfn'
    return rest.startswith(left) and not (
        number and rest[len(left) : len(left) + 1] in _OF_NUMBERS
    )


def weigh(
    where: Parting,
    candidates: dict[bytes, Any],
    alternatives: Iterable[tuple[bytes, float]],
) -> tuple[dict[Any, float], float]:
    """Return the probability of each value, and the mass that none could be given.

    Parameters
    ----------
    where
        What `parting` returned.
    candidates
        What `spellings` returned.
    alternatives
        Bytes and probability of each token that the server listed there.
    """
    weights: dict[Any, float] = {}
    for piece, probability in alternatives:
        fits = _fitting(piece, where, candidates)
        if len(fits) == 1 and not math.isnan(probability):
            value = candidates[fits[0]]
            weights[value] = weights.get(value, 0.0) + probability
    return weights, max(0.0, 1.0 - sum(weights.values()))


def _fitting(piece: bytes, where: Parting, candidates: Iterable[bytes]) -> list[bytes]:
    if piece.startswith(where.before):
        rest = piece[len(where.before) :]
    elif where.before.strip():
        return []
    else:
        rest = piece
    if not where.written:
        rest = rest.lstrip()  # white space before a value changes nothing
    live = [one for one in candidates if one.startswith(where.written)]
    return [one for one in live if rest and _fits(one, where.written, rest)]
