"""Which tokens decide an answer: others forced in their place, and what came of it.

Of a token, ``low`` is the probability of the alternatives that were tried and led to
another answer, ``high`` that with what was not tried, and ``change`` the share of the
first in all that is known: the token itself, and the alternatives that were tried. Each
token is looked at alone, with everything before it as it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.display.widget import TokensWidget
    from lpwidgets.generation import Generation

    Values = NDArray[np.float64]

_TABLES = ("tokens", "branches")


class Branch(NamedTuple):
    """An alternative that was forced, and what the model said then.

    ``probability`` is the model's own of ``token`` there. ``generation`` is None, and
    ``error`` says why, where the server could not go on from it; ``answer`` and
    ``changed`` then say nothing.
    """

    position: int
    token: str
    probability: float
    answer: Hashable
    changed: bool
    generation: Generation | None
    error: str = ""


@dataclass(frozen=True, repr=False)
class Deciding:
    """What other tokens would have changed.

    Parameters
    ----------
    generation
        The answer that was looked at.
    answer
        What it says.
    branches
        What was tried, the most uncertain token first.
    planned
        How many there were to try.
    ended
        Why not all of them were tried, empty if they were.
    requests
        How many were sent for it, now and before.
    notes
        What to know about it.
    """

    generation: Generation
    answer: Hashable
    branches: Sequence[Branch]
    planned: int
    ended: str = ""
    requests: int = 0
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> Values:
        """How likely another token changes the answer, shape (n,), NaN not tried."""
        return self._bounds[0]

    @property
    def low(self) -> Values:
        """Probability of what was tried and changed it, shape (n,), NaN not tried."""
        return self._bounds[1]

    @property
    def high(self) -> Values:
        """That with all that was not tried, shape (n,), NaN not tried."""
        return self._bounds[2]

    @property
    def tried(self) -> NDArray[np.int64]:
        """How many alternatives were tried, shape (n,)."""
        positions = [one.position for one in self.branches if not one.error]
        return np.bincount(positions, minlength=len(self.generation)).astype(np.int64)

    @cached_property
    def _bounds(self) -> tuple[Values, Values, Values]:
        changed, same = np.zeros((2, len(self.generation)))
        for one in self.branches:
            if not one.error:
                (changed if one.changed else same)[one.position] += one.probability
        own = self.generation.metric("probability")
        known = own + changed + same
        untried = np.where(self.tried, np.maximum(1.0 - known, 0.0), np.nan)
        return changed / known + 0 * untried, changed + 0 * untried, changed + untried

    def to_pandas(self, table: str = "tokens") -> pd.DataFrame:
        """Return one row a token, or one a branch.

        Parameters
        ----------
        table
            ``"tokens"``: ``position, token, probability, entropy_low`` (bits), ``tried,
            change, low, high``. ``"branches"``: ``position, token, instead,
            probability`` (of what stands instead), ``answer, changed, text, status,
            error``.

        Raises
        ------
        InputError
            There is no such table.
        """
        import pandas as pd

        if table not in _TABLES:
            msg = f"there is no table {table!r:.40}; there are: {', '.join(_TABLES)}"
            raise InputError(msg)
        if table == "branches":
            names = ("position", "token", "instead", "probability", "answer", "changed")
            rows = [_branch(one, self.generation) for one in self.branches]
            return pd.DataFrame(rows, columns=[*names, "text", "status", "error"])
        columns = self.generation.columns
        return pd.DataFrame(
            {
                "position": np.arange(len(columns)),
                "token": columns.pieces.as_text[columns.token],
                "probability": self.generation.metric("probability"),
                "entropy_low": self.generation.metric("entropy_low"),
                "tried": self.tried,
                "change": self.change,
                "low": self.low,
                "high": self.high,
            }
        )

    def widget(self, at_least: float = 0.1) -> TokensWidget:
        """Return the answer as a widget, the tokens that decide it marked.

        Parameters
        ----------
        at_least
            The `change` from which on a token is marked, 0 to 1.
        """
        from lpwidgets.display.widget import TokensWidget

        decides = np.nan_to_num(self.change) >= at_least
        return TokensWidget(self.generation, highlight=decides & (self.tried > 0))

    def __repr__(self) -> str:
        facts = [f"{len(self.branches)} of {self.planned} branches"]
        known = self.change[self.tried > 0]
        if len(known):
            at = int(np.nanargmax(np.nan_to_num(self.change, nan=-1.0)))
            token = self.generation[at].token
            facts.append(f"at most {self.change[at]:.0%} at token {at}, {token!r:.40}")
        facts.append(f"answer {self.answer!r:.40}")
        return f"<Deciding {' · '.join([*facts, *filter(None, [self.ended])])}>"

    def _repr_html_(self) -> str:
        from lpwidgets.display.deciding_html import as_html

        return as_html(self)


def _branch(one: Branch, origin: Generation) -> tuple[Any, ...]:
    said = one.generation
    own = origin[one.position].token
    text, status = ("", "") if said is None else (said.text, str(said.status))
    changed = None if one.error else one.changed
    return (
        *(one.position, own, one.token, one.probability, one.answer, changed),
        *(text, status, one.error),
    )


class Try(NamedTuple):
    """An alternative to force: its place in the list of a position."""

    position: int
    place: int
    probability: float


def plan(generation: Generation, tokens: int, likely: float) -> list[Try]:
    """Return what to try, the most uncertain token first, then the likeliest.

    Parameters
    ----------
    generation
        A whole answer with alternatives.
    tokens
        At how many tokens: those of the highest lower bound of the entropy that have
        such an alternative.
    likely
        Probability from which on an alternative is tried.
    """
    from lpwidgets.wire.records import Part

    entropy = np.nan_to_num(generation.metric("entropy_low"), nan=-1.0)
    found: list[list[Try]] = []
    for position in np.argsort(-entropy, kind="stable").tolist():
        row = generation[position]
        if row.part is not Part.GENERATED or math.isnan(row.logprob):
            continue
        own = int(generation.columns.chosen[position])
        tries = [
            Try(position, place, math.exp(min(one.logprob, 0.0)))
            for place, one in enumerate(row.alternatives)
            if place != own and one.logprob >= math.log(likely)
        ]
        if tries:
            found.append(tries)
        if len(found) == tokens:
            break
    return [one for tries in found for one in tries]
