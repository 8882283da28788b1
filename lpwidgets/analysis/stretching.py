"""Two texts as stretches, and where they part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from lpwidgets.analysis.aligning import shared
from lpwidgets.analysis.cutting import cuts
from lpwidgets.analysis.divergence import divergence, of_event

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.analysis.cutting import Cuts, Places, Said, Values
    from lpwidgets.columns import Columns

LEAST = 1e-6
"""Bits of divergence up to which distributions count as the same: rounding is that."""

Kind = Literal["equal", "replaced", "inserted", "deleted", "end"]


class Stretch(NamedTuple):
    """Some bytes of the first text, and what stands for them in another.

    ``kind`` is ``"equal"``, ``"replaced"``, ``"inserted"`` (only the other has it),
    ``"deleted"`` (only the first has it), or ``"end"``: the tokens after the last byte.
    ``start`` to ``stop`` are bytes of what was said, ``tokens`` how many they are, from
    ``position`` on. ``bits`` is the surprisal of the tokens that the model
    chose, ``bits_per_byte`` that over the bytes of these; NaN unknown. ``divergence``
    is that of the two distributions where the texts are equal, in bits from 0 to 1, at
    least (Jensen–Shannon, Lin 1991); between tokens that differ, that of saying this or
    anything else.
    """

    generation: int
    kind: Kind
    start: int
    stop: int
    position: int
    tokens: int
    bits: float
    bits_per_byte: float
    other_start: int
    other_stop: int
    other_position: int
    other_tokens: int
    other_bits: float
    other_bits_per_byte: float
    divergence: float

    @property
    def delta(self) -> float:
        """How much more surprised the other was, bits a byte; NaN unknown."""
        return self.other_bits_per_byte - self.bits_per_byte


class Fork(NamedTuple):
    """Where another text, number ``generation``, parts from the first.

    ``kind`` is ``"text"``: ``byte`` is the first that differs; or, of equal texts,
    ``"distribution"``: the stretch whose ``divergence`` is largest begins there.
    ``position`` and ``other_position`` are the tokens there, None after the last one.
    """

    generation: int
    kind: Literal["text", "distribution"]
    byte: int
    position: int | None
    other_position: int | None
    divergence: float


class Text(NamedTuple):
    """A generation's tokens, and what they say."""

    columns: Columns
    said: Said


def stretched(
    first: Text, other: Text, number: int
) -> tuple[list[Stretch], Fork | None]:
    """Return the stretches of two texts, and where they part."""
    at = cuts(first.said, other.said)
    one, two = _side(first, at.first), _side(other, at.other)
    kinds = _kinds(first.said.text, other.said.text, at)
    apart = _divergences(first, other, one, two, np.array(kinds))
    columns = (*one.columns(), *two.columns(), apart)
    rows = zip(kinds, *(column.tolist() for column in columns), strict=True)
    stretches = [Stretch(number, *row) for row in rows]
    return stretches, _fork(first.said, other.said, stretches)


class _Side(NamedTuple):
    """The stretches of one text, shape (s,)."""

    byte: Places
    token: Places
    bits: Values
    size: Values

    def columns(self) -> tuple[Values | Places, ...]:
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.where(self.size > 0, self.bits / self.size, np.nan)
        ends = self.byte[:-1], self.byte[1:], self.token[:-1], np.diff(self.token)
        return *ends, self.bits, rate


def _side(text: Text, byte: Places) -> _Side:
    token = text.said.tokens(byte)
    token[-1] = len(text.said.start)
    bits, size = text.said.values(token)
    return _Side(byte, token + text.said.before, bits, size)


def _kinds(a: bytes, b: bytes, at: Cuts) -> list[Kind]:
    spans = zip(at.first, at.first[1:], at.other, at.other[1:], strict=False)
    return [_kind(a[i:j], b[k:m]) for i, j, k, m in spans]


def _kind(a: bytes, b: bytes) -> Kind:
    if a == b:
        return "equal" if a else "end"
    if not a or not b:
        return "deleted" if a else "inserted"
    return "replaced"


def _divergences(
    first: Text, other: Text, one: _Side, two: _Side, kinds: NDArray[np.str_]
) -> Values:
    same = np.isin(kinds, ("equal", "end"))
    p, q = (np.exp2(np.minimum(-side.bits, 0.0)) for side in (one, two))
    apart = np.where(same, of_event(p, q), np.nan)
    single = (kinds == "equal") & ~np.isnan(apart)
    single &= (np.diff(one.token) == 1) & (np.diff(two.token) == 1)
    at, others = one.token[:-1][single], two.token[:-1][single]
    exact = divergence(first.columns, other.columns, at, others)
    apart[single] = np.where(np.isnan(exact), apart[single], exact)
    return apart


def _fork(a: Said, b: Said, stretches: list[Stretch]) -> Fork | None:
    number = stretches[0].generation
    byte = shared(a.text, b.text)
    if byte < max(len(a.text), len(b.text)):
        at = a.covering(byte), b.covering(byte)
        return Fork(number, "text", byte, *at, math.nan)
    known = [one for one in stretches if one.divergence > LEAST]
    if not known:
        return None
    most = max(known, key=lambda one: one.divergence)
    at = most.position, most.other_position
    return Fork(number, "distribution", most.start, *at, most.divergence)
