"""A comparison in words, and as static HTML: a column a text, what differs underlined.

Only tags and styles are used that JupyterLab keeps in an untrusted notebook.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from lpwidgets.analysis.cutting import said
from lpwidgets.display.static_html import visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.analysis.comparing import Comparison
    from lpwidgets.analysis.stretching import Fork, Stretch

MOST = 2000
"""Stretches shown a text; what is beyond is counted in words."""

LEVELS = (0.1, 0.3, 1.0, 3.0)
"""Bits a byte from which on a difference has the next colour, as in the page."""
_MORE = ("#fdebd3", "#f9c98f", "#f0a04f", "#d9702b")
_LESS = ("#e3eefb", "#b9d6f5", "#86b6ec", "#5795dd")
_GREY = "#777777"
_UNKNOWN = "surprisal unknown"


def as_text(comparison: Comparison) -> str:
    """Return a comparison in one line."""
    count = len(comparison.generations)
    facts = [f"{count} texts", _fork(comparison)]
    if count == 2:  # noqa: PLR2004
        facts += _facts(comparison, 1)
    return f"<Comparison {' · '.join(facts)}>"


def summaries(comparison: Comparison) -> list[str]:
    """Return what is said of each text in a line."""
    rate = comparison.bits_per_byte[0]
    known = _UNKNOWN if math.isnan(rate) else f"{rate:.3g} bits a byte"
    first = f"{known} · the others are compared with this"
    rest = enumerate(comparison.forks, start=1)
    return [first, *(_summary(comparison, *one) for one in rest)]


def _summary(comparison: Comparison, number: int, fork: Fork | None) -> str:
    facts = _facts(comparison, number)
    if fork and fork.kind == "text":
        facts.append(f"fork at byte {fork.byte:,}")
    return " · ".join(facts)


def _facts(comparison: Comparison, number: int) -> list[str]:
    first, other = (comparison.bits_per_byte[k] for k in (0, number))
    change = other - first
    known = f"{other:.3g} bits a byte, {signed(change)} against the first"
    said_so = _UNKNOWN if math.isnan(change) else known
    percent = int(100 * _share(comparison.against(number)))
    return [said_so, f"{percent}% of the bytes equal"]


def _share(stretches: tuple[Stretch, ...]) -> float:
    same = sum(one.stop - one.start for one in stretches if one.kind == "equal")
    longest = max(stretches[-1].stop, stretches[-1].other_stop)
    return same / longest if longest else 1.0


def signed(value: float) -> str:
    """Return a difference with its sign.

    >>> signed(0.1234), signed(-2.0)
    ('+0.123', '−2')
    """
    return f"{value:+.3g}".replace("-", "−")


def _fork(comparison: Comparison) -> str:
    fork = comparison.fork
    if fork is None:
        return "nothing differs"
    if fork.kind == "distribution":
        token = comparison.generations[0][fork.position or 0].token
        far = f"{fork.divergence:.2g} bits apart at least"
        return f"same text, the distributions differ most at {token!r} ({far})"
    return f"fork at byte {fork.byte:,}: {' | '.join(_tokens(comparison, fork))}"


def _tokens(comparison: Comparison, fork: Fork) -> Iterator[str]:
    places = {0: fork.position, fork.generation: fork.other_position}
    for number, position in places.items():
        generation = comparison.generations[number]
        token = "" if position is None else generation[position].token
        yield repr(token) if token else "(end)"


def as_html(comparison: Comparison) -> str:
    """Return a table of the texts, coloured by their difference from the first."""
    cells = "".join(_cell(comparison, k) for k in range(len(comparison.names)))
    line = html.escape(visible(as_text(comparison)[1:-1]))
    return (
        f'<div><div style="color:{_GREY}">{line}</div>'
        f"<table><tr>{cells}</tr></table></div>"
    )


def _cell(comparison: Comparison, number: int) -> str:
    text = said(comparison.generations[number]).text
    rows = comparison.against(max(1, number))
    body = "".join(_span(text, one, number) for one in rows[:MOST])
    rest = len(rows) - MOST
    if rest > 0:
        body += f'<div style="color:{_GREY}">{rest:,} more stretches not shown</div>'
    name = html.escape(visible(comparison.names[number]))
    note = html.escape(summaries(comparison)[number])
    style = "vertical-align:top;text-align:left;white-space:pre-wrap"
    return (
        f'<td style="{style}"><div>{name}</div>'
        f'<div style="color:{_GREY}">{note}</div>{body}</td>'
    )


def _span(text: bytes, one: Stretch, number: int) -> str:
    start, stop = (one.other_start, one.other_stop) if number else (one.start, one.stop)
    if start == stop:
        return ""
    shown = html.escape(visible(display_text(text[start:stop])))
    style = _style(one, is_first=number == 0)
    known = not math.isnan(one.delta)
    title = f"{signed(one.delta)} bits a byte" if known else _UNKNOWN
    return f'<span style="{style}" title="{one.kind}, {title}">{shown}</span>'


def _style(one: Stretch, *, is_first: bool) -> str:
    if one.kind != "equal":
        return f"border-bottom:2px solid {_GREY}"
    level = sum(abs(one.delta) >= least for least in LEVELS)
    if is_first or not level:
        return ""
    colors = _MORE if one.delta > 0 else _LESS
    return f"background-color:{colors[level - 1]};color:#111111"
