"""A text that is made step by step without kernel or JavaScript: as text and as HTML.

Only tags and styles are used that JupyterLab keeps in an untrusted notebook, and every
text from a model is escaped.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from lpwidgets.display.palette import color
from lpwidgets.display.static_html import percent, visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.stepping.stepping import Stepping

    State = dict[str, Any]
    Row = tuple[str, float, str]

MAX_TOKENS = 2000
"""Tokens shown, the newest; how many are before is said."""

_GREY = "#777777"
_BAR = "#5b7fb5"
_WIDTH = 120
_MARKS = {"picked": "underline", "written": "underline dotted"}


def as_text(stepping: Stepping, state: State) -> str:
    """Return the text, the candidates below it, and how guesses did."""
    lines = [repr(stepping)]
    for rank, (token, share, mark) in enumerate(_rows(state), 1):
        number = str(rank) if rank <= len(_shown(state)["token"]) else ""
        lines.append(f"{number:>4}  {token:<18}{percent(share):>10}  {mark}".rstrip())
    return "\n".join([*lines, *_said(state)])


def as_html(stepping: Stepping, state: State) -> str:
    """Return the same as one HTML fragment."""
    text, at = state["text"], state["at"]
    start = max(0, at - MAX_TOKENS)
    spans = "".join(
        _span(*one)
        for one in zip(
            text["token"][start:at],
            text["probability"][start:at],
            text["how"][start:at],
            strict=True,
        )
    )
    before = f"{start:,} tokens before these are not shown" if start else ""
    notes = [html.escape(line) for line in (repr(stepping)[1:-1], before) if line]
    head = "".join(f'<div style="color:{_GREY}">{line}</div>' for line in notes)
    rows = "".join(_row(*one) for one in _rows(state))
    table = f"<table>{rows}</table>" if rows else ""
    score = "".join(f"<div>{html.escape(line)}</div>" for line in _said(state))
    body = f'<div style="white-space:pre-wrap;line-height:1.7">{spans}</div>'
    return f"<div>{head}{body}{table}{score}</div>"


def _shown(state: State) -> State:
    """Return the list to be seen: that of the last guess, or of what is next."""
    shown = state["review"] or state["listed"]
    empty: State = {"token": [], "probability": [], "end": [], "unseen": 0.0}
    return shown or empty


def _rows(state: State) -> Iterator[Row]:
    """Yield the candidates: text, probability, and what is marked about them."""
    shown, guess = _shown(state), state["guess"]
    pairs = zip(shown["token"], shown["probability"], strict=True)
    for place, (token, share) in enumerate(pairs):
        marks = []
        if guess and place + 1 == guess["rank"]:
            marks.append("your guess")
        if guess and place + 1 == guess["came_rank"]:
            marks.append("what came")
        if place in shown["end"]:
            marks.append("ends the text")
        yield _quoted(token), _float(share), ", ".join(marks)
    if shown["token"]:
        yield "not listed", _float(shown["unseen"]), ""


def _said(state: State) -> list[str]:
    """Return how guesses did, in a line."""
    score = state["score"]
    if not score["guesses"]:
        return []
    sign = "at least " if score["at_least"] else ""
    mine, came = _bits(score["bits"]), _bits(score["came_bits"])
    right = f"{score['right']} of {score['guesses']} guessed right"
    return [f"{right}; a guess cost {sign}{mine} on average, what came {came}"]


def _bits(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3g} bits"


def _float(value: float | None) -> float:
    return math.nan if value is None else value


def _piece(token: str | list[int]) -> str:
    data = token.encode() if isinstance(token, str) else bytes(token)
    return visible(display_text(data))


def _quoted(token: str | list[int]) -> str:
    text = _piece(token).replace("\n", "")
    return f"“{text}”"


def _span(token: str | list[int], share: float | None, how: str) -> str:
    text = html.escape(_piece(token)) or "∅"
    mark = f";text-decoration:{_MARKS[how]}" if how in _MARKS else ""
    if share is None:
        return f'<span style="border-bottom:1px dotted {_GREY}{mark}">{text}</span>'
    style = f"background-color:{color(1 - share)};color:#111111{mark}"
    return f'<span style="{style}" title="{how}, {percent(share)}">{text}</span>'


def _row(token: str, share: float, mark: str) -> str:
    width = 0 if math.isnan(share) else round(_WIDTH * min(share, 1.0))
    style = f"display:inline-block;height:8px;width:{width}px;background-color:{_BAR}"
    cell = "text-align:left;white-space:pre-wrap"
    return (
        f'<tr><td style="{cell}">{html.escape(token)}</td>'
        f'<td style="text-align:left"><span style="{style}"></span></td>'
        f'<td style="text-align:right;white-space:nowrap">{percent(share)}</td>'
        f'<td style="{cell}">{mark}</td></tr>'
    )
