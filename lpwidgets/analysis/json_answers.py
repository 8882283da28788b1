"""The JSON of answers: its values, and what their tokens add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.json_paths import scan
from lpwidgets.analysis.json_schema import requested_schema
from lpwidgets.analysis.json_values import path_text
from lpwidgets.analysis.spans import Layout, measure
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.analysis.json_paths import Node
    from lpwidgets.analysis.json_schema import Schema
    from lpwidgets.analysis.json_values import Path
    from lpwidgets.generation import Generation

    Ints = NDArray[np.int64]


class Answer(NamedTuple):
    """The JSON of one generation: the tokens that spell it, and its values."""

    generation: Generation
    layout: Layout
    nodes: list[Node]
    schema: Schema | None


def answer_of(generation: Generation, schema: Schema | None = None) -> Answer:
    """Scan the answer of a generation, or, when it has none, its tool calls."""
    layout = Layout(generation, _positions(generation.columns.part))
    schema = schema or requested_schema(generation.meta.parameters)
    return Answer(generation, layout, scan(layout.data), schema)


def _positions(part: NDArray[np.uint8]) -> Ints | None:
    """Return which tokens spell the answer, None for all; what was forced is in it."""
    if (part == Part.GENERATED).all():
        return None
    spoken = Part.GENERATED if (part == Part.GENERATED).any() else Part.TOOL
    return np.flatnonzero((part == spoken) | (part == Part.FORCED))


class Measures(NamedTuple):
    """Of each value: its tokens (``first``, ``after``), nats, and the weakest token."""

    first: Ints
    after: Ints
    logprob: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    weakest: Ints


def measured(answers: Sequence[Answer], nodes: Sequence[Sequence[Node]]) -> Measures:
    """Measure some values of each answer, all in one go; tokens count over all answers.

    ``weakest`` is −1 where a log probability is unknown.
    """
    sizes = [len(answer.layout.data) for answer in answers]
    bases = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    pairs = zip(answers, bases.tolist(), strict=False)
    joined = [answer.layout.starts[:-1] + base for answer, base in pairs]
    token_starts = np.concatenate([*joined, bases[-1:]])
    logprob = np.concatenate([*(one.layout.logprob for one in answers), np.zeros(0)])
    counts = [len(some) for some in nodes]
    base = np.repeat(bases[:-1], counts)
    starts = np.array([node.start for some in nodes for node in some], dtype=np.int64)
    stops = np.array([node.stop for some in nodes for node in some], dtype=np.int64)
    first = np.searchsorted(token_starts[1:], starts + base, side="right")
    after = np.searchsorted(token_starts[:-1], stops + base, side="left")
    after = np.maximum(after, first)
    values = measure(logprob, first, after)
    return Measures(first, after, *values, _weakest(logprob, first, after, values.low))


def _weakest(
    logprob: NDArray[np.float64], first: Ints, after: Ints, low: NDArray[np.float64]
) -> Ints:
    counts = after - first
    row = np.repeat(np.arange(len(first)), counts)
    within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    token = first[row] + within
    hits = np.flatnonzero(logprob[token] == low[row])
    rows, at = np.unique(row[hits], return_index=True)
    result = np.full(len(first), -1)
    result[rows] = token[hits[at]]
    return result


def probability_of(generation: Generation, path: Path) -> float | None:
    """Return the probability of a value, one that holds others too, None if not there.

    Of a key that comes twice the last counts, as it does for JSON parsers.
    """
    answer = answer_of(generation)
    nodes = [node for node in answer.nodes if node.path == path][-1:]
    found = measured([answer], [nodes])
    return float(np.exp(found.logprob[0])) if nodes else None


def paths_of(generation: Generation) -> list[str]:
    """Return the paths of an answer's values, each once."""
    nodes = answer_of(generation).nodes
    return list(dict.fromkeys(path_text(n.path) for n in nodes if n.is_leaf))
