"""The fallback without kernel or JavaScript: escaped HTML that sanitisers let through.

Only tags, ``title`` and inline styles with hex colours are used that JupyterLab keeps
in an untrusted notebook. Every value stands in the text too, in a list that opens,
since other pages keep no styles. Every text from a model is escaped, since a trusted
notebook would run what it says.
"""

from __future__ import annotations

import html
import math
import unicodedata
from typing import TYPE_CHECKING

from lpwidgets.display.head import head_of
from lpwidgets.display.listing import Row, rows
from lpwidgets.display.palette import color
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.findings import Finding
    from lpwidgets.generation import Generation

MAX_TOKENS = 2000
"""Tokens shown a generation; what is beyond is counted in words."""

_LEFTWARD = {"R", "AL", "AN"}
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def render(generations: Sequence[Generation]) -> str:
    """Return generations as one HTML fragment."""
    return "".join(_generation(generation) for generation in generations)


def visible(text: str) -> str:
    r"""Return text with what would not show, or reorder its neighbours, written out.

    >>> visible("a\tb\u202e")
    'a⇥b[U+202E]'
    """
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character in _MARKS:
        return _MARKS[character]
    if unicodedata.category(character) in _HIDDEN and character != "\u200d":
        return f"[U+{ord(character):04X}]"
    return character


_MARKS = {"\n": "⏎\n", "\t": "⇥"}


def _generation(generation: Generation) -> str:
    head = head_of(generation)
    facts = [head.provider, head.model, head.status]
    facts += [f"{fact.label} {fact.value}" for fact in head.facts]
    line = html.escape(" · ".join(fact for fact in facts if fact))
    notes = _findings(head.findings)
    left_out = len(generation) - MAX_TOKENS
    more = (
        f'<div style="color:#777777">{left_out:,} more tokens not shown</div>'
        if left_out > 0
        else ""
    )
    texts = _texts(generation)
    tokens = list(rows(generation, MAX_TOKENS))
    spans = "".join(_span(texts, row) for row in tokens)
    text = html.escape(visible(head.unshown)) or spans
    body = f'<div style="white-space:pre-wrap;line-height:1.7">{text}</div>'
    rest = more + _list(texts, tokens) + notes
    return f'<div><div style="color:#777777">{line}</div>{body}{rest}</div>'


def _findings(findings: Sequence[Finding]) -> str:
    """Return the worst in a line, which opens to all of them."""
    if not findings:
        return ""
    rest = len(findings) - 1
    lines = [html.escape(f"{one.level}: {one.text}") for one in findings]
    lines[0] += f" +{rest} more" if rest else ""
    indent = "margin-left:16px;white-space:pre-line"
    details = [f'<div style="{indent}">{html.escape(f.detail)}</div>' for f in findings]
    first, *others = zip(lines, details, strict=True)
    body = first[1] + "".join(f"<div>{line}</div>{detail}" for line, detail in others)
    summary = f"<summary>{first[0]}</summary>"
    return f'<details style="color:#777777">{summary}{body}</details>'


def _texts(generation: Generation) -> list[str]:
    pieces = generation.columns.pieces.as_bytes
    return [html.escape(visible(display_text(piece))) or "∅" for piece in pieces]


def _span(texts: list[str], row: Row) -> str:
    text = texts[row.piece]
    if math.isnan(row.probability):
        return f'<span style="border-bottom:1px dotted #777777">{text}</span>'
    title = " | ".join([_said(text, row.probability), *_others(texts, row)])
    style = f"background-color:{color(1 - row.probability)};color:#111111"
    return f'<span style="{style}" title="{title}">{text}</span>'


def _list(texts: list[str], rows: Sequence[Row]) -> str:
    """Return the tokens with their alternatives as a list that opens."""
    if not rows:
        return ""
    quoted = [_quoted(text) for text in texts]
    lines = [
        " | ".join([_said(quoted[row.piece], row.probability), *_others(quoted, row)])
        for row in rows
    ]
    items = "".join(f"<li>{line}</li>" for line in lines)
    summary = '<summary style="color:#777777">tokens and alternatives</summary>'
    return f"<details>{summary}<ol>{items}</ol></details>"


def _others(texts: list[str], row: Row) -> list[str]:
    others = [_said(texts[piece], probability) for piece, probability in row.others]
    return [*others, f"+{row.rest} more"] if row.rest else others


def _said(text: str, probability: float) -> str:
    return f"{text} {percent(probability)}"


def _quoted(text: str) -> str:
    """Return a token in quotes, on one line; one read leftwards stays in place."""
    quoted = f"“{text}”".replace("\n", "")
    is_leftward = any(unicodedata.bidirectional(one) in _LEFTWARD for one in text)
    return f"<bdi>{quoted}</bdi>" if is_leftward else quoted


def percent(probability: float) -> str:
    """Return a probability in percent with three digits that matter.

    >>> percent(0.99981), percent(0.1234), percent(0.000041), percent(1e-9)
    ('99.98 %', '12.3 %', '0.0041 %', '<0.0001 %')
    """
    if math.isnan(probability):
        return "unknown"
    value = 100 * probability
    if value < 0.0001:  # noqa: PLR2004
        return "<0.0001 %" if value > 0 else "0 %"
    if value > 99:  # noqa: PLR2004
        return "100 %" if value > 99.995 else f"{value:.2f} %"  # noqa: PLR2004
    return f"{value:.3g} %" if value >= 0.1 else f"{value:.2g} %"  # noqa: PLR2004
