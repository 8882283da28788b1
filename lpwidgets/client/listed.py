"""Bounds of labels' probabilities from the lists of the likeliest tokens.

A spelling that is a listed token is known. One that is not has at most the smallest
listed probability and the unseen mass, if it is one token; if it is several, at most
that of the listed token that begins it, times what follows where the answer went there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.analysis.choices import Measured, Spelling
from lpwidgets.errors import LpError, RequestError
from lpwidgets.generation import Generation
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpwidgets.client.flight import Flight

_ROOM = 8
"""Tokens that are asked for: labels of several are followed as far as the answer is."""

_FEWER = 5
"""Alternatives that servers list which refuse more."""


class _List(NamedTuple):
    """One position: its tokens and probabilities, what was said, and what is not seen.

    ``least`` bounds a token that is not listed.
    """

    tokens: Mapping[bytes, float]
    said: bytes
    least: float
    unseen: float


class _Reach(NamedTuple):
    """A spelling as far as it was followed; ``hidden`` if that is an unseen token."""

    path: tuple[bytes, ...]
    low: float
    high: float
    hidden: bool = False


async def first_list(
    flight: Callable[..., Flight], prompt: Any, model: str, api: str | None, top: int
) -> Generation:
    """Return the beginning of an answer, with lists as long as the server gives.

    At temperature 1: there values are the same before and after sampling.

    Raises
    ------
    LpError
        The server did not answer, or without any list.
    """
    options: dict[str, Any] = {"model": model, "api": api, "stream": False}
    options |= {"complete": False, "max_tokens": _ROOM, "temperature": 1.0}
    try:
        answer = await flight(prompt, top_logprobs=top, **options).run()
    except RequestError:
        if top <= _FEWER:
            raise
        answer = await flight(prompt, top_logprobs=_FEWER, **options).run()
    if not isinstance(answer, Generation) or not _lists(answer):
        raise LpError(_nothing(answer))
    return answer


def _nothing(answer: Any) -> str:
    if isinstance(answer, Generation) and answer.text_of(Part.REASONING):
        return (
            "the model reasons before it answers, so that its first tokens say nothing "
            "of the labels\nturn reasoning off on the server, or ask another model"
        )
    return (
        "the server sent no list of likely tokens, which say how probable a label is"
        "\nlpwidgets.doctor(client) tells what it can"
    )


def _lists(answer: Generation) -> list[_List]:
    sums = answer.list_sums
    chosen = np.flatnonzero(answer.columns.part == Part.GENERATED)
    found = []
    for position in chosen.tolist():
        row = answer[position]
        known = [one for one in row.alternatives if not math.isnan(one.logprob)]
        if not known:
            break
        tokens: dict[bytes, float] = {}
        for one in known:
            tokens[one.bytes] = tokens.get(one.bytes, 0.0) + math.exp(one.logprob)
        least, unseen = float(sums.last[position]), float(sums.unseen[position])
        found.append(_List(tokens, row.bytes, min(least, unseen), unseen))
    return found


def bounded(
    answer: Generation, spellings: Mapping[str, Sequence[str]], shown: int
) -> Measured:
    """Return the bounds that the lists of an answer's first tokens give."""
    lists = _lists(answer)
    first = lists[0]
    reached = {
        text: _reach(text.encode(), lists)
        for texts in spellings.values()
        for text in texts
    }
    found = {label: _label(texts, reached, first) for label, texts in spellings.items()}
    begun = [text.encode() for text in reached]
    others = [
        (display_text(token), p)
        for token, p in first.tokens.items()
        if not any(token and one.startswith(token) for one in begun)
    ]
    notes = [f"{len(first.tokens)} tokens were listed, {first.unseen:.3g} is unseen"]
    if answer.text_of(Part.REASONING):
        notes.append("after one sample of its reasoning")
    return Measured(found, others[:shown], "top k", answer.meta.requests, notes)


def _reach(
    rest: bytes, lists: Sequence[_List], path: tuple[bytes, ...] = (), mass: float = 1.0
) -> list[_Reach]:
    """Return how a spelling may go on in the lists, each way with its bounds."""
    if not lists:
        return [_Reach(path, 0.0, mass)]
    here = lists[0]
    if rest in here.tokens:
        p = mass * here.tokens[rest]
        return [_Reach((*path, rest), p, p)]
    found = [_Reach(path, 0.0, mass * here.least, hidden=True)]
    for token, p in here.tokens.items():
        if token and rest.startswith(token):
            on = lists[1:] if token == here.said else ()
            found += _reach(rest[len(token) :], on, (*path, token), mass * p)
    return found


def _label(
    texts: Sequence[str], reached: Mapping[str, list[_Reach]], first: _List
) -> list[Spelling]:
    """Return a label's spellings; what longer ones may take is taken off."""
    found = []
    budget = first.unseen
    for text in texts:
        low = high = 0.0
        for one in reached[text]:
            off_low, off_high = _taken(text, one, reached) if one.low else (0.0, 0.0)
            most = one.high - off_low
            if one.hidden and not one.path:
                most = min(most, budget)
                budget -= most
            low += max(0.0, one.low - off_high)
            high += most
        found.append(Spelling(text, _log(low), _log(min(high, 1.0))))
    return found


def _taken(
    text: str, known: _Reach, reached: Mapping[str, list[_Reach]]
) -> tuple[float, float]:
    """Return bounds of what other spellings make of the same first tokens."""
    longer = [
        one
        for other, ways in reached.items()
        if other != text
        for one in ways
        if one.path[: len(known.path)] == known.path
    ]
    low = sum(one.low for one in longer)
    return min(low, known.low), min(sum(one.high for one in longer), known.low)


def _log(p: float) -> float:
    return math.log(p) if p > 0 else -math.inf
