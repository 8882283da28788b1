"""How a check becomes a row: a decorated function of the answers, and its verdict."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lpwidgets.client.doctor.probes import FIRST
from lpwidgets.columns import UNKNOWN_LOGPROB
from lpwidgets.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpwidgets.client.doctor.asking import Answer, Entry
    from lpwidgets.client.doctor.profile import Judgement
    from lpwidgets.client.doctor.rounds import Answers

    Judge: TypeAlias = "Callable[[Answers], Verdict]"
    Key: TypeAlias = "tuple[int, bytes | None, str]"

_LONGEST = 200
"""Characters of an error's first line in the evidence."""


class Verdict(NamedTuple):
    """An answer to the question of a check, see `Row`."""

    verdict: Judgement
    evidence: str
    numbers: Mapping[str, float] = {}


class Check(NamedTuple):
    """A check: its name, its question, the probes it looks at, and its judge."""

    name: str
    question: str
    needs: tuple[str, ...]
    judge: Judge


def check(name: str, question: str, *needs: str) -> Callable[[Judge], Check]:
    """Make a function a check.

    Parameters
    ----------
    name, question
        See `Row`.
    *needs
        Names of the probes without which the question is not even asked.
    """
    return lambda judge: Check(name, question, needs, judge)


def refusal(answers: Answers, name: str, plain: str = FIRST) -> str:
    """Return how the server refused a probe, empty if it answered.

    Parameters
    ----------
    answers, name
        What came, and which probe is meant.
    plain
        A probe of the same API without what is special about this one.

    Raises
    ------
    LpError
        There is no answer for another reason, such as that this API takes none.
    """
    error = answers.refused.get(name)
    if error is None:
        return ""
    if isinstance(error, RequestError) and plain in answers.given:
        return f"refused: {first(error)}"
    raise error


def overall(good: Sequence[bool]) -> Judgement:
    """Return what several answers to a question come to."""
    return "yes" if all(good) else "partly" if any(good) else "no"


def first(error: BaseException) -> str:
    """Return the first line of an error, not too long."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def known(entry: Entry) -> bool:
    """Say whether a log probability is a number, not a placeholder."""
    return math.isfinite(entry.value) and entry.value > UNKNOWN_LOGPROB


def key(entry: Entry) -> Key:
    """Return what tells a token from others in the lists of one server."""
    return entry.id, entry.bytes, entry.text


def values_of(answer: Answer) -> dict[Key, float]:
    """Return the known values, nats, at the first position, the sampled token's too.

    Several tokens that look alike are left out: nothing tells which is which.
    """
    if not answer.entries:
        return {}
    sampled = answer.entries[0]
    alike = Counter(map(key, sampled.top))
    listed = [one for one in sampled.top if alike[key(one)] == 1]
    every = listed if alike[key(sampled)] else [sampled, *listed]
    return {key(one): one.value for one in every if known(one)}


def is_end(entry: Entry) -> bool:
    """Say whether a token is no text: the end of one."""
    return not entry.text and not entry.bytes
