"""How sure a model was of each value of the JSON it wrote.

The tokens of a value are those that share a byte with it, from its first byte to its
last; the quotes of a string are part of it: at the opening one the model decides for a
string rather than, say, null, at the closing one that it is all. A token at the border,
such as ``": "`` or ``",``, counts whole and once for the value; one that holds the end
of a value and the start of the next counts for both. ``logprob`` is the sum over those
tokens, ``probability`` its exponential: the chance to have gone on with exactly these
tokens, given all before them. A number has no end of its own: what follows it, and
could have been one more digit, is not in it.

What was sampled may have been restricted by a grammar or schema (``constrained``), or
said for the model (``forced``). Log probabilities stay those that the server reports,
of many servers (llama.cpp, vLLM by default) the model's own before the restriction: a
value can be the only one that was possible and still have a low probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis import decisions
from lpwidgets.analysis.json_answers import answer_of, measured
from lpwidgets.analysis.json_schema import is_constrained, schema_of
from lpwidgets.analysis.json_values import path_text, value_of
from lpwidgets.analysis.spans import Layout
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from lpwidgets.analysis.json_answers import Answer, Measures
    from lpwidgets.analysis.json_paths import Node
    from lpwidgets.analysis.json_values import Path
    from lpwidgets.generation import Generation

COLUMNS = (
    *("generation", "path", "value", "probability", "logprob", "mean_logprob"),
    *("min_logprob", "type", "n_tokens", "start", "stop", "byte_start", "byte_stop"),
    *("weakest", "weakest_probability", "decided_at", "alternatives"),
    *("distribution", "unattributed", "occurrence", "forced", "constrained", "problem"),
)
_DTYPES = {
    **dict.fromkeys(
        ("generation", "n_tokens", "start", "stop", "byte_start"), np.int64
    ),
    **dict.fromkeys(("byte_stop", "decided_at", "occurrence"), np.int64),
    **dict.fromkeys(("probability", "logprob", "mean_logprob", "min_logprob"), float),
    **dict.fromkeys(("weakest_probability", "unattributed"), float),
    **dict.fromkeys(("forced", "constrained"), bool),
}


def fields(generations: Sequence[Generation], schema: Any = None) -> pd.DataFrame:
    """Return one row for each value of the JSON answers; see `Generation.fields`.

    Raises
    ------
    InputError
        The schema is none.
    """
    return table(answers_of(generations, schema))


def answers_of(generations: Sequence[Generation], schema: Any = None) -> list[Answer]:
    """Scan the answers; a schema that is given counts for each of them.

    Raises
    ------
    InputError
        The schema is none.
    """
    given = None if schema is None else schema_of(schema)
    return [answer_of(generation, given) for generation in generations]


def table(answers: Sequence[Answer]) -> pd.DataFrame:
    """Return the rows of `fields`: of each answer its values, then what is missing."""
    import pandas as pd

    leaves = [[node for node in one.nodes if node.is_leaf] for one in answers]
    rows = list(_rows(answers, leaves, measured(answers, leaves)))
    columns = list(zip(*rows, strict=True)) or [()] * len(COLUMNS)
    return pd.DataFrame(
        {
            name: _column(values, _DTYPES.get(name, object))
            for name, values in zip(COLUMNS, columns, strict=True)
        }
    )


def _column(values: Sequence[Any], dtype: type) -> Any:
    import pandas as pd

    if dtype is not object:
        return np.array(values, dtype=dtype)
    return pd.Series(list(values), dtype=object)


def _rows(
    answers: Sequence[Answer], leaves: Sequence[Sequence[Node]], found: Measures
) -> Iterator[tuple[Any, ...]]:
    numbers = np.stack([found.first, found.after, found.weakest]).T.tolist()
    values = np.stack([found.logprob, found.mean, found.low]).T.tolist()
    every = zip(numbers, values, np.exp(found.logprob).tolist(), strict=True)
    base = 0
    for number, (answer, nodes) in enumerate(zip(answers, leaves, strict=True)):
        maker = _Maker(number, answer, base)
        yield from (maker.row(node, *next(every)) for node in nodes)
        if answer.schema:
            yield from map(maker.missing, answer.schema.missing(answer.nodes))
        base += len(answer.layout.positions)


class _Maker:
    """Make the rows of one answer; its tokens begin at `base` among those of all."""

    def __init__(self, number: int, answer: Answer, base: int) -> None:
        columns = answer.generation.columns
        layout = answer.layout
        self._number = number
        self._answer = answer
        self._base = base
        self._columns = columns
        self._constrained = is_constrained(answer.generation.meta.parameters)
        self._forced = columns.part[layout.positions] == Part.FORCED
        self._some_forced = bool(self._forced.any())
        self._times: dict[Path, int] = {}
        self._positions = layout.positions.tolist()
        self._starts = layout.starts.tolist()
        whole = Layout(answer.generation).starts if self._is_part() else layout.starts
        self._bytes = whole.tolist()
        self._probability = np.exp(columns.alternative_logprob)
        self._offsets = columns.alternative_offsets.tolist()

    def _is_part(self) -> bool:
        return len(self._answer.layout.positions) < len(self._columns)

    def row(
        self, node: Node, tokens: list[int], nats: list[float], probability: float
    ) -> tuple[Any, ...]:
        first, after, weakest = (index - self._base for index in tokens)
        known = tokens[2] >= 0
        value = value_of(self._answer.layout.data, node)
        times = self._times[node.path] = self._times.get(node.path, 0) + 1
        distribution, left, at = self._decision(node, first, after)
        if at < 0 and known:
            at = weakest
        logprob, mean, low = nats
        return (
            self._number, path_text(node.path), value, probability, logprob, mean, low,
            node.type, after - first,
            *self._place(node, first, after),
            display_text(self._answer.layout.pieces[weakest]) if known else "",
            float(np.exp(low)),
            self._positions[at] if at >= 0 else -1,
            self._alternatives(at),
            distribution, left, times,
            self._some_forced and bool(self._forced[first:after].any()),
            self._constrained, self._problem(node, value),
        )  # fmt: skip

    def _place(self, node: Node, first: int, after: int) -> tuple[int, int, int, int]:
        if after <= first:
            return -1, -1, -1, -1
        begin, last = self._positions[first], self._positions[after - 1]
        start = self._bytes[begin] + node.start - self._starts[first]
        stop = self._bytes[last] + node.stop - self._starts[after - 1]
        return begin, last + 1, start, stop

    def missing(self, path: Path) -> tuple[Any, ...]:
        nan = float("nan")
        return (
            self._number, path_text(path), None, nan, nan, nan, nan, "", 0,
            -1, -1, -1, -1, "", nan, -1, [], None, nan, 0, False, self._constrained,
            "missing",
        )  # fmt: skip

    def _listed(self, at: int) -> list[tuple[bytes, float]]:
        position = self._positions[at]
        begin, end = self._offsets[position : position + 2]
        columns = self._columns
        if begin == end:
            own = float(np.exp(columns.logprob[position]))
            return [(self._answer.layout.pieces[at], own)]
        pieces = columns.pieces.as_bytes[columns.alternative[begin:end]].tolist()
        return list(zip(pieces, self._probability[begin:end].tolist(), strict=True))

    def _alternatives(self, at: int) -> list[tuple[str, float]]:
        if at < 0:
            return []
        return [(display_text(piece), p) for piece, p in self._listed(at)]

    def _decision(
        self, node: Node, first: int, after: int
    ) -> tuple[dict[Any, float] | None, float, int]:
        candidates = self._candidates(node)
        if len(candidates) > 1 and after > first:
            pieces = self._answer.layout.pieces[first : after + 1]
            tokens = decisions.Tokens(pieces.tolist(), self._starts[first])
            where = decisions.parting(tokens, node.start, candidates)
            if where:
                at = first + where.place
                return *decisions.weigh(where, candidates, self._listed(at)), at
        return None, float("nan"), -1

    def _candidates(self, node: Node) -> dict[bytes, Any]:
        schema = self._answer.schema
        values = schema.values(node.path) if schema else []
        if not values and node.type == "boolean":
            values = [True, False]
        return decisions.spellings(values) if values else {}

    def _problem(self, node: Node, value: Any) -> str:
        if not node.complete:
            return "cut off"
        schema = self._answer.schema
        return schema.problem(node, value) if schema else ""
