"""`Choices`: how a model's probability is spread over the labels it is to choose from.

A label's probability is that the answer begins with it, in one of its spellings and in
the tokens that the model's tokenizer makes of that, and not with a longer label. These
are events of which at most one happens: what they leave of 1 went elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, overload

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class Spelling(NamedTuple):
    """One way to write a label.

    ``low`` and ``high`` bound its log probability, nats; they are equal where it is
    known, and −inf where it is 0.
    """

    text: str
    low: float
    high: float


class Measured(NamedTuple):
    """What a server told of labels.

    ``spellings`` are those of each label; ``others`` are tokens that begin no label,
    with their probabilities; ``way`` says how it was found out.
    """

    spellings: Mapping[str, Sequence[Spelling]]
    others: Sequence[tuple[str, float]]
    way: str
    requests: int
    notes: Sequence[str] = ()


class Choice(NamedTuple):
    """One label of `Choices`.

    ``logprob`` (nats), ``probability`` and ``share`` (of the mass on all labels) are
    NaN where only bounds are known: ``low`` to ``high`` for the probability,
    ``share_low`` to ``share_high`` for the share. ``prior`` is the share without
    content, ``corrected`` the share after division by it; both NaN if not asked for.
    """

    label: str
    logprob: float
    probability: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float
    prior: float
    corrected: float
    spellings: tuple[Spelling, ...]

    @property
    def exact(self) -> bool:
        """Whether its probability is known, and not only bounds of it."""
        return not math.isnan(self.probability)


@dataclass(frozen=True, repr=False)
class Choices(Sequence[Choice]):
    """A distribution over labels, in their order; ``choices["yes"]`` is one of them.

    Parameters
    ----------
    choices
        The labels.
    others
        Tokens that begin no label and their probabilities, the likeliest first.
    way
        How it was found out: ``"forced decoding"``, ``"echo"`` or ``"top k"``.
    model, provider
        Who was asked.
    requests
        How many it took.
    notes
        What to know about it.
    """

    choices: tuple[Choice, ...]
    others: tuple[tuple[str, float], ...]
    way: str
    model: str
    provider: str
    requests: int
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every label's probability is known."""
        return all(one.exact for one in self.choices)

    @property
    def other(self) -> tuple[float, float]:
        """Bounds of the probability that went to no label; equal if `exact`."""
        low = 1 - math.fsum(one.high for one in self.choices)
        high = 1 - math.fsum(one.low for one in self.choices)
        return max(0.0, low), min(1.0, max(0.0, high))

    @property
    def best(self) -> Choice:
        """The label with the largest share, after correction if that was asked for.

        Of bounds it is the one that is largest at least; see `margin`.
        """
        return max(self.choices, key=lambda one: (_ends(one), one.share_high))

    @property
    def margin(self) -> float:
        """By how much the share of `best` is above the next; NaN for one label.

        Of bounds it is what is sure: below 0 another label may be the best.
        """
        best = self.best
        rest = [_ends(one)[1] for one in self.choices if one is not best]
        return _ends(best)[0] - max(rest) if rest else math.nan

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a label, with all but its spellings."""
        import pandas as pd

        frame = pd.DataFrame([one[:-1] for one in self.choices])
        frame.columns = pd.Index(Choice._fields[:-1])
        return frame.assign(exact=[one.exact for one in self.choices])

    def __len__(self) -> int:
        return len(self.choices)

    @overload
    def __getitem__(self, key: int | str) -> Choice: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Choice]: ...
    def __getitem__(self, key: int | str | slice) -> Choice | Sequence[Choice]:
        if not isinstance(key, str):
            return self.choices[key]
        for one in self.choices:
            if one.label == key:
                return one
        labels = ", ".join(repr(one.label) for one in self.choices)
        msg = f"there is no label {key!r:.40}; there are: {labels:.200}"
        raise InputError(msg)

    def __repr__(self) -> str:
        from lpwidgets.display.choices_html import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from lpwidgets.display.choices_html import as_html

        return as_html(self)


def _ends(one: Choice) -> tuple[float, float]:
    """Return the bounds of what labels are compared by."""
    if not math.isnan(one.corrected):
        return one.corrected, one.corrected
    return one.share_low, one.share_high
