"""`Deciding` as a heat map over the text, and a table of what changed it most.

The colour lets the page shine through, so that more is more on light and dark ones.
Only tags and styles are used that JupyterLab keeps in an untrusted notebook.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from lpwidgets.display.static_html import MAX_TOKENS, percent, visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from lpwidgets.analysis.deciding import Branch, Deciding

_GREY, _MARK = "#7a7a7a", "#d9702b"
_MOST = 0.7
"""How much of the page the mark covers at most: text stays readable on it."""

_ROWS = 5
_WIDE = 60
_STEPS = (0.25, 0.5, 0.75, 1.0)


def as_html(deciding: Deciding) -> str:
    """Return the text, darker where another token changes the answer more."""
    head = _line(f"{_facts(deciding)} · {_count(deciding)}")
    texts = _line(f"answer: {_short(deciding.answer) or 'empty'}")
    style = "white-space:pre-wrap;line-height:1.8;margin:4px 0"
    body = f'<div style="{style}">{_tokens(deciding)}</div>'
    rest = len(deciding.generation) - MAX_TOKENS
    more = _line(f"{rest:,} more tokens not shown") if rest > 0 else ""
    legend = _legend() if deciding.branches else ""
    notes = "".join(map(_line, filter(None, [deciding.ended, *deciding.notes])))
    return f"<div>{head}{texts}{body}{more}{legend}{_table(deciding)}{notes}</div>"


def _facts(deciding: Deciding) -> str:
    meta = deciding.generation.meta
    return " · ".join(filter(None, [meta.provider, meta.model]))


def _count(deciding: Deciding) -> str:
    tried = len(deciding.branches)
    said = f"{tried} of {deciding.planned}" if tried < deciding.planned else f"{tried}"
    branches = "branch" if deciding.planned == 1 else "branches"
    requests = "request" if deciding.requests == 1 else "requests"
    return f"{said} {branches}, {deciding.requests} {requests}"


def _line(text: str) -> str:
    return f'<div style="color:{_GREY}">{html.escape(visible(text))}</div>'


def _tokens(deciding: Deciding) -> str:
    columns = deciding.generation.columns
    pieces = columns.pieces.as_bytes[columns.token[:MAX_TOKENS]]
    titles = _titles(deciding)
    return "".join(
        _token(piece, float(change), titles.get(i, ""))
        for i, (piece, change) in enumerate(zip(pieces, deciding.change, strict=False))
    )


def _titles(deciding: Deciding) -> dict[int, str]:
    """Return what to say of each token that was tried."""
    titles: dict[int, str] = {}
    for one in deciding.branches:
        said = _short(one.error or one.answer)
        line = f"{visible(one.token)!r} {percent(one.probability)} → {said}"
        before = titles.get(one.position) or (
            f"changes the answer: {percent(deciding.change[one.position])}"
        )
        titles[one.position] = f"{before} | {line}"
    return titles


def _token(piece: bytes, change: float, title: str) -> str:
    text = html.escape(visible(display_text(piece)))
    if math.isnan(change):
        return text
    style = f"background-color:{_color(change)};border-bottom:2px solid {_GREY}"
    return f'<span style="{style}" title="{html.escape(title)}">{text or "∅"}</span>'


def _color(share: float) -> str:
    opacity = round(255 * _MOST * min(share, 1.0))
    return f"{_MARK}{opacity:02x}"


def _legend() -> str:
    start = "background-color:"
    boxes = "".join(
        f'<span style="{start}{_color(share)};padding:0 6px">{share:.0%}</span>'
        for share in _STEPS
    )
    said = "how likely another token there changes the answer; underlined: tried"
    return f'<div>{boxes} <span style="color:{_GREY}">{said}</span></div>'


def _table(deciding: Deciding) -> str:
    """Return the likeliest changes, a row each; nothing if there are none."""
    changed = [one for one in deciding.branches if one.changed]
    changed.sort(key=lambda one: -one.probability)
    if not changed:
        return ""
    head = "".join(
        f'<th style="text-align:left">{name}</th>'
        for name in ("position", "said", "instead", "probability", "answer then")
    )
    rows = "".join(_row(deciding, one) for one in changed[:_ROWS])
    rest = len(changed) - _ROWS
    more = _line(f"{rest} more changes") if rest > 0 else ""
    return f"<table><tr>{head}</tr>{rows}</table>{more}"


def _row(deciding: Deciding, one: Branch) -> str:
    cells = (
        str(one.position),
        _short(deciding.generation[one.position].token),
        _short(one.token),
        percent(one.probability),
        _short(one.answer),
    )
    start = '<td style="text-align:left;white-space:pre-wrap">'
    return f"<tr>{''.join(f'{start}{html.escape(one)}</td>' for one in cells)}</tr>"


def _short(value: object) -> str:
    text = visible(value if isinstance(value, str) else repr(value)).replace("\n", "")
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"
