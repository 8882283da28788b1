"""Tokens on lines of cells, as a terminal has them: wide characters take two."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.display.static_html import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.generation import Generation

_WIDE = {"W", "F"}
_UNSPACED = {"Mn", "Me", "Cf"}


class Piece(NamedTuple):
    """A token, or what of it is on one line; counted in lines and cells from 0."""

    token: int
    text: str
    line: int
    cell: int
    cells: int


def cells(text: str) -> int:
    """Return how many cells text takes.

    >>> cells("né"), cells("東京"), cells("")
    (2, 4, 0)
    """
    return sum(map(_cells_of, text))


def laid_out(generation: Generation, width: int) -> list[Piece]:
    """Return tokens on lines of at most `width` cells, broken between words."""
    pieces: list[Piece] = []
    line = cell = 0
    for word in _words(generation):
        needed = sum(cells(text.rstrip("\n")) for _, text in word)
        if cell and cell + needed > width >= needed:
            line, cell = line + 1, 0
        for token, text in word:
            for part in _parts(text, width, cell):
                if part.is_next:
                    line, cell = line + 1, 0
                pieces.append(Piece(token, part.text, line, cell, cells(part.text)))
                cell += pieces[-1].cells
            if text.endswith("\n"):
                line, cell = line + 1, 0
    return pieces


class _Run(NamedTuple):
    """Text on one line, and whether that is the next one."""

    text: str
    is_next: bool


def _parts(text: str, width: int, cell: int) -> Iterator[_Run]:
    """Yield text as it fits, from `cell` of a line on."""
    run, is_next, taken = "", False, cell
    for character in text.rstrip("\n"):
        needed = 0 if character == "\n" else _cells_of(character)
        if character == "\n" or (taken + needed > width and taken):
            if run:
                yield _Run(run, is_next)
            run, is_next, taken = "", True, 0
        if character != "\n":
            run += character
            taken += needed
    yield _Run(run, is_next)


def _words(generation: Generation) -> Iterator[list[tuple[int, str]]]:
    """Yield tokens with their texts; a new word starts with a space or after a line."""
    texts = [visible(text) or "∅" for text in generation.columns.pieces.as_text]
    word: list[tuple[int, str]] = []
    for token, piece in enumerate(generation.columns.token.tolist()):
        text = texts[piece]
        is_new = text[0].isspace() or (word and word[-1][1].endswith("\n"))
        if word and is_new:
            yield word
            word = []
        word.append((token, text))
    if word:
        yield word


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in _UNSPACED:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
