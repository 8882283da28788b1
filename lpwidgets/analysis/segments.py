r"""Text cut into graphemes, words, sentences and lines, on byte offsets.

Each cut is a partition: the pieces of a text are all of it, and a byte that is no
UTF-8 is a piece of its own. Words follow the default rules of Unicode Standard Annex
#29 where they need no dictionary: letters and marks, digits, the apostrophes, points
and commas between them; each Han, Hiragana or Thai grapheme stands alone. A sentence
ends after ``. ! ?`` and closing quotes before white space and no lower-case letter,
after their East Asian forms, and at an empty line.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.analysis.graphemes import graphemes
from lpwidgets.analysis.spans import Spans, lanes, stretches
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

# The classes of words, one a grapheme: a letter, 1 digit, k Katakana, _ connector,
# ' between letters, . between both, "," between digits, s space, n line end, o other.
_WORD = re.compile(r"(?:[ak1_]|(?<=a)['.](?=a)|(?<=1)[',.](?=1))+|s+|n|o", re.DOTALL)
_BETWEEN = {
    **dict.fromkeys("':\u00b7\u2018\u2019\u2027\uff07\uff1a", "'"),
    **dict.fromkeys(",;\u066c\uff0c\uff1b", ","),
    **dict.fromkeys(".\u2024\ufe52\uff0e", "."),
    **dict.fromkeys("\r\n\x0b\x0c\x85\u2028\u2029", "n"),
    "\t": "s",
}
_BY_CATEGORY = {"Nd": "1", "Pc": "_", "Zs": "s", "Nl": "a"}
_BY_NAME = re.compile("(?P<k>KATAKANA)|(?P<o>CJK|HIRAGANA|THAI|LAO|KHMER|MYANMAR)")


@lru_cache(maxsize=4096)
def _class(grapheme: str) -> str:
    first = grapheme[0]
    category = unicodedata.category(first)
    known = _BETWEEN.get(first) or _BY_CATEGORY.get(category)
    if known or category[0] not in "LM":
        return known or "o"
    match = _BY_NAME.match(unicodedata.name(first, ""))
    return str(match.lastgroup) if match else "a"


def words(text: str) -> list[int]:
    """Return where the words of a text and what stands between them begin, and its end.

    >>> words("It's 3.5 m")
    [0, 4, 5, 8, 9, 10]
    """
    starts = graphemes(text)
    classes = "".join(_class(text[a:b]) for a, b in pairwise(starts))
    classes = re.sub(r"(?<![a1])['.,]|['.,](?![a1])", "o", classes)
    found, at = [], 0
    while at < len(classes):
        match = _WORD.match(classes, at)
        found.append(starts[at])
        at = match.end() if match else at + 1
    return [*found, len(text)]


_QUOTES = r"""["'\u201d\u2019\u00bb\u300d\u300f\uff09)\]]*"""
_SENTENCE = re.compile(
    rf"[\u3002\uff01\uff1f\uff61]+{_QUOTES}\s*"
    rf"|[.!?\u2026]+{_QUOTES}(?:\s+(?![a-z\u00df-\u00ff\u0430-\u044f])|$)"
    r"|\s*\n\s*\n\s*"
)
_LINE = re.compile(r"\r\n|\r|\n")


def sentences(text: str) -> list[int]:
    """Return where the sentences of a text begin, and its end; see the module."""
    return _after(_SENTENCE, text)


def lines(text: str) -> list[int]:
    """Return where the lines of a text begin, and its end; a line has its line end."""
    return _after(_LINE, text)


def _after(pattern: re.Pattern[str], text: str) -> list[int]:
    ends = [match.end() for match in pattern.finditer(text)]
    return sorted({0, *ends, len(text)})


UNITS = {"grapheme": graphemes, "word": words, "sentence": sentences, "line": lines}


def text_of(data: bytes) -> str:
    """Return bytes as text, each that is no UTF-8 as a surrogate, as Python does."""
    return data.decode("utf-8", "surrogateescape")


def byte_offsets(text: str) -> NDArray[np.int64]:
    """Return the byte at which each character of `text_of` begins, and the end."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    sizes = 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000)  # noqa: PLR2004
    sizes[(codes >= 0xDC80) & (codes <= 0xDCFF)] = 1  # noqa: PLR2004
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])


def partition(data: bytes, unit: str) -> list[tuple[int, int]]:
    """Return the pieces of some bytes, (start, stop) each, that make up all of them.

    Raises
    ------
    InputError
        There is no such unit.
    """
    if str(unit) not in UNITS:
        msg = f"there is no unit {unit!r:.40}; there are: token, {', '.join(UNITS)}"
        raise InputError(msg)
    text = text_of(data)
    borders = byte_offsets(text)[UNITS[unit](text)].tolist() if text else []
    return list(pairwise(borders))


def by(
    generation: Generation, unit: str, part: str | None = None, number: int = 0
) -> Spans:
    """Return the pieces of a generation's text; see `Generation.by`.

    Raises
    ------
    InputError
        There is no such unit or part.
    """
    if unit == "token":
        return stretches(generation, _tokens(generation, part), number)
    return stretches(generation, _pieces(generation, unit, part), number)


def _tokens(generation: Generation, part: str | None) -> Iterator[tuple[int, int]]:
    columns = generation.columns
    lanes(generation, part)  # tells if there is no such part
    wanted = columns.part >= 0 if part is None else columns.part == Part[part.upper()]
    at = 0
    pieces = columns.pieces.as_bytes[columns.token]
    for piece, inside in zip(pieces, wanted.tolist(), strict=True):
        stop = at + len(piece)
        if inside and stop > at:
            yield at, stop
        at = stop


def _pieces(
    generation: Generation, unit: str, part: str | None
) -> Iterator[tuple[int, int]]:
    data = joined(generation)
    partition(b"", unit)
    for begin, end in lanes(generation, part):
        for start, stop in partition(data[begin:end], unit):
            piece = data[begin + start : begin + stop]
            if unit != "word" or any(c.isalnum() for c in text_of(piece)):
                yield begin + start, begin + stop


def joined(generation: Generation) -> bytes:
    """Return the joined bytes of all tokens."""
    columns = generation.columns
    return b"".join(columns.pieces.as_bytes[columns.token])


def find(
    generation: Generation,
    pattern: str | re.Pattern[str],
    group: int | str = 0,
    part: str | None = None,
    number: int = 0,
) -> Spans:
    """Return where a regular expression matches; see `Generation.find`.

    Raises
    ------
    InputError
        The pattern does not work, or has no such group, or there is no such part.
    """
    try:
        compiled = re.compile(pattern)
        found = list(_matches(generation, compiled, group, part))
    except (re.error, TypeError) as error:
        msg = f"this regular expression does not work: {error}: {pattern!r:.60}"
        raise InputError(msg) from None
    except IndexError:
        msg = f"{compiled.pattern!r:.60} has no group {group!r:.40}"
        raise InputError(msg) from None
    return stretches(generation, found, number)


def _matches(
    generation: Generation,
    pattern: re.Pattern[str],
    group: int | str,
    part: str | None,
) -> Iterator[tuple[int, int]]:
    data = joined(generation)
    for begin, end in lanes(generation, part):
        text = text_of(data[begin:end])
        offsets = byte_offsets(text)
        for match in pattern.finditer(text):
            start, stop = match.span(group)
            if 0 <= start < stop:
                yield begin + int(offsets[start]), begin + int(offsets[stop])
