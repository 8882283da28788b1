"""Regular expressions asked what `re` cannot tell: whether a text can still match.

A pattern becomes a graph of states (Thompson 1968) that is walked a character at a
time; of a text that ends inside a character that character is left open.
"""

from __future__ import annotations

import codecs
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    States = frozenset[int]

_MOST_REPEATS = 1000
_REMEMBERED = 4096
_PIECE = 64
"""Characters of a token, as far as a text is looked for that it goes on from."""

_TIMES = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")


class Pattern:
    """A regular expression for whole texts.

    Parameters
    ----------
    pattern
        As for `re.fullmatch`, without look-around, references and anchors.

    Raises
    ------
    InputError
        It is none, or has something that is not understood.
    """

    def __init__(self, pattern: str) -> None:
        try:
            re.compile(pattern)
        except (re.error, TypeError) as error:
            raise InputError(f"{pattern!r:.60} is no pattern: {error}") from None
        self._source = pattern
        self._at = 0
        self._tests: list[tuple[re.Pattern[str], int] | None] = []
        self._free: list[list[int]] = []
        self._end = self._state()
        self._start = self._either(self._end)
        if self._at < len(pattern):
            self._refuse()
        self._known: dict[str, States] = {}
        self._walk = lru_cache(maxsize=_REMEMBERED)(self._walked)

    def begins(self, data: bytes) -> bool:
        """Say whether a text that matches begins so."""
        return bool(self._walk(data)[0])

    def has(self, data: bytes) -> bool:
        """Say whether this matches."""
        states, whole = self._walk(data)
        return whole and self._end in states

    def goes_on(self, data: bytes) -> bool:
        """Say whether something longer can match."""
        states, _ = self._walk(data)
        return any(self._tests[state] is not None for state in states)

    def _walked(self, data: bytes) -> tuple[States, bool]:
        """Return the states after a text, and whether it ends between characters."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError:
            return frozenset(), False
        states = self._closure({self._start})
        begun = decoder.getstate()[0]
        states = self._after(text)
        if begun:
            states = self._then(states, _beginning(begun))
        return states, not begun

    def _after(self, text: str) -> States:
        """Return the states after a text, from those after what it begins with."""
        ends = range(len(text), max(len(text) - _PIECE, 0), -1)
        known = next((end for end in ends if text[:end] in self._known), 0)
        states = self._known[text[:known]] if known else self._closure({self._start})
        for char in text[known:]:
            states = self._then(states, char)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[text] = states
        return states

    def _then(self, states: States, some: str) -> States:
        """Return the states after one of some characters."""
        found = [one for state in states if (one := self._tests[state])]
        return self._closure({to for fits, to in found if fits.search(some)})

    def _closure(self, states: set[int]) -> States:
        waiting = list(states)
        while waiting:
            for free in self._free[waiting.pop()]:
                if free not in states:
                    states.add(free)
                    waiting.append(free)
        return frozenset(states)

    def _state(self, *free: int) -> int:
        self._tests.append(None)
        self._free.append(list(free))
        return len(self._tests) - 1

    # Each of these reads a part of the pattern and returns the state that begins it;
    # what follows the part is known already. A part is read again for each repetition.

    def _either(self, after: int) -> int:
        options = [self._sequence(after)]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence(after))
        return self._state(*options)

    def _sequence(self, after: int) -> int:
        parts: list[tuple[int, int, int | None]] = []
        while self._peek() not in {"", "|", ")"}:
            begin = self._at
            self._part(self._state())
            parts.append((begin, *self._times()))
        end = self._at
        for begin, least, most in reversed(parts):
            after = self._repeated(begin, least, most, after)
        self._at = end
        return after

    def _repeated(self, begin: int, least: int, most: int | None, after: int) -> int:
        if most is None:
            loop = self._state(after)
            self._free[loop].append(self._again(begin, loop))
            after = loop
        for _ in range((most or least) - least):
            after = self._state(after, self._again(begin, after))
        for _ in range(least):
            after = self._again(begin, after)
        return after

    def _again(self, begin: int, after: int) -> int:
        self._at = begin
        return self._part(after)

    def _times(self) -> tuple[int, int | None]:
        mark = self._peek()
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if mark in simple:
            self._at += 1
            times = simple[mark]
        elif found := _TIMES.match(self._source, self._at):
            self._at = found.end()
            least = int(found[1])
            most = int(found[3]) if found[3] else (None if found[2] else least)
            times = least, most
        else:
            return 1, 1
        if max(times[0], times[1] or 0) > _MOST_REPEATS or self._peek() in {
            "*",
            "+",
            "?",
        }:
            self._refuse()
        return times

    def _part(self, after: int) -> int:
        char = self._peek()
        if char == "(":
            self._at += 3 if self._source.startswith("(?:", self._at) else 1
            if self._peek() == "?":
                self._refuse()
            inside = self._either(after)
            self._at += 1
            return inside
        size = 1
        if char == "[":
            found = _CLASS.match(self._source, self._at)
            size = len(found[0]) if found else 1
        elif char == "\\":
            size = 2
            if self._source[self._at + 1] in "bBAZ123456789":
                self._refuse()
        elif char in "^$":
            self._refuse()
        one = re.compile(self._source[self._at : self._at + size], re.DOTALL)
        self._at += size
        state = self._state()
        self._tests[state] = (one, after)
        return state

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _refuse(self) -> None:
        rest = self._source[self._at : self._at + 12]
        msg = (
            f"this part of the pattern is not understood: {rest!r}\n"
            "anchors, look-around, references and lazy repeats are not; the whole text "
            "is matched anyway"
        )
        raise InputError(msg)


def _beginning(data: bytes) -> str:
    """Return all characters whose UTF-8 begins so, one after the other."""
    size = 2 + (data[0] >= 0xE0) + (data[0] >= 0xF0)  # noqa: PLR2004 — UTF-8's own
    point = data[0] & (0xFF >> (size + 1))
    for byte in data[1:]:
        point = point << 6 | byte & 0x3F
    missing = 6 * (size - len(data))
    first, last = point << missing, (point + 1 << missing) - 1
    least = (0x80, 0x800, 0x10000)[size - 2]
    points = range(max(first, least), min(last, sys.maxunicode) + 1)
    return "".join(map(chr, points))
