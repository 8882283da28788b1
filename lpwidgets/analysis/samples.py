"""Several answers to one question, and how far they agree."""

from __future__ import annotations

import math
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.analysis import scores
from lpwidgets.analysis.agreement import clusters
from lpwidgets.errors import InputError
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.analysis.agreement import Same
    from lpwidgets.generation import Generation

    Values = NDArray[np.float64]


class Majority(NamedTuple):
    """The answer that most samples give; see `Samples.majority`.

    ``share`` is theirs of all samples, in (0, 1], and ``members`` says which they are,
    counted from 0. ``tied`` is true if another answer has as many.
    """

    text: str
    share: float
    members: list[int]
    tied: bool


class Samples:
    """What the scores of several answers share; n is their number, at least 1.

    Parameters
    ----------
    generations
        The answers.
    same
        Whether two texts say the same; see `lpwidgets.analysis.agreement.clusters`.

    Raises
    ------
    InputError
        There are none, or ``same`` cannot be asked.
    """

    def __init__(
        self, generations: Sequence[Generation], same: Same | None = None
    ) -> None:
        if not generations:
            msg = "there are no answers to compare: generate(…, n=4) gives several"
            raise InputError(msg)
        if same is not None and not callable(same):
            msg = (
                f"same={same!r:.40}: it is a function of two texts that says whether "
                "they mean the same"
            )
            raise InputError(msg)
        self.generations = list(generations)
        self._same = same

    def __len__(self) -> int:
        return len(self.generations)

    @cached_property
    def texts(self) -> list[str]:
        """What each answered; a refusal is an answer, reasoning is none."""
        return [one.text or one.text_of(Part.REFUSAL) for one in self.generations]

    @cached_property
    def sequence_logprobs(self) -> Values:
        """Log probability of each sequence, nats, shape (n,)."""
        return np.array([one.sequence_logprob for one in self.generations])

    @cached_property
    def mean_logprobs(self) -> Values:
        """The same over the number of tokens, nats a token, shape (n,)."""
        return np.array([one.mean_logprob for one in self.generations])

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The cluster of each answer, shape (n,), counted from 0."""
        return clusters(self.texts, self._same)

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Number of answers in each cluster, shape (c,)."""
        return np.bincount(self.labels)

    @cached_property
    def copies(self) -> Values:
        """How many answers of its cluster have the same tokens as each, shape (n,)."""
        tokens = [_tokens(one) for one in self.generations]
        keys = list(zip(self.labels.tolist(), tokens, strict=True))
        counts = Counter(keys)
        return np.array([float(counts[key]) for key in keys])

    def likeliest(self) -> int:
        """Return which answer's sequence is the most probable; unknown ones last."""
        known = np.nan_to_num(self.sequence_logprobs, nan=-math.inf)
        ranked = zip(known.tolist(), self.texts, range(len(self)), strict=True)
        return max(ranked)[2]

    def majority(self) -> Majority:
        """Return the answer of the largest cluster (Wang et al. 2023).

        Of clusters as large it is the one with the most probable member; its text is
        the one that most of the members have, else the most probable one's.
        """
        largest = np.flatnonzero(self.sizes == self.sizes.max())
        known = np.nan_to_num(self.sequence_logprobs, nan=-math.inf)

        def rank(place: int) -> tuple[int, float, str]:
            text = self.texts[place]
            return (votes.count(text), known[place], text)

        def best(cluster: int) -> tuple[float, str]:
            return max((known[i], self.texts[i]) for i in self._members(cluster))

        members = self._members(max(largest.tolist(), key=best))
        votes = [self.texts[i] for i in members]
        text = self.texts[max(members, key=rank)]
        return Majority(text, len(members) / len(self), members, len(largest) > 1)

    def _members(self, cluster: int) -> list[int]:
        members: list[int] = np.flatnonzero(self.labels == cluster).tolist()
        return members

    def notes(self) -> list[str]:
        """Return what a reader of the scores has to know."""
        noted: list[tuple[str, list[bool]]] = [
            (_UNKNOWN, np.isnan(self.sequence_logprobs).tolist()),
            (_EMPTY, [not text.strip() for text in self.texts]),
            (_CUT, [one.status is Status.LENGTH for one in self.generations]),
            (_RESHAPED, [_is_reshaped(one) for one in self.generations]),
        ]
        alone = [_ALONE] if len(self) == 1 else []
        mixed = [_MIXED] if len(set(map(_question, self.generations))) > 1 else []
        return alone + mixed + [f"{what}: {_named(m)}" for what, m in noted if any(m)]


_ALONE = "one answer agrees with nothing: what compares answers is unknown (NaN)"
_MIXED = "the answers are to different questions, or with different parameters"
_UNKNOWN = "a log probability is unknown, and so is what needs it (NaN)"
_EMPTY = "no text, and so in agreement with no other"
_CUT = "cut off by max_tokens, which may have changed the meaning"
_RESHAPED = (
    "sampled at a temperature other than 1, or with top_p, top_k or min_p, so that "
    "Monte-Carlo entropies may be those of another distribution"
)
_PLAIN: dict[str, tuple[float | None, ...]] = {
    "temperature": (None, 1),
    "top_p": (None, 1),
    "top_k": (None, 0, -1),
    "min_p": (None, 0),
}
_FEW = 8


def _tokens(one: Generation) -> tuple[bytes, ...]:
    columns = one.columns
    return tuple(columns.pieces.as_bytes[columns.token[scores.chosen(one)]])


def _named(mask: list[bool]) -> str:
    places: list[int] = np.flatnonzero(mask).tolist()
    shown = ", ".join(map(str, places[:_FEW])) + (", …" if len(places) > _FEW else "")
    return f"answer {shown}" if len(places) == 1 else f"answers {shown}"


def _is_reshaped(one: Generation) -> bool:
    asked = one.meta.parameters
    return any(asked.get(name) not in plain for name, plain in _PLAIN.items())


def _question(one: Generation) -> str:
    asked = one.meta.parameters
    return repr(sorted((k, v) for k, v in asked.items() if k not in {"seed", "n"}))


def all_of(samples: Samples) -> dict[str, Any]:
    """Return every score by name, their number, and the notes."""
    from lpwidgets.analysis.sample_scores import SAMPLE_SCORES

    values = {one.name: one.compute(samples) for one in SAMPLE_SCORES.every()}
    return {"answers": len(samples), **values, "notes": samples.notes()}
