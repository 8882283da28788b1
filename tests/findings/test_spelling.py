"""Tokens that spell the text, or not, and why."""

from __future__ import annotations

import msgspec
import pytest

from tests.findings.support import LOST, only
from tests.make_generation import generation, token


def test_tokens_that_do_not_spell_the_text_are_told_with_the_place() -> None:
    """Both are kept, and the difference is shown."""
    made = generation(token("Hello", -1.0), token(" you", -1.5), text="Hello, you!")
    assert made.text == "Hello, you!"
    assert only(made).text.endswith("from byte 5 on")
    assert "'Hello you'" in only(made).detail
    assert "'Hello, you!'" in only(made).detail


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([" Hello", " you\n"], "Hello you"),
        (["Hello", " you"], " Hello you\n"),
        (["Hello", "<|x|>", " you", "</s>"], "Hello you"),
        (["Hello", " you.\n"], "Hello you"),  # the end of a token was trimmed
        (["caf", "é"], "café"),
        (["Ġ", " is a letter"], "Ġ is a letter"),
    ],
)
def test_trimmed_space_and_special_tokens_are_no_difference(
    pieces: list[str], text: str
) -> None:
    """Servers tidy the text, not the tokens."""
    tokens = [token(piece, -1.0 - i) for i, piece in enumerate(pieces)]
    assert not generation(*tokens, text=text).findings


def test_a_stop_text_that_is_trimmed_is_no_difference() -> None:
    """Its tokens came, its text did not."""
    tokens = [token(piece, -n) for n, piece in enumerate(["One", " two\n", "\nQ:"], 1)]
    trimmed = generation(*tokens, text="One two")
    meta = msgspec.structs.replace(trimmed.meta, parameters={"stop": ["\n\nQ:"]})
    assert not type(trimmed)(trimmed.columns, meta, trimmed.texts).findings


@pytest.mark.parametrize(
    ("pieces", "text", "pair"),
    [
        (["Hello", "Ġthere", "Ċ", "Ġ!"], "Hello there\n !", "'Ġthere' stands for"),
        (["è¿Ļ", "æĺ¯"], "这是", "'è¿Ļ' stands for '这'"),
        (["▁Hello", "▁you", "<0x0A>", "x"], "Hello you\nx", "'▁Hello' stands for"),
    ],
)
def test_raw_vocabulary_strings_are_told_and_read(
    pieces: list[str], text: str, pair: str
) -> None:
    """Only where so read they spell the text exactly."""
    tokens = [token(piece, -1.0 - i) for i, piece in enumerate(pieces)]
    found = only(generation(*tokens, text=text))
    assert "raw vocabulary strings" in found.text
    assert pair in found.text
    other = only(generation(*tokens, text=text + "and more"))
    assert "do not spell the text" in other.text


def test_lost_bytes_are_told() -> None:
    """U+FFFD where the text has a whole character."""
    pieces: list[str | bytes] = ["Hi ", LOST, LOST]
    tokens = [token(piece, -1.0 - i) for i, piece in enumerate(pieces)]
    assert only(generation(*tokens, text="Hi 😊")).text == (
        "2 tokens have lost bytes: U+FFFD came where the text has whole characters"
    )
    assert "do not spell" in only(generation(*tokens, text="Hi you 😊")).text
    assert not generation(*tokens, text="Hi \ufffd\ufffd").findings
