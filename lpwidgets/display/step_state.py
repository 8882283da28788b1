"""What the page and the static forms show of a text that is made step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.display.asked import question_of
from lpwidgets.stepping.guesses import probability, unseen
from lpwidgets.stepping.steps import bytes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lpwidgets.stepping.guesses import Guess
    from lpwidgets.stepping.stepping import Stepping
    from lpwidgets.stepping.steps import Step
    from lpwidgets.wire.records import Candidate

_CHARTED = 200
"""Guesses charted: the newest."""


_KEPT = 1000
"""Places of which a notebook's file keeps the list: the newest."""


def state_of(stepping: Stepping, *, hidden: bool) -> dict[str, Any]:
    """Return what is to be shown, as JSON can say it.

    Parameters
    ----------
    stepping
        The text.
    hidden
        Whether what comes next is to be guessed: neither the candidates nor what is
        ahead are told, only the list of the last guess.
    """
    steps, at = stepping.place
    known = None if hidden else stepping.known()
    undo, redo = stepping.can
    last = stepping.log[-1] if stepping.log else None
    is_shown = hidden and last is not None and last.position == at - 1
    reviewed = steps[at - 1].listed if is_shown else None
    return {
        "text": _tokens(steps[:at] if hidden else steps),
        "at": at,
        "ahead": len(steps) - at,
        "listed": None if known is None else _list(known, stepping.ends),
        "over": stepping.over,
        "running": stepping.running,
        "client": stepping.has_client,
        "undo": undo,
        "redo": redo,
        "review": None if reviewed is None else _list(reviewed, stepping.ends),
        "guess": _guess(last) if is_shown and last else None,
        "score": _plain(stepping.score._asdict()),
        "log": [_logged(one) for one in stepping.log[-_CHARTED:]],
    }


def lists_of(stepping: Stepping, *, hidden: bool) -> list[dict[str, Any] | None]:
    """Return what could have come at each place, for reading without a kernel.

    None beyond the newest thousand, and where nothing is known; empty if it is hidden.
    """
    if hidden:
        return []
    steps, at = stepping.place
    lists = [one.listed for one in steps]
    if at == len(steps):
        lists.append(stepping.known() or [])
    known = [_list(one, stepping.ends) if one else None for one in lists[-_KEPT:]]
    return [None] * (len(lists) - len(known)) + known


def head_of(stepping: Stepping) -> dict[str, str]:
    """Return what stands above the text and stays the same: the model, the prompt."""
    generation = stepping.generation
    return {"model": generation.meta.model, "asked": question_of(generation)}


def _tokens(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "token": [_text(one.piece) for one in steps],
        "probability": [number(math.exp(min(one.logprob, 0.0))) for one in steps],
        "how": [one.how.value for one in steps],
    }


def _list(listed: Sequence[Candidate], ends: Collection[int]) -> dict[str, Any]:
    return {
        "token": [_text(bytes_of(one)) for one in listed],
        "probability": [number(probability(one)) for one in listed],
        "end": [k for k, one in enumerate(listed) if one.id in ends],
        "unseen": number(unseen(listed)) if listed else 0.0,
    }


def _guess(one: Guess) -> dict[str, Any]:
    return _plain(one._asdict())


def _logged(one: Guess) -> list[Any]:
    return [number(one.bits), number(one.came_bits), one.at_least, one.right]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: number(value) if isinstance(value, float) else value
        for name, value in row.items()
    }


def _text(data: bytes) -> str | list[int]:
    """Return a token's text, or its bytes where they are no text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return list(data)


def number(value: float) -> float | None:
    """Return a number as JSON can say it, None if it is none."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
