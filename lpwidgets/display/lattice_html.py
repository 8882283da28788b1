"""A lattice without kernel or JavaScript: its answers, and the runs token by token.

Only tags and styles are used that JupyterLab keeps in an untrusted notebook.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from typing import TYPE_CHECKING

from lpwidgets.display.palette import color
from lpwidgets.display.static_html import percent, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.lattice import Answer, Lattice
    from lpwidgets.analysis.merging import Edge

MOST = 20
"""Answers and runs shown of each; how many are beyond is said in words."""

_GREY, _BAR = "#777777", "#5b7fb5"
_WIDE = 120
_LABEL, _TOKENS = 60, 60


def source(lattice: Lattice) -> list[str]:
    """Return who was asked: provider and model, each once."""
    metas = [run.meta for run in lattice.runs]
    names = [*(meta.provider for meta in metas), *(meta.model for meta in metas)]
    return [name for name in dict.fromkeys(names) if name]


def facts(lattice: Lattice) -> list[list[str]]:
    """Return the figures of a glance: label, value, and what it means."""
    answers = lattice.leaves
    different = len({tuple(path) for path in lattice.paths})
    told = [
        ["runs", f"{len(lattice.runs):,}", "how often the model was asked"],
        ["different", f"{different:,}", "token sequences that are not the same"],
        ["answers", f"{len(answers):,}", "runs that say the same are one answer"],
    ]
    mass = sum(one.mass for one in answers)
    if not math.isnan(mass):
        told.append(["seen mass", percent(mass), _MASS])
    return told


_MASS = "probability that the model gives to all these sequences together"


def as_html(lattice: Lattice) -> str:
    """Return a table of the answers, and below it the runs with coloured tokens."""
    said = [
        *source(lattice),
        *(f"{label} {value}" for label, value, _ in facts(lattice)),
    ]
    head = _quiet(" · ".join(said))
    notes = "".join(_quiet(note) for note in lattice.notes)
    return f"<div>{head}{_answers(lattice)}{_runs(lattice)}{notes}</div>"


def _answers(lattice: Lattice) -> str:
    rows = [_answer(one, len(lattice.runs)) for one in lattice.leaves[:MOST]]
    titles = ("answer", "runs", "share", "", "mass")
    cells = "".join(f'<th style="text-align:left">{title}</th>' for title in titles)
    more = _more(len(lattice.leaves), "answers")
    return f"<table><tr>{cells}</tr>{''.join(rows)}</table>{more}"


def _answer(one: Answer, total: int) -> str:
    share = len(one.runs) / total
    bar = (
        "display:inline-block;height:10px;"
        f"background-color:{_BAR};width:{share * _WIDE:.0f}px"
    )
    cells = (
        html.escape(_label(one.text)),
        f"{len(one.runs):,}",
        percent(share),
        f'<span style="{bar}"></span>',
        percent(one.mass),
    )
    style = "text-align:left;white-space:pre"
    row = "".join(f'<td style="{style}">{cell}</td>' for cell in cells)
    return f"<tr>{row}</tr>"


def _label(text: str) -> str:
    """Return an answer's text in a line, as long as a label may be."""
    shown = visible(text.strip()).replace("\n", "")
    return (shown if len(shown) <= _LABEL else shown[: _LABEL - 1] + "…") or "∅"


def _runs(lattice: Lattice) -> str:
    paths = Counter(tuple(path) for path in lattice.paths).most_common()
    lines = [
        f'<div><span style="color:{_GREY}">{count:,} × </span>'
        f"{_path([lattice.edges[edge] for edge in path])}</div>"
        for path, count in paths[:MOST]
    ]
    style = "white-space:pre-wrap;line-height:1.7"
    more = _more(len(paths), "different runs")
    return f'<div style="{style}">{"".join(lines)}</div>{more}'


def _path(edges: Sequence[Edge]) -> str:
    tokens = [one for one in edges if one.answer < 0]
    rest = len(tokens) - _TOKENS
    more = f" … {rest:,} more tokens" if rest > 0 else ""
    return "".join(map(_token, tokens[:_TOKENS])) + more


def _token(edge: Edge) -> str:
    text = html.escape(visible(edge.token).replace("\n", "")) or "∅"
    if math.isnan(edge.probability):
        return f'<span style="border-bottom:1px dotted {_GREY}">{text}</span>'
    style = f"background-color:{color(1 - edge.probability)};color:#111111"
    return f'<span style="{style}" title="{percent(edge.probability)}">{text}</span>'


def _more(count: int, what: str) -> str:
    return _quiet(f"{count - MOST:,} more {what}") if count > MOST else ""


def _quiet(text: str) -> str:
    return f'<div style="color:{_GREY}">{html.escape(visible(text))}</div>'
