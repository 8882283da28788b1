"""Conditions on whole answers, such as ``p($.total) > 0.9 and perplexity < 20``.

The grammar is that of `lpwidgets.analysis.expression`. Names are ``tokens``,
``perplexity``, ``sequence_logprob`` and ``mean_logprob`` (nats), and the texts
``text``, ``status`` and ``finish_reason``. ``p($.path)`` is the probability of a value
of the JSON answer (see `lpwidgets.analysis.fields`). ``min``, ``max``, ``mean`` and
``sum`` take what a condition on tokens could compare, such as ``max(entropy_low)``, and
``count`` such a condition: over the sampled tokens, unknown if one of them is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis import selection
from lpwidgets.analysis.evaluate import truth, values
from lpwidgets.analysis.expression import parse, unparse
from lpwidgets.analysis.json_answers import paths_of, probability_of
from lpwidgets.analysis.json_values import parse_path
from lpwidgets.analysis.parser import Scope
from lpwidgets.analysis.words import guess
from lpwidgets.errors import CheckFailed
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.analysis.expression import Expression
    from lpwidgets.analysis.parser import Kind, Tree
    from lpwidgets.generation import Generation

_NUMBERS: dict[str, Callable[[Generation], float]] = {
    "perplexity": lambda gen: gen.perplexity,
    "mean_logprob": lambda gen: gen.mean_logprob,
    "sequence_logprob": lambda gen: gen.sequence_logprob,
    "tokens": len,
}
_TEXTS: dict[str, Callable[[Generation], str]] = {
    "text": lambda gen: gen.text,
    "status": lambda gen: str(gen.status),
    "finish_reason": lambda gen: gen.meta.finish_reason,
}
_AGGREGATES: dict[str, Callable[[Any], Any]] = {
    "min": np.min,
    "max": np.max,
    "mean": np.mean,
    "sum": np.sum,
}


def parsed(expression: str) -> Expression:
    """Parse a condition on whole answers.

    Raises
    ------
    InputError
        It is none; the message points at the word.
    """
    names: dict[str, Kind] = dict.fromkeys(_NUMBERS, "number")
    texts: dict[str, Kind] = dict.fromkeys(_TEXTS, "text")
    return parse(expression, Scope(names | texts, selection.scope()))


def check(generations: Sequence[Generation], expression: str) -> list[dict[str, Any]]:
    """Return what was measured of each generation; see `Generation.check`.

    Raises
    ------
    CheckFailed
        One does not meet the condition, or it cannot be known.
    InputError
        The expression is no condition.
    """
    condition = parsed(expression)
    found: list[dict[str, Any]] = [{} for _ in generations]
    failed = [
        number
        for number, generation in enumerate(generations)
        if not _Check(generation, found[number]).holds(condition)
    ]
    if failed:
        first = failed[0]
        raise _failure(condition, list(generations), failed, found[first])
    return found


def _failure(
    condition: Expression,
    generations: list[Generation],
    failed: list[int],
    measured: dict[str, Any],
) -> CheckFailed:
    many = len(generations) > 1
    who = (
        f"{len(failed)} of {len(generations)} answers do" if many else "the answer does"
    )
    lines = [f"{who} not meet: {' '.join(condition.text.split())}"]
    said = ", ".join(f"{name} = {_shown(value)}" for name, value in measured.items())
    lines.append(f"  {f'the first, number {failed[0]}: ' if many else ''}{said}")
    absent = [name for name, value in measured.items() if _is_absent(name, value)]
    if absent:
        path, known = absent[0][2:-1], paths_of(generations[failed[0]])
        exists = path in known
        why = (
            "its tokens have no known log probability"
            if exists
            else (f"there is no {path} in it; {guess(path, known)}"[:200])
        )
        lines.append(f"  {why}")
    return CheckFailed("\n".join(lines), measured)


def _is_absent(name: str, value: Any) -> bool:
    return name.startswith("p(") and bool(np.isnan(value))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value[:40])
    return "unknown" if np.isnan(value) else f"{value:.4g}"


class _Check:
    """One generation against a condition; what is measured goes into `found`."""

    def __init__(self, generation: Generation, found: dict[str, Any]) -> None:
        self._generation = generation
        self._found = found

    def holds(self, condition: Expression) -> bool:
        """Return whether the condition is true; neither false nor unknown is."""
        return bool(np.all(truth(condition.tree, self._measure).true))

    def _measure(self, leaf: Tree) -> Any:
        value = self._value(leaf)
        self._found[unparse(leaf)] = value if isinstance(value, str) else float(value)
        return value if isinstance(value, str) else np.float64(value)

    def _value(self, leaf: Tree) -> Any:
        head, name = leaf
        if head == "p":
            found = probability_of(self._generation, parse_path(name))
            return np.nan if found is None else found
        if head != "column":
            return self._aggregate(head, name)
        return (_TEXTS.get(name) or _NUMBERS[name])(self._generation)

    def _aggregate(self, function: str, tree: Tree) -> float:
        generation = self._generation
        sampled = ~np.isin(generation.columns.part, (Part.PROMPT, Part.FORCED))
        if function == "count":
            result = selection.evaluate(tree, generation)
            known = not result.unknown[sampled].any()
            return float(result.true[sampled].sum()) if known else np.nan
        every = values(tree, lambda leaf: selection.column(leaf[1], generation))
        some = np.broadcast_to(every, sampled.shape)[sampled]
        return float(_AGGREGATES[function](some)) if len(some) else np.nan
