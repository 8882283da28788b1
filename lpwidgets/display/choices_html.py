"""`Choices` as a table: of text for terminals, of HTML with bars for pages.

The colours are readable on light and dark pages, and only tags and styles are used that
JupyterLab keeps in an untrusted notebook.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.display.static_html import visible

if TYPE_CHECKING:
    from lpwidgets.analysis.choices import Choice, Choices

_GREY, _BAR = "#7a7a7a", "#d9702b"
_WIDE = 160
_LABEL = 60
_BLOCKS = 20


class _Row(NamedTuple):
    label: str
    probability: str
    share: str
    prior: str
    low: float
    high: float


def _rows(choices: Choices) -> list[_Row]:
    low, high = choices.other
    return [
        *map(_row, choices),
        _Row("(other)", _figure(low, high), "", "", 0.0, 0.0),
    ]


def _row(one: Choice) -> _Row:
    bounds = one.share_low, one.share_high
    share, prior = _percent(*bounds), ""
    if not math.isnan(one.prior):
        bounds = one.corrected, one.corrected
        share, prior = _percent(*bounds), _percent(one.prior, one.prior)
    label = one.label if len(one.label) <= _LABEL else one.label[: _LABEL - 1] + "…"
    shown = visible(label).replace("\n", "")
    return _Row(shown, _figure(one.low, one.high), share, prior, *bounds)


def _figure(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.3g} to {high:.3g}"


def _percent(low: float, high: float) -> str:
    if math.isnan(low):
        return "unknown"
    return f"{low:.1%}" if low == high else f"{low:.0%} to {high:.0%}"


def _facts(choices: Choices) -> str:
    kind = "exact" if choices.exact else "bounds"
    facts = [choices.provider, choices.model, f"{kind}, by {choices.way}"]
    return " · ".join(fact for fact in facts if fact)


def _instead(choices: Choices) -> str:
    return ", ".join(f"{visible(text)!r} {p:.3g}" for text, p in choices.others)


def _head(choices: Choices) -> list[str]:
    corrected = any(not math.isnan(one.prior) for one in choices)
    return [
        "label",
        "probability",
        *(["prior", "corrected"] if corrected else ["share"]),
    ]


def as_text(choices: Choices) -> str:
    """Return a small table for a terminal."""
    head = _head(choices)
    table = [head]
    for row in _rows(choices):
        cells = [row.label, row.probability, row.share]
        table.append(cells if len(head) == len(cells) else _with_prior(row))
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    bars = ["", *("█" * _length(row, _BLOCKS) for row in _rows(choices))]
    lines = [f"<Choices {_facts(choices)}>"]
    for line, bar in zip(table, bars, strict=True):
        first, *rest = zip(line, widths, strict=True)
        cells = [f"{first[0]:<{first[1]}}", *(f"{cell:>{size}}" for cell, size in rest)]
        lines.append(f"{'  '.join(cells)}  {bar}".rstrip())
    if choices.others:
        lines.append(f"other: {_instead(choices)}")
    return "\n".join([*lines, *(f"note: {note}" for note in choices.notes)])


def _with_prior(row: _Row) -> list[str]:
    return [row.label, row.probability, row.prior, row.share]


def _length(row: _Row, whole: int) -> int:
    return 0 if math.isnan(row.low) else round(row.low * whole)


def as_html(choices: Choices) -> str:
    """Return a table with bars; of a share that is bounded the bar's rest is pale."""
    head = _head(choices)
    cells = f'<th style="text-align:left">{head[0]}</th>'
    cells += "".join(f'<th style="text-align:right">{one}</th>' for one in head[1:])
    body = "".join(_line(row, len(head)) for row in _rows(choices))
    said = [_facts(choices), *choices.notes]
    if choices.others:
        said.insert(1, f"other: {_instead(choices)}")
    small = "".join(
        f'<div style="color:{_GREY}">{html.escape(line)}</div>' for line in said
    )
    return f"<div><table><tr>{cells}<th></th></tr>{body}</table>{small}</div>"


def _line(row: _Row, columns: int) -> str:
    values = [row.label, row.probability, row.share]
    if columns > len(values):
        values = _with_prior(row)
    first, *rest = map(html.escape, values)
    left = f'<td style="text-align:left;white-space:pre">{first}</td>'
    numbers = "".join(f'<td style="text-align:right">{one}</td>' for one in rest)
    return f'<tr>{left}{numbers}<td style="text-align:left">{_bar(row)}</td></tr>'


def _bar(row: _Row) -> str:
    if math.isnan(row.low) or not row.high:
        return ""
    sure, more = row.low * _WIDE, (row.high - row.low) * _WIDE
    style = f"display:inline-block;height:10px;background-color:{_BAR}"
    pale = f'<span style="{style};width:{more:.0f}px;opacity:0.35"></span>'
    return f'<span style="{style};width:{sure:.0f}px"></span>{pale if more else ""}'
