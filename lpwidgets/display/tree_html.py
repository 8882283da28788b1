"""A tree as static HTML: its spine as text, branches below the token they fork at.

Only tags and styles are used that JupyterLab keeps in an untrusted notebook, and every
text from a model is escaped.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from lpwidgets.display.listing import LARGEST
from lpwidgets.display.palette import color
from lpwidgets.display.static_html import percent, visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from lpwidgets.tree.node import End, Node

MAX_TOKENS = 2000
"""Tokens shown; what is beyond is counted in words."""

MAX_DEPTH = 24
"""Branches of branches shown."""

_GREY = "color:#777777"
_BAR = "#5b7fb5"
_WIDTH = 60


class _Page:
    """What is written so far, as far as there is room for it."""

    def __init__(self) -> None:
        self.room = MAX_TOKENS
        self.left_out = 0

    def spine(self, node: Node, depth: int) -> str:
        """Return a text to its end, with the branches that leave it."""
        parts = [self._text(node), *map(_end, node.ends)]
        while node.children:
            node, *branches = node.children
            body = "".join(self._branch(branch, depth) for branch in branches)
            parts += [body, self._text(node), *map(_end, node.ends)]
        return "".join(parts)

    def _branch(self, node: Node, depth: int) -> str:
        if depth == MAX_DEPTH or self.room <= 0:
            self.left_out += len(node)
            return ""
        summary = f"<summary>{_share(node)}</summary>"
        style = "margin-left:20px"
        body = self.spine(node, depth + 1)
        return f'<details open style="{style}">{summary}<div>{body}</div></details>'

    def _text(self, node: Node) -> str:
        run = node.run
        stop = min(run.stop, run.start + max(0, self.room))
        self.room -= stop - run.start
        self.left_out += run.stop - stop
        pieces, codes = run.columns.pieces, run.columns.token
        values = run.columns.logprob
        return "".join(
            _token(pieces[codes[k]], float(values[k])) for k in range(run.start, stop)
        )


def render(root: Node, said: str) -> str:
    """Return a tree as one HTML fragment; `said` stands above it."""
    page = _Page()
    body = page.spine(root, 0)
    rest = ""
    if page.left_out:
        rest = f'<div style="{_GREY}">{page.left_out:,} more tokens not shown</div>'
    head = f'<div style="{_GREY}">{html.escape(visible(said))}</div>'
    style = "white-space:pre-wrap;line-height:1.7"
    return f'<div>{head}<div style="{style}">{body}</div>{rest}</div>'


def _share(node: Node) -> str:
    """Return how likely a branch's first token was, as a bar and a number."""
    value = _probability(float(node.logprobs[0]))
    width = 0 if math.isnan(value) else round(_WIDTH * min(value, 1.0))
    style = f"display:inline-block;height:8px;width:{width}px;background-color:{_BAR}"
    number = percent(value)
    return f'<span style="{style}"></span> <span style="{_GREY}">{number}</span>'


def _end(end: End) -> str:
    name = html.escape(visible(end.name))
    return f' <span style="{_GREY};font-size:11px">[{name}: {end.meta.status}]</span>'


def _token(piece: bytes, logprob: float) -> str:
    text = html.escape(visible(display_text(piece))) or "∅"
    value = _probability(logprob)
    if math.isnan(value):
        return f'<span style="border-bottom:1px dotted #777777">{text}</span>'
    style = f"background-color:{color(1 - value)};color:#111111"
    return f'<span style="{style}" title="{percent(value)}">{text}</span>'


def _probability(logprob: float) -> float:
    return math.exp(min(logprob, LARGEST))
