"""Tokens as lines of text, for terminals and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.display.listing import rows
from lpwidgets.display.static_html import percent, visible
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpwidgets.generation import Generation

MAX_LINES = 40
"""Tokens shown of all generations; what is beyond is counted in words."""

_LEAST_LINES = 3
_WIDTH = 16


def render(generations: Sequence[Generation]) -> str:
    """Return each generation's line, below it its tokens with their alternatives."""
    room = max(_LEAST_LINES, MAX_LINES // max(1, len(generations)))
    return "\n".join(line for one in generations for line in _lines(one, room))


def _lines(generation: Generation, room: int) -> Iterator[str]:
    yield repr(generation)
    pieces = generation.columns.pieces
    for number, row in enumerate(rows(generation, room), 1):
        own = f"{_quoted(pieces[row.piece]):<{_WIDTH}}{percent(row.probability):>10}"
        others = [f"{_quoted(pieces[piece])} {percent(p)}" for piece, p in row.others]
        others += [f"+{row.rest} more"] if row.rest else []
        yield f"{number:>4}  {own}   {'  '.join(others)}".rstrip()
    left_out = len(generation) - room
    if left_out > 0:
        yield f"   …  {left_out:,} more tokens: to_pandas() has them all"


def _quoted(piece: bytes) -> str:
    """Return a token in quotes, on one line."""
    text = visible(display_text(piece)).replace("\n", "")
    return f"'{text}'"
