"""Guesses of the next token, and what they score.

The game is Shannon's (1951, "Prediction and entropy of printed English"): guess what
comes next, then see it. Here a guess is judged by the model's own probabilities. Its
`bits` are its surprisal, −log2 p(guess), and its `regret` is what a better guess would
have saved, log2 p(best) − log2 p(guess): 0 for the likeliest token. Beside it stand the
surprisal of what came, −log2 p(came), and the entropy of the position, between which
bounds the mean surprisal of what the model samples lies.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.metrics import get
from lpwidgets.client.llamacpp import spelled
from lpwidgets.meta import Meta
from lpwidgets.pieces import display_text
from lpwidgets.stepping.steps import built

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.stepping.steps import Step
    from lpwidgets.wire.records import Candidate

_BIT = math.log(2)

_NOISE = 1e-6
"""What the sum of a list's float32 probabilities may be off by."""


class Guess(NamedTuple):
    """A guess of one token; all scores are in bits, NaN unknown.

    ``rank`` is 0 for a guess that is not listed. If its probability is not known
    either, ``at_least`` is true, and ``bits`` and ``regret`` are the least they can be:
    it is at most as likely as the last token listed, and as all that is not listed.
    """

    position: int
    guess: str
    token_id: int
    rank: int
    bits: float
    at_least: bool
    regret: float
    came: str
    came_rank: int
    came_bits: float
    entropy_low: float
    entropy_high: float
    right: bool


class Score(NamedTuple):
    """How guesses did: how many, how many right, and means in bits a guess.

    With ``at_least`` some of ``bits`` and ``regret`` are the least they can be.
    """

    guesses: int
    right: int
    bits: float
    at_least: bool
    regret: float
    came_bits: float
    entropy_low: float
    entropy_high: float


def found(listed: Sequence[Candidate], text: bytes) -> int:
    """Return where a guess is in a list, −1 if it is not.

    People leave out the space before a word: with or without it, the likelier counts.
    """
    wanted = (text, b" " + text)
    places = (k for k, one in enumerate(listed) if spelled(one) in wanted)
    return next(places, -1)


def unseen(listed: Sequence[Candidate]) -> float:
    """Return the mass of what is not listed, from 0 to 1."""
    return min(max(1.0 - math.fsum(map(probability, listed)), 0.0), 1.0)


def probability(one: Candidate) -> float:
    """Return a candidate's probability, 0 where it is unknown."""
    return 0.0 if one.logprob is None else math.exp(min(one.logprob, 0.0))


def judged(guess: Candidate, came: Step, position: int) -> Guess:
    """Return what a guess scores where a token came.

    Parameters
    ----------
    guess
        With its value; None where it is neither listed nor known.
    came
        What stands there, with the list of the position.
    position
        Where that is.
    """
    listed = came.listed
    place = next((k for k, one in enumerate(listed) if _same(one, guess)), -1)
    bits = surprisal(guess.logprob)
    at_least = math.isnan(bits) and bool(listed)
    if at_least:
        rest = max(unseen(listed), _NOISE)
        most = min(probability(listed[-1]), rest)
        bits = -math.log2(most) if most > 0 else math.inf
    row = built([came], Meta())
    low, high = (
        float(get(f"entropy_{end}").compute(row)[0]) for end in ("low", "high")
    )
    best = surprisal(listed[0].logprob) if listed else math.nan
    return Guess(
        position,
        display_text(spelled(guess)),
        guess.id,
        place + 1,
        bits,
        at_least,
        max(bits - best, 0.0) if bits == bits else math.nan,  # noqa: PLR0124
        came.text,
        row[0].rank,
        surprisal(came.token.logprob),
        low,
        high,
        _same(came.token, guess),
    )


def _same(one: Candidate, other: Candidate) -> bool:
    known = min(one.id, other.id) >= 0
    return one.id == other.id if known else spelled(one) == spelled(other)


def surprisal(logprob: float | None) -> float:
    """Return −log2 of a probability given as a logarithm in nats, NaN unknown.

    >>> surprisal(math.log(0.25))
    2.0
    """
    return math.nan if logprob is None else max(-logprob / _BIT, 0.0)


def scored(guesses: Sequence[Guess]) -> Score:
    """Return the means over guesses, of each figure where it is known."""

    def mean(name: str) -> float:
        values = np.array([getattr(one, name) for one in guesses], dtype=np.float64)
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else math.nan

    return Score(
        len(guesses),
        sum(one.right for one in guesses),
        mean("bits"),
        any(one.at_least for one in guesses),
        mean("regret"),
        mean("came_bits"),
        mean("entropy_low"),
        mean("entropy_high"),
    )
