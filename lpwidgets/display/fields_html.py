"""Trees of fields without kernel or JavaScript: as text, and as HTML with bars.

Only tags and styles are used that JupyterLab keeps in an untrusted notebook.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.display.listing import LARGEST
from lpwidgets.display.static_html import percent, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpwidgets.analysis.field_trees import Entry, Tree

MOST = 500
"""Lines shown of an answer; what is beyond is counted in words."""

_GREY, _BAR = "#777777", "#5b7fb5"
_WIDE, _BLOCKS = 72, 10
_LABEL = 60
_PLAIN_LEFT = 48


class _Line(NamedTuple):
    depth: int
    label: str
    probability: float | None
    note: str


def _lines(tree: Tree) -> Iterator[_Line]:
    for one in tree.entries:
        yield _Line(one.depth, _label(one), _probability(one), _note(one))
        for value, p in one.distribution:
            chosen = "● " if value == one.text else "○ "
            yield _Line(one.depth + 1, chosen + _cut(value), p, "")
        if one.distribution and one.unattributed is not None:
            yield _Line(one.depth + 1, "(not attributed)", one.unattributed, "")


def _label(one: Entry) -> str:
    text = _cut(one.text)
    if one.size:
        text = f"[{one.size:,}]" if one.type == "array" else f"{{{one.size:,}}}"
    key = "" if one.key is None else f"{_cut(str(one.key))}: "
    return f"{key}{text}".removesuffix(" ")


def _cut(text: str) -> str:
    shown = visible(text).replace("\n", "")
    return shown if len(shown) <= _LABEL else shown[: _LABEL - 1] + "…"


def _probability(one: Entry) -> float | None:
    """Return what to show beside an entry, NaN unknown, None for nothing."""
    if one.size or one.stop < 0:
        return None
    return _exp(one.logprob)


def _exp(logprob: float | None) -> float:
    return math.nan if logprob is None else math.exp(min(logprob, LARGEST))


def _note(one: Entry) -> str:
    notes = [visible(one.problem)] if one.problem else []
    if one.repeats > 1:
        which = "the last counts" if one.last else "a later one counts"
        notes.append(f"key comes {one.repeats} times, {which}")
    if one.forced:
        notes.append("forced")
    return " · ".join(notes)


def _head(tree: Tree) -> str:
    count = sum(not one.size and one.problem != "missing" for one in tree.entries)
    said = [f"{count:,} value{'s' * (count != 1)}"]
    if not tree.entries or tree.said:
        said = [f"no JSON in this answer: {_cut(tree.said)}".removesuffix(": ")]
    if tree.least >= 0:
        least = tree.entries[tree.least]
        p = percent(_exp(least.logprob))
        said.append(f"least sure: {_cut(least.path)} {p}")
    if not tree.complete:
        said.append("cut off")
    if tree.constrained:
        said.append("constrained: the request restricted what could be said")
    return " · ".join(said)


def as_text(trees: Sequence[Tree]) -> str:
    """Return indented lines for a terminal."""
    return "\n".join(_text(tree) for tree in trees) or "<no answers>"


def _text(tree: Tree) -> str:
    lines = list(_lines(tree))
    shown = [f"<Fields {_head(tree)}>", *map(_plain, lines[:MOST])]
    return "\n".join([*shown, *_rest(lines)])


def _rest(lines: list[_Line]) -> list[str]:
    return [f"{len(lines) - MOST:,} more lines not shown"] if len(lines) > MOST else []


def _plain(line: _Line) -> str:
    label = "  " * line.depth + line.label
    figure, bar = "", ""
    if line.probability is not None:
        figure = percent(line.probability)
        known = 0.0 if math.isnan(line.probability) else min(line.probability, 1.0)
        bar = "█" * round(known * _BLOCKS)
    cells = f"{label:<{_PLAIN_LEFT}} {figure:>10}  {bar:<{_BLOCKS}}  {line.note}"
    return cells.rstrip()


def as_html(trees: Sequence[Tree]) -> str:
    """Return a table an answer, its rows indented as the values are nested."""
    return "".join(map(_table, trees)) or f'<div style="color:{_GREY}">no answers</div>'


def _table(tree: Tree) -> str:
    lines = list(_lines(tree))
    rows = "".join(map(_row, lines[:MOST]))
    head, *more = (
        f'<div style="color:{_GREY}">{html.escape(one)}</div>'
        for one in [_head(tree), *_rest(lines)]
    )
    table = f"<table>{rows}</table>" if rows else ""
    return f"<div>{head}{table}{''.join(more)}</div>"


def _row(line: _Line) -> str:
    style = f"text-align:left;white-space:pre-wrap;padding-left:{4 + 18 * line.depth}px"
    label = f'<span dir="auto">{html.escape(line.label)}</span>'
    note = f' <span style="color:{_GREY}">{html.escape(line.note)}</span>'
    figure = "" if line.probability is None else html.escape(percent(line.probability))
    return (
        f'<tr><td style="{style}">{label}{note if line.note else ""}</td>'
        f'<td style="text-align:left">{_bar(line.probability)}</td>'
        f'<td style="text-align:right">{figure}</td></tr>'
    )


def _bar(probability: float | None) -> str:
    if probability is None or math.isnan(probability):
        return ""
    style = f"display:inline-block;height:8px;background-color:{_BAR}"
    return f'<span style="{style};width:{min(probability, 1.0) * _WIDE:.0f}px"></span>'
