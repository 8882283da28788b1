"""Checks of the limits that a server tells: the context's, and those of the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.client.doctor.judging import Verdict, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.client.doctor.rounds import Answers

_CONTEXT = (
    "n_ctx",
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "n_ctx_train",
)
_DEEPEST = 3
_SHOWN = 6


@check("context limit", "Does the server tell how long a context may be?")
def context_limit(answers: Answers) -> Verdict:
    """Look into what it says of itself, and of this model."""
    for name in _CONTEXT:
        for place, described in answers.described.items():
            limit = next(_found(described, name, _DEEPEST), None)
            if limit is not None:
                said = f"{limit} tokens ({name} of {place})"
                return Verdict("yes", said, {"tokens": limit})
    places = ", ".join(answers.described) or "nothing"
    return Verdict("no", f"not among what it says of itself ({places})")


def _found(described: Any, name: str, deep: int) -> Iterator[int]:
    """Yield the whole numbers of this name, the outermost first."""
    if not isinstance(described, dict) or not deep:
        return
    value = described.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        yield value
    for inner in described.values():
        yield from _found(inner, name, deep - 1)


@check("rate limits", "Does the server tell its rate limits?")
def rate_limits(answers: Answers) -> Verdict:
    """Show the headers that servers put them into."""
    found = answers.headers
    if not found:
        return Verdict("no", "no such header (x-ratelimit-…) in its answers")
    shown = [f"{name} {said[:40]}" for name, said in sorted(found.items())[:_SHOWN]]
    return Verdict("yes", ", ".join(shown), {"headers": len(found)})
