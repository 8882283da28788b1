"""What a finding is, and how a check becomes one of those that are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.findings.evidence import Evidence

    Check = Callable[[Evidence], "Finding | None"]

Level = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """One thing that a reader of the numbers should know.

    ``"error"``: they are missing, or are not what they are called. ``"warning"``: some
    are. ``"info"``: all is well, and still worth knowing.
    """

    level: Level
    text: str
    detail: str = ""


CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Register a function of the evidence as one of the checks."""
    CHECKS.append(function)
    return function


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "token"), counted(1200, "token")
    ('1 token', '1,200 tokens')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
