"""An expression cut into words, and errors that point at one of them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD = re.compile(
    r"""\s+
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<path>\$(?:\.\w+|\[\d+\]|\['(?:[^'\\]|\\.)*'\]|\["(?:[^"\\]|\\.)*"\])*)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign><=|>=|==|!=|[-+*/<>~(),\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_ADVICE = {
    "=": "two equals signs compare: ==",
    "&": "write and",
    "|": "write or",
    "!": "write not, or != between two values",
    "'": "this quote is not closed",
    '"': "this quote is not closed",
    "−": "the minus of a keyboard is -",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_MOST = 400
"""Words in an expression: what recursion can walk, and more than anybody types."""

_SHOWN = 72
"""Characters of an expression in a message."""


class Word(NamedTuple):
    """A piece of an expression: its kind, and where it stands."""

    kind: str
    text: str
    start: int
    stop: int


def words(expression: str) -> list[Word]:
    """Return the words of an expression, and an empty one of kind ``end``.

    Raises
    ------
    InputError
        Something is no word, or there are too many.
    """
    found = list(_words(expression))
    if len(found) > _MOST:
        msg = f"an expression has at most {_MOST} words; this one has {len(found)}"
        raise wrong(msg, expression, found[_MOST])
    return [*found, Word("end", "", len(expression), len(expression))]


def _words(expression: str) -> Iterator[Word]:
    at = 0
    while at < len(expression):
        match = _WORD.match(expression, at)
        if match is None:
            sign = expression[at]
            said = _ADVICE.get(sign, "this is no part of an expression")
            raise wrong(f"{sign!r}: {said}", expression, Word("", sign, at, at + 1))
        if match.lastgroup:
            yield Word(match.lastgroup, match[0], match.start(), match.end())
        at = match.end()


def wrong(said: str, expression: str, word: Word) -> InputError:
    """Return the error of three lines whose last one points at the word."""
    begin = max(0, min(word.start - _SHOWN // 2, len(expression) - _SHOWN))
    shown = "".join(c if c.isprintable() else " " for c in expression)
    shown = shown[begin : begin + _SHOWN]
    size = max(1, min(word.stop, begin + _SHOWN) - word.start)
    caret = " " * (word.start - begin) + "^" * size
    return InputError(f"{said}\n  {shown}\n  {caret}")


def guess(name: str, known: Iterable[str]) -> str:
    """Return in words which known names are meant, all of them if none is close."""
    known = list(known)
    near = get_close_matches(name.lower(), known, 3, 0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {', '.join(known) or 'none'}"


def unquoted(text: str) -> str:
    """Return what a text in quotes says."""
    return re.sub(r"\\(.)", _escape, text[1:-1], flags=re.DOTALL)


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[0])
