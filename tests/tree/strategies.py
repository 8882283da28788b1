"""Texts that share beginnings now and then, with values that differ now and then."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from lpwidgets.wire.records import Part
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from lpwidgets.generation import Generation
    from lpwidgets.wire.records import Token

PIECES = (b"a", b" b", b"\xe2\x82", b"", "é".encode(), b"\xff")
VALUES = (-0.5, -1.25, None, -9999.0, 3.5)


@st.composite
def tokens(draw: st.DrawFn) -> Token:
    """Draw a token: few pieces and values, so that many are the same."""
    piece = draw(st.sampled_from(PIECES))
    value = draw(st.sampled_from(VALUES))
    others = draw(st.lists(st.sampled_from(PIECES), max_size=2, unique=True))
    listed = [(other, -2.0 - k, k) for k, other in enumerate(others)]
    return token(piece, value, listed, draw(st.sampled_from((-1, 7, 8))))


@st.composite
def generations(draw: st.DrawFn) -> Generation:
    """Draw a text: whole, a slice, or one whose tokens do not spell it."""
    part = draw(st.sampled_from((Part.GENERATED, Part.FORCED, Part.REASONING)))
    made = generation(
        *draw(st.lists(tokens(), max_size=6)),
        text=draw(st.sampled_from((None, None, "another text", "\ud800"))),
        finish_reason=draw(st.sampled_from(("stop", "length"))),
        part=part,
    )
    return made[1:] if draw(st.booleans()) and len(made) > 1 else made


def words(*pieces: str, logprob: float = -0.5) -> Generation:
    """Return a text of words, each with another that could have been."""
    rows = [token(one, logprob, [(one, logprob), ("other", -2.0)]) for one in pieces]
    return generation(*rows)


def same_value(a: float, b: float) -> bool:
    """Whether two values are one, unknown ones too."""
    return a == b or (math.isnan(a) and math.isnan(b))
