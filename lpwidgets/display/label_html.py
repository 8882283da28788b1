"""Labelled answers without kernel or JavaScript: as text and as an HTML table."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from lpwidgets.display.static_html import percent, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Answers = Sequence[Mapping[str, Any]]
    Labels = Sequence[bool | None]

MOST = 200
"""Answers shown; how many are beyond is said."""

_GREY = "#777777"
_TEXT, _LINE = 300, 60
_MARKS = {True: "✓ right", False: "✗ wrong", None: "–"}


def progress(answers: Answers, labels: Labels) -> str:
    """Return how many answers are labelled, and how many of those are right."""
    done = [label for label in labels if label is not None]
    right = f", {sum(done)} right" if done else ""
    return f"{len(done):,} of {len(answers):,} labelled{right}"


def as_text(answers: Answers, labels: Labels) -> str:
    """Return a line an answer."""
    pairs = list(zip(answers, labels, strict=True))
    lines = [
        f"{_MARKS[label]:<7}  {_sure(one):>9}  {_cut(one['text'], _LINE)}"
        for one, label in pairs[:MOST]
    ]
    return "\n".join([f"<Labels {progress(answers, labels)}>", *lines, *_rest(pairs)])


def as_html(answers: Answers, labels: Labels) -> str:
    """Return a table."""
    pairs = list(zip(answers, labels, strict=True))
    rows = "".join(_row(one, label) for one, label in pairs[:MOST])
    head, *rest = (
        f'<div style="color:{_GREY}">{html.escape(line)}</div>'
        for line in [progress(answers, labels), *_rest(pairs)]
    )
    table = f"<table>{rows}</table>" if rows else ""
    return f"<div>{head}{table}{''.join(rest)}</div>"


def _row(one: Mapping[str, Any], label: bool | None) -> str:
    question, text = (
        html.escape(_cut(one[name], _TEXT)) for name in ("question", "text")
    )
    asked = f'<div style="color:{_GREY}">{question}</div>' if question else ""
    said = f'<span dir="auto">{text}</span>'
    figure = f"<span>{html.escape(_sure(one))}</span>"
    cell = "text-align:left;vertical-align:top;white-space:pre-wrap"
    return (
        f'<tr><td style="white-space:nowrap">{_MARKS[label]}</td>'
        f'<td style="text-align:right;white-space:nowrap">{figure}</td>'
        f'<td style="{cell}">{asked}{said}</td></tr>'
    )


def _sure(one: Mapping[str, Any]) -> str:
    return percent(math.nan if one["score"] is None else one["score"])


def _cut(text: str, most: int) -> str:
    shown = visible(text).replace("\n", "")
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def _rest(pairs: Sequence[Any]) -> list[str]:
    more = len(pairs) - MOST
    return [f"{more:,} more answers not shown"] if more > 0 else []
