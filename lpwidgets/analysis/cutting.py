"""Where two texts can be cut so that no token of either is cut.

Tokens of the prompt, and special ones, have no bytes here: they go with the text that
follows them, those at the end with nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.aligning import common, shared
from lpwidgets.analysis.scores import chosen
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.analysis.aligning import Run
    from lpwidgets.generation import Generation

    Values = NDArray[np.float64]
    Places = NDArray[np.int64]


class Said(NamedTuple):
    """What a model said: n tokens, those of a prompt in front of them left out.

    ``before`` counts those, ``start`` and ``stop``, shape (n,), are each token's bytes
    in ``text``; ``bits`` is its surprisal, NaN unknown; ``chosen`` tells the tokens
    that the model chose itself.
    """

    text: bytes
    before: int
    start: Places
    stop: Places
    bits: Values
    chosen: NDArray[np.bool_]

    def tokens(self, byte: Places) -> Places:
        """Return the first token at or after each byte."""
        return np.searchsorted(self.start, byte, side="left")

    def covering(self, byte: int) -> int | None:
        """Return the position of the token that holds a byte, None after the last."""
        at = np.searchsorted(self.stop, byte, side="right")
        if byte == len(self.text):
            at = np.searchsorted(self.start, byte, side="left")
        return int(at) + self.before if at < len(self.start) else None

    def values(self, first: Places) -> tuple[Values, Values]:
        """Return the bits between tokens, and the bytes of text that took them.

        Of tokens that the model chose; NaN where there is none, or one is unknown.
        """
        row = np.repeat(np.arange(len(first) - 1), np.diff(first))[self.chosen]
        size = (self.stop - self.start)[self.chosen]
        bits, count, sizes = (
            np.bincount(row, weights, len(first) - 1)
            for weights in (self.bits[self.chosen], None, size)
        )
        return np.where(count > 0, bits, np.nan), sizes.astype(np.float64)


def said(generation: Generation) -> Said:
    """Return what a generation said.

    Raises
    ------
    InputError
        It has no tokens but those of a prompt.
    """
    columns = generation.columns
    is_prompt = columns.part == Part.PROMPT
    if is_prompt.all():
        msg = "has no tokens of an answer"
        if generation.text:
            msg += ", only text: its server sent no log probabilities"
        raise InputError(msg)
    before = int(np.argmin(is_prompt))
    has_text = ~np.isin(columns.part, (Part.PROMPT, Part.SPECIAL))[before:]
    token = columns.token[before:]
    edges = columns.pieces.offsets.astype(np.int64)
    size = np.where(has_text, (edges[1:] - edges[:-1])[token], 0)
    stop = np.cumsum(size)
    bits = -columns.logprob[before:] / math.log(2.0)
    text = b"".join(columns.pieces.as_bytes[token[has_text]])
    return Said(text, before, stop - size, stop, bits, chosen(generation)[before:])


class Cuts(NamedTuple):
    """Where two texts are cut, shape (s + 1,), from their beginnings to their ends.

    The end stands there twice if tokens without bytes follow it.
    """

    first: Places
    other: Places


def cuts(a: Said, b: Said) -> Cuts:
    """Return where two texts are cut: as often as they can, in what is the same."""
    ends = np.array([len(a.text), len(b.text)])
    runs = _worth_keeping(_whole_tokens(a, b), ends)
    points = [np.zeros((1, 2), dtype=np.int64), *runs, ends[None, :]]
    both = np.concatenate(points)
    is_new = np.concatenate([[True], (np.diff(both, axis=0) != 0).any(axis=1)])
    is_new[-1] |= any(
        one.tokens(ends[k]) < len(one.start) for k, one in enumerate((a, b))
    )
    return Cuts(*both[is_new].T)


def _whole_tokens(a: Said, b: Said) -> list[Places]:
    """Return the runs that texts have in common, as the cuts within; shape (c, 2)."""
    edges, others = (np.union1d(one.start, one.stop) for one in (a, b))
    same = np.intersect1d(edges, others)
    head = same[same <= shared(a.text, b.text)][-1]
    found = []
    for run in common(a.text, b.text, int(head)):
        places = np.intersect1d(
            _within(edges, run.start, run), _within(others, run.other, run)
        )
        if len(places) > 1:
            found.append(np.stack([places + run.start, places + run.other], axis=1))
    return found


def _within(edges: Places, start: int, run: Run) -> Places:
    low, high = np.searchsorted(edges, [start, start + run.size + 1])
    return edges[low:high] - start


def _worth_keeping(runs: list[Places], ends: Places) -> list[Places]:
    """Leave out runs no longer than what differs before, and after: chance does that.

    The rule is that of diff-match-patch's semantic cleanup.
    """
    kept: list[Places] = []
    for run in [*runs, ends[None, :]]:
        while kept and _is_chance(kept, run[0]):
            kept.pop()
        kept.append(run)
    return kept[:-1]


def _is_chance(kept: list[Places], following: Places) -> bool:
    run = kept[-1]
    before = run[0] - (kept[-2][-1] if len(kept) > 1 else 0)
    after = following - run[-1]
    return bool(run[-1][0] - run[0][0] <= min(before.max(), after.max()))
