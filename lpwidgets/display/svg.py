"""Coloured tokens as a drawing for a paper: SVG that needs no script, style or font.

Text stands in cells of one width, two for wide characters; every run of text is fitted
to its cells, so that another font moves nothing.
"""

from __future__ import annotations

import math
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.display.cells import Piece, laid_out
from lpwidgets.display.palette import INK, LIGHT, color
from lpwidgets.display.scale import Scale, scale_of
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

MAX_TOKENS = 5_000
"""Tokens drawn a generation; what is beyond is counted in words."""

_SIZE = 14.0
_CELL = 0.6 * _SIZE
_LINE = 22.0
_MARGIN = 12.0
_STRIP = 48.0
_NARROWEST = 20
_GREY = "#6b6b6b"
_FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"


class _Part(NamedTuple):
    """Elements below each other, and how high they are."""

    elements: list[str]
    height: float


def render(
    generations: Sequence[Generation],
    metric: str = "probability",
    width: int = 80,
    strip: str = "surprisal",
) -> str:
    """Return generations as an SVG document, one below the other.

    The rest is as for `lpwidgets.Generation.to_svg`.

    Raises
    ------
    InputError
        There is no metric of that name, or the lines are too short.
    """
    _check(width)
    scale = scale_of(metrics.get(metric), generations)
    parts = []
    for generation in generations:
        if strip and len(generation):
            parts.append(_strip(generation, strip, width))
        parts.append(_text(generation, scale, width))
    parts.append(_legend(scale, width))
    tops = accumulate((part.height for part in parts), initial=_MARGIN)
    body = "\n".join(
        f'<g transform="translate({_MARGIN:g} {top:g})">\n{_joined(part)}\n</g>'
        for top, part in zip(tops, parts, strict=False)
    )
    wide = width * _CELL + 2 * _MARGIN
    high = sum(part.height for part in parts) + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="{_FONT}" font-size="{_SIZE:g}" '
        f'fill="{INK[LIGHT]}">\n<title>tokens by {escape(scale.label)}</title>\n'
        f'<rect width="100%" height="100%" fill="{LIGHT[0]}"/>\n{body}\n</svg>\n'
    )


def _check(width: Any) -> None:
    if type(width) is not int or width < _NARROWEST:
        msg = f"width is the number of characters a line, {_NARROWEST} or more"
        raise InputError(f"{msg}, not {width!r:.40}")


def _joined(part: _Part) -> str:
    return "\n".join(part.elements)


def _text(generation: Generation, scale: Scale, width: int) -> _Part:
    shown = generation[:MAX_TOKENS]
    values = shown.metric(scale.name)
    pieces = laid_out(shown, width)
    lines = 1 + max((piece.line for piece in pieces), default=0)
    elements = [_token(piece, scale, float(values[piece.token])) for piece in pieces]
    rest = len(generation) - len(shown)
    if rest:
        more = f"{rest:,} more tokens not shown"
        elements.append(_said(more, 0.0, lines * _LINE + 0.7 * _LINE))
        lines += 1
    return _Part(elements, lines * _LINE + _MARGIN)


def _token(piece: Piece, scale: Scale, value: float) -> str:
    """Return a token, or its part on a line; an unknown value is a dotted line."""
    x, y = piece.cell * _CELL, piece.line * _LINE
    wide = max(piece.cells, 0.2) * _CELL
    share = scale.share(value)
    ground = (
        f'<path d="M{x:g} {y + _LINE - 3:g}h{wide:g}" stroke="{_GREY}" '
        'stroke-dasharray="1 2"/>'
        if math.isnan(share)
        else f'<rect x="{x:g}" y="{y + 1:g}" width="{wide:g}" height="{_LINE - 2:g}" '
        f'fill="{color(share)}"/>'
    )
    if not piece.cells or piece.text.isspace():
        return ground
    fitted = f'textLength="{wide:g}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'{ground}<text x="{x:g}" y="{y + 0.7 * _LINE:g}" {fitted} '
        f'xml:space="preserve">{escape(piece.text)}</text>'
    )


def _strip(generation: Generation, name: str, width: int) -> _Part:
    """Return bars over the text's length; where there are too many, the highest."""
    scale = scale_of(metrics.get(name), [generation])
    values = generation.metric(name)
    count = min(len(values), 2 * width)
    known = np.where(np.isfinite(values), values, -np.inf)
    starts = np.arange(count) * len(values) // count
    highest = np.maximum.reduceat(known, starts)
    across = width * _CELL / count
    path = "".join(_bars(highest, scale, across))
    label = f"{scale.label}, {scale.low:g} to {scale.written(scale.high)}"
    return _Part(
        [
            _said(label, 0.0, 0.8 * _SIZE),
            f'<path d="{path}" fill="{_GREY}"/>',
            f'<path d="M0 {_STRIP:g}h{width * _CELL:g}" stroke="{_GREY}"/>',
        ],
        _STRIP + _MARGIN,
    )


def _bars(values: NDArray[np.float64], scale: Scale, across: float) -> Iterator[str]:
    room = _STRIP - 1.2 * _SIZE
    for k, value in enumerate(values.tolist()):
        part = (value - scale.low) / (scale.high - scale.low)
        high = room * min(max(part, 0.0), 1.0)
        if high:
            wide = max(across - 1.0, 0.6 * across)
            yield f"M{k * across:.2f} {_STRIP:g}v{-high:.2f}h{wide:.2f}v{high:.2f}z"


def _legend(scale: Scale, width: int) -> _Part:
    stops = "".join(
        f'<stop offset="{k / (len(LIGHT) - 1):g}" stop-color="{stop}"/>'
        for k, stop in enumerate(LIGHT)
    )
    ends = [scale.written(one) for one in (scale.certain, scale.uncertain)]
    start = (len(scale.label) + 2 + len(ends[0]) + 1) * _CELL
    wide = min(160.0, max(width * _CELL - start - (len(ends[1]) + 1) * _CELL, 40.0))
    bar = (
        f'<rect x="{start:g}" y="2" width="{wide:g}" height="{_SIZE:g}" '
        f'fill="url(#scale)" stroke="{_GREY}" stroke-width="0.5"/>'
    )
    return _Part(
        [
            f'<defs><linearGradient id="scale">{stops}</linearGradient></defs>',
            _said(f"{scale.label}  {ends[0]}", 0.0, _SIZE),
            bar,
            _said(ends[1], start + wide + _CELL, _SIZE),
        ],
        _LINE,
    )


def _said(text: str, x: float, y: float) -> str:
    """Return words of the drawing's own, fitted like the tokens."""
    wide = len(text) * _CELL
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{_GREY}" textLength="{wide:g}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(text)}</text>'
    )
