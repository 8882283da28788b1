"""Twenty JSON answers that are hard to read, with what is right written by hand.

A document is given token by token; token i has the log probability −(i + 1) / 8 nats,
so that a sum tells which tokens are in it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lpwidgets.generation import Generation

Pieces = list[bytes]


def answer_of(pieces: Sequence[bytes], logprobs: Sequence[float]) -> Generation:
    """Return the answer that these tokens spell."""
    pairs = zip(pieces, logprobs, strict=True)
    return generation(*(token(p, lp, [(p, lp)]) for p, lp in pairs))


class Value(NamedTuple):
    """A value that is there, and the tokens ``start`` to ``stop`` that spell it."""

    path: str
    value: Any
    start: int
    stop: int

    @property
    def logprob(self) -> float:
        """The sum over its tokens, nats."""
        return -sum(range(self.start + 1, self.stop + 1)) / 8

    @property
    def without_last(self) -> float:
        """The same without the token that holds its last byte."""
        return -sum(range(self.start + 1, self.stop)) / 8


class Case(NamedTuple):
    """A document and its values."""

    name: str
    pieces: Pieces
    values: list[Value]

    @property
    def answer(self) -> Generation:
        """The document as an answer."""
        return answer_of(self.pieces, [-(i + 1) / 8 for i in range(len(self.pieces))])

    def is_right(self, frame: pd.DataFrame) -> bool:
        """Whether a frame of fields has exactly the values, with their tokens."""
        columns = [frame[name] for name in ("path", "value", "start", "stop")]
        found = [Value(*row) for row in zip(*columns, strict=True)]
        sums = zip(frame["logprob"], self.values, strict=False)
        return repr(found) == repr(self.values) and all(
            math.isclose(got, value.logprob) for got, value in sums
        )

    def accepts(self, logprobs: list[Any]) -> bool:
        """Whether sums in the order of the values are right, the last token or not.

        An empty array or object needs none.
        """
        values = [one for one in self.values if one.value not in ([], {})]
        return len(logprobs) == len(values) and all(
            isinstance(got, float | int)
            and any(math.isclose(got, x) for x in (value.logprob, value.without_last))
            for got, value in zip(logprobs, values, strict=True)
        )


def case(name: str, pieces: str | Pieces, *values: tuple[str, Any, int, int]) -> Case:
    """Return a case; the tokens of a text are separated by ``|``."""
    if isinstance(pieces, str):
        pieces = [piece.encode() for piece in pieces.split("|")]
    return Case(name, pieces, [Value(*value) for value in values])


_SMILE = [b"\xf0\x9f", b"\x99\x82"]

NASTY = [
    case(
        "split emoji before a field",
        [b'{"', b"a", b'":', b' "', *_SMILE, b'",', b' "', b"n", b'":', b" 7", b"}"],
        ("$.a", "🙂", 3, 7),
        ("$.n", 7, 10, 11),
    ),
    case("scalar at the top", '"|yes|"', ("$", "yes", 0, 3)),
    case("true at the top", "true", ("$", True, 0, 1)),
    case(
        "a fence",
        '```|json|\n|{|"a":| |1|}|\n|```',
        ("$.a", 1, 6, 7),
    ),
    case(
        "prose with braces before",
        'Sure| {so}|: |{|"a"|: |1.5|}|. Done| [1].',
        ("$.a", 1.5, 6, 7),
    ),
    case(
        "reasoning before, with a draft",
        '<think>|{"a"|: 1, "b"|: 22222222}|</think>|\n|{"a"|: |2|}',
        ("$.a", 2, 8, 9),
    ),
    case(
        "a string cut off",
        '{"|a|":| "|New| Yo',
        ("$.a", "New Yo", 3, 6),
    ),
    case(
        "cut off inside an escape",
        '{"a"|: |"x|\\u|00',
        ("$.a", "x", 2, 5),
    ),
    case(
        "cut off inside a character",
        [b'{"a"', b": ", b'"', b"\xf0\x9f"],
        ("$.a", "\\xf0\\x9f", 2, 4),
    ),
    case(
        "a key that comes twice",
        '{"a"|: |1|, |"a"|: |2|}',
        ("$.a", 1, 2, 3),
        ("$.a", 2, 6, 7),
    ),
    case(
        "escapes",
        '{"a"|: |"|\\u00|e9|\\n|\\ud83d|\\ude42|\\"|"|}',
        ("$.a", 'é\n🙂"', 2, 10),
    ),
    case(
        "escapes and quotes in a key",
        '{"|x y|\\"|}|": |0|}',
        ("$['x y\"}']", 0, 5, 6),
    ),
    case(
        "nested arrays",
        "[[|1|,[|2|,|3|]]|,[]|,{}|]",
        ("$[0][0]", 1, 1, 2),
        ("$[0][1][0]", 2, 3, 4),
        ("$[0][1][1]", 3, 5, 6),
        ("$[1]", [], 7, 8),
        ("$[2]", {}, 8, 9),
    ),
    case(
        "numbers with exponents",
        '{"a"|: |-|1|.5|e|+|10|,"b":|2|E|-3|}',
        ("$.a", -15000000000.0, 2, 8),
        ("$.b", 0.002, 9, 12),
    ),
    case(
        "a token that holds the end of two",
        '[{"a": |1},2|]',
        ("$[0].a", 1, 1, 2),
        ("$[1]", 2, 1, 2),
    ),
    case(
        "commas too many",
        '{"a"|: |[1|,2|,]|, |}',
        ("$.a[0]", 1, 2, 3),
        ("$.a[1]", 2, 3, 4),
    ),
    case(
        "a line end inside a string",
        '{"a"|: |"x|\n|y"|}',
        ("$.a", "x\ny", 2, 5),
    ),
    case(
        "a fence inside a string",
        '{"a"|: |"|```|json|\n{}|\n```|"|, "b"|: |null|}',
        ("$.a", "```json\n{}\n```", 2, 8),
        ("$.b", None, 10, 11),
    ),
    case(
        "letters beyond ASCII in a key",
        [b'{"', b"gr", b"\xc3", b"\xb6\xc3\x9f", b'e": ', b"172", b"}"],
        ("$.größe", 172, 5, 6),
    ),
    case(
        "objects in arrays, cut off",
        '{"rows"|: [|{"x"|: |1|}|, {"x"|: |fal',
        ("$.rows[0].x", 1, 4, 5),
        ("$.rows[1].x", None, 8, 9),
    ),
]
