"""Where an echoed prompt ends, however it is cut into tokens and pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets.wire.echo import Echo, Said
from lpwidgets.wire.question import Question
from lpwidgets.wire.records import Token

WORDS = st.text("aé😀 \n", min_size=1, max_size=3)


def question(prompt: Any = "a b", **parameters: Any) -> Question:
    """Ask with an echo, unless something else is given."""
    return Question(prompt=prompt, model="m", parameters=parameters or {"echo": True})


def tokens(*texts: str, first: float | None = None) -> list[Token]:
    """Make tokens that spell texts."""
    return [Token(text, -1.0 if i else first) for i, text in enumerate(texts)]


VALUED = tokens("a", " b", "c", first=-1.0)


@given(
    prompt=st.lists(WORDS, min_size=1, max_size=6),
    answer=st.lists(WORDS, max_size=6),
    cuts=st.sets(st.integers(0, 12)),
)
def test_a_spelled_prompt_ends_where_its_text_ends(
    prompt: list[str], answer: list[str], cuts: set[int]
) -> None:
    """Its tokens and text are counted exactly, whatever comes in one piece."""
    echo = Echo(question("".join(prompt)))
    said = [*prompt, *answer]
    listed = tokens(*said)
    count, text = 0, ""
    for start, end in pairwise(
        sorted({0, len(said), *(c for c in cuts if c < len(said))})
    ):
        found = echo.split(Said("".join(said[start:end]), listed[start:end]))
        count, text = count + found.tokens, text + found.text
    assert (count, text) == (len(prompt), "".join(prompt))


@pytest.mark.parametrize(
    ("asked", "said", "expected"),
    [
        # not asked: a first token without value is only that
        (question(seed=1), Said("a bc", tokens("a", " b", "c")), ("", 0)),
        # ignored: the answer begins as the prompt does
        (question(), Said("a", tokens("a", first=-1.0)), ("", 0)),
        # the text repeats it, the tokens do not
        (question(), Said("a bc", tokens("c", first=-1.0), (), 2, 3), ("a b", 0)),
        # no tokens at all
        (question(), Said("a bc"), ("a b", 0)),
        # a control token before, a space too many
        (question(), Said("a bc", tokens("<s>", " a", " b", "c")), ("a b", 3)),
        # a count that other tokens than those listed make up does not matter
        (question(), Said("a bc", tokens("a", " b", "c"), (), 9), ("a b", 2)),
        # texts that spell nothing: the count, then the offsets
        (question(), Said("a bc", tokens("?", "?", "c"), (), 2), ("a b", 2)),
        (question(), Said("a bc", tokens("?", "?", "c"), (0, 1, 3)), ("a b", 2)),
        (question(), Said("a bc", tokens("?", "?", "c"), (-1, -1, -1)), ("a b", 1)),
        # a chat: all tokens of prompt and answer are there
        (question([{}]), Said("a bc", VALUED, (), 2, 3), ("a b", 2)),
        (question([{}]), Said("c", tokens("c", first=-1.0), (), 2, 3), ("", 0)),
        # the last token of it
        (question(echo_last=1), Said(" bc", tokens(" b", "c", first=-1.0)), (" b", 1)),
        (question(echo_last=9), Said("a bc", VALUED, (), 2), ("a b", 2)),
        (question(echo_last=1), Said("c", tokens("c", first=-1.0)), ("", 0)),
        # nobody knows what was asked
        (None, Said("a bc", tokens("a", " b", "c"), (), 2), ("a b", 2)),
        (None, Said("a bc", tokens("a", " b", "c")), ("a", 1)),
        (None, Said("a bc", VALUED, (), 2, 3), ("a b", 2)),
        (None, Said("c", tokens("c", first=-1.0), (), 2, 3), ("", 0)),
    ],
)  # fmt: skip
def test_what_is_known_tells_the_prompt(
    asked: Question | None, said: Said, expected: tuple[str, int]
) -> None:
    """Nothing is taken for it that is not."""
    assert Echo(asked).split(said) == expected
