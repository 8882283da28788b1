"""The fallback without kernel or JavaScript: escaped HTML that sanitisers let through.

Only ``span``, ``div``, ``details``, ``title`` and inline styles with hex colours are
used, which JupyterLab keeps in an untrusted notebook. Every text from a model is
escaped, since a trusted notebook would run what it says.
"""

from __future__ import annotations

import html
import math
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.display.head import head_of
from lpwidgets.display.palette import color
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.findings import Finding
    from lpwidgets.generation import Generation

MAX_TOKENS = 2000
"""Tokens shown a generation; what is beyond is counted in words."""

_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def render(generations: Sequence[Generation]) -> str:
    """Return generations as one HTML fragment."""
    return "".join(_generation(generation) for generation in generations)


def render_text(generations: Sequence[Generation]) -> str:
    """Return generations as plain text, for terminals."""
    return "\n".join(repr(generation) for generation in generations)


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


LARGEST = 80.0
"""Raw logits may be above any log probability; exp can still say this one."""
_MARKS = {"\n": "⏎\n", "\t": "⇥"}


def _generation(generation: Generation) -> str:
    head = head_of(generation)
    facts = [head.provider, head.model, head.status]
    facts += [f"{fact.label} {fact.value}" for fact in head.facts]
    line = html.escape(" · ".join(fact for fact in facts if fact))
    notes = _findings(head.findings)
    rest = len(generation) - MAX_TOKENS
    more = (
        f'<div style="color:#777777">{rest:,} more tokens not shown</div>'
        if rest > 0
        else ""
    )
    text = html.escape(visible(head.unshown)) or _tokens(generation)
    body = f'<div style="white-space:pre-wrap;line-height:1.7">{text}</div>'
    return f'<div><div style="color:#777777">{line}</div>{body}{more}{notes}</div>'


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


def _tokens(generation: Generation) -> str:
    columns = generation.columns
    texts = [
        html.escape(visible(display_text(p))) or "∅" for p in columns.pieces.as_bytes
    ]
    probabilities = np.exp(np.minimum(columns.logprob[:MAX_TOKENS], LARGEST))
    return "".join(
        _span(texts, generation, position, float(probability))
        for position, probability in enumerate(probabilities)
    )


def _span(
    texts: list[str], generation: Generation, position: int, probability: float
) -> str:
    columns = generation.columns
    text = texts[columns.token[position]]
    if math.isnan(probability):
        return f'<span style="border-bottom:1px dotted #777777">{text}</span>'
    title = [f"{text} {percent(probability)}"]
    start, end = columns.alternative_offsets[position : position + 2]
    title += [
        f"{texts[columns.alternative[i]]} "
        f"{percent(math.exp(min(columns.alternative_logprob[i], LARGEST)))}"
        for i in range(start, end)
        if i - start != columns.chosen[position]
    ]
    style = f"background-color:{color(1 - probability)};color:#111111"
    return f'<span style="{style}" title="{" | ".join(title)}">{text}</span>'


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
