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
    Piece = tuple[bytes, int]


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
        ranked = zip(self._known.tolist(), self.texts, range(len(self)), strict=True)
        return max(ranked)[2]

    def cluster_logprobs(self, logprobs: Values, *, duplicates: bool = False) -> Values:
        """Return ln Σ p over each cluster's sequences, shape (c,), NaN if one is.

        ``logprobs`` has the ln p of every answer, shape (n,). The same tokens count
        once, as the mean of their p, unless ``duplicates`` are to count as well.
        """
        each = logprobs if duplicates else logprobs - np.log(self.copies)
        clusters = range(len(self.sizes))
        return np.array([log_sum(each[self.labels == one]) for one in clusters])

    def majority(self) -> Majority:
        """Return the answer of the largest cluster (Wang et al. 2023).

        Of clusters as large it is the one with the most probable member; its text is
        as `text_of` tells.
        """
        largest = np.flatnonzero(self.sizes == self.sizes.max())

        def best(cluster: int) -> tuple[float, str]:
            return max((self._known[i], self.texts[i]) for i in self.members(cluster))

        cluster = max(largest.tolist(), key=best)
        members = self.members(cluster)
        share = len(members) / len(self)
        return Majority(self.text_of(cluster), share, members, len(largest) > 1)

    def text_of(self, cluster: int) -> str:
        """Return the text that most of a cluster have, of several the likeliest."""
        members = self.members(cluster)
        votes = Counter(self.texts[i] for i in members)

        def rank(place: int) -> tuple[int, float, str]:
            text = self.texts[place]
            return (votes[text], self._known[place], text)

        return self.texts[max(members, key=rank)]

    def members(self, cluster: int) -> list[int]:
        """Return which answers are in a cluster, counted from 0."""
        members: list[int] = np.flatnonzero(self.labels == cluster).tolist()
        return members

    @cached_property
    def _known(self) -> Values:
        """Log probability of each sequence, unknown ones last, shape (n,)."""
        return np.nan_to_num(self.sequence_logprobs, nan=-math.inf)

    def notes(self, noun: str = "answer") -> list[str]:
        """Return what a reader of the scores has to know; ``noun`` is what they are."""
        noted: list[tuple[str, list[bool]]] = [
            (_UNKNOWN, np.isnan(self.sequence_logprobs).tolist()),
            (_EMPTY, [not text.strip() for text in self.texts]),
            (_CUT, [one.status is Status.LENGTH for one in self.generations]),
            (_RESHAPED, [_is_reshaped(one) for one in self.generations]),
        ]
        alone = [ALONE] if len(self) == 1 else []
        mixed = [_MIXED] if len(set(map(_question, self.generations))) > 1 else []
        named = [f"{what}: {_named(noun, m)}" for what, m in noted if any(m)]
        return alone + mixed + named


ALONE = "one answer agrees with nothing: what compares answers is unknown (NaN)"
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


def _tokens(one: Generation) -> tuple[Piece, ...]:
    return tuple(pieces_of(one, np.flatnonzero(scores.chosen(one))))


def pieces_of(one: Generation, places: NDArray[np.int64]) -> list[Piece]:
    """Return what tells tokens apart: their bytes, and the ids of those without any.

    End tokens have no bytes, whichever it was that ended the answer.
    """
    columns = one.columns
    pieces = columns.pieces.as_bytes[columns.token[places]].tolist()
    ids = columns.token_id[places].tolist()
    return [(a, -1 if a else b) for a, b in zip(pieces, ids, strict=True)]


def log_sum(values: Values) -> float:
    """Return the ln of a sum whose terms' ln are given; unknown if one is."""
    largest = values.max()
    return float(largest + np.log(np.exp(values - largest).sum()))


def _named(noun: str, mask: list[bool]) -> str:
    places: list[int] = np.flatnonzero(mask).tolist()
    shown = ", ".join(map(str, places[:_FEW])) + (", …" if len(places) > _FEW else "")
    return f"{noun}{'s' * (len(places) > 1)} {shown}"


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
