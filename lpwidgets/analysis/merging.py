"""Runs merged into the edges of a lattice, token by token."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.automaton import smallest
from lpwidgets.analysis.samples import pieces_of
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.analysis.samples import Piece
    from lpwidgets.generation import Generation

    Symbol = tuple[Piece | None, int]
    """What a token is and its part, or None and the answer that a run comes to."""
    Step = tuple[int, int, Symbol]
    """From one state to another, by a symbol."""

END = "end"
"""The part of an edge that leads from a run's last token to its answer."""


class Edge(NamedTuple):
    """A token between two states, and the runs that said it there.

    ``probability`` is the mean over these runs of what the model gave it, NaN if one is
    unknown. ``contexts`` counts the different beginnings before it: with more than one,
    the mean is over different conditions. ``token_id`` is that of an end token, which
    has no bytes, else −1: others are told by their bytes. ``answer`` is −1 for a token.
    An edge that leads to an answer has its number, the part ``"end"``, and no bytes.
    """

    source: int
    target: int
    token: str
    bytes: bytes
    token_id: int
    part: str
    runs: tuple[int, ...]
    probability: float
    contexts: int
    answer: int


def merged(
    runs: Sequence[Generation], texts: Sequence[str], answers: Sequence[int]
) -> tuple[list[Edge], list[list[int]]]:
    """Return the edges, and of each run the numbers of those it takes.

    Parameters
    ----------
    runs
        The runs.
    texts
        What each said, which stands for the tokens of one that came without.
    answers
        The number of the answer that each comes to.
    """
    said = [_said(*one) for one in zip(runs, texts, answers, strict=True)]
    automaton = smallest([symbols for symbols, _ in said])
    pairs = zip(automaton.paths, said, strict=True)
    ways = [
        [(*states, one) for states, one in zip(pairwise(path), symbols, strict=True)]
        for path, (symbols, _) in pairs
    ]
    through: dict[Step, list[int]] = {}
    for run, way in enumerate(ways):
        for step in way:
            through.setdefault(step, []).append(run)
    steps = sorted(through, key=lambda step: (step[0], -len(through[step])))
    number = {step: place for place, step in enumerate(steps)}
    paths = [[number[step] for step in way] for way in ways]
    totals = np.zeros(len(steps))
    for path, (_, probabilities) in zip(paths, said, strict=True):
        totals[path] += probabilities
    edges = [
        _edge(step, through[step], total, automaton.prefixes[step[0]])
        for step, total in zip(steps, totals.tolist(), strict=True)
    ]
    return edges, paths


def told(run: Generation) -> NDArray[np.int64]:
    """Return which tokens of a run are its own, and not the prompt's."""
    return np.flatnonzero(run.columns.part != Part.PROMPT)


def _said(run: Generation, text: str, answer: int) -> tuple[list[Symbol], list[float]]:
    """Return what a run said and came to, and how probable each of it was."""
    places, columns = told(run), run.columns
    end: Symbol = (None, answer)
    if not places.size:
        data = text.encode("utf-8", "surrogatepass")
        whole: list[Symbol] = [((data, -1), Part.GENERATED)] if data else []
        return [*whole, end], [np.nan] * (len(whole) + 1)
    pieces = pieces_of(run, places)
    part = columns.part[places]
    parts = np.where(part == Part.FORCED, Part.GENERATED, part).tolist()
    probabilities = run.metric("probability")[places].tolist()
    return [*zip(pieces, parts, strict=True), end], [*probabilities, np.nan]


def _edge(step: Step, runs: list[int], total: float, contexts: int) -> Edge:
    source, target, (piece, which) = step
    mean, through = total / len(runs), tuple(runs)
    if piece is None:
        return Edge(source, target, "", b"", -1, END, through, mean, contexts, which)
    data, token_id = piece
    part, token = Part(which).name.lower(), display_text(data)
    return Edge(
        source, target, token, data, token_id, part, through, mean, contexts, -1
    )
