"""Spans: bytes decide, a token counts whole, and every cut is a partition."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.segments import UNITS, partition
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part
from tests.make_generation import generation, token

GEN = generation(
    token("It", -0.5),
    token("'s", -0.25),
    token(" a", -1.0),
    token(b" \xf0\x9f", -2.0),
    token(b"\x99\x82", -0.125),
    token(" caf", -3.0),
    token("é. W", -0.75),
    token("hy? ", -0.0625),
    token("3.5\n", None),
)


def test_words_and_the_tokens_that_spell_them() -> None:
    """A word is what has a letter or digit; a space before it is no cut."""
    words = GEN.by("word")
    assert words["text"].tolist() == ["It's", "a", "café", "Why", "3.5"]
    assert words["start"].tolist() == [0, 2, 5, 6, 8]
    assert words["stop"].tolist() == [2, 3, 7, 8, 9]
    assert words["n_tokens"].tolist() == [2, 1, 2, 2, 1]
    assert words["logprob"].tolist()[:4] == [-0.75, -1.0, -3.75, -0.8125]
    assert words["mean_logprob"].tolist()[2] == -1.875
    assert words["min_logprob"].tolist()[2] == -3.0
    assert words["probability"][0] == pytest.approx(math.exp(-0.75))
    assert math.isnan(words["logprob"][4])
    assert words["cuts"].tolist() == [False, False, True, True, False]


def test_a_grapheme_of_two_tokens() -> None:
    """Its bytes are in both, and both count."""
    smile = GEN.by("grapheme").query("text == '🙂'").iloc[0]
    assert (smile["start"], smile["stop"], smile["logprob"]) == (3, 5, -2.125)
    assert smile["byte_stop"] - smile["byte_start"] == 4


def test_a_match_inside_a_token_says_so() -> None:
    """The token counts whole, once."""
    (found,) = GEN.find(r"f(é)", group=1)
    assert (found.text, found.bytes, found.positions) == (
        "é",
        "é".encode(),
        range(6, 7),
    )
    assert (found.logprob, found.cuts) == (-0.75, True)
    digits = GEN.find(r"\d")
    assert [(span.text, span.start, span.cuts) for span in digits] == [
        ("3", 8, True),
        ("5", 8, True),
    ]


def test_half_a_character_is_found_as_its_bytes() -> None:
    """A text that ends inside one."""
    gen = generation(token("a", -1.0), token(b"\xf0\x9f", -2.0))
    assert gen.by("grapheme")["text"].tolist() == ["a", "\\xf0", "\\x9f"]
    (found,) = gen.find("[\udc80-\udcff]+")
    assert (found.bytes, found.logprob) == (b"\xf0\x9f", -2.0)


@pytest.mark.parametrize(
    ("unit", "text", "pieces"),
    [
        ("grapheme", "e\u0301👩\u200d👧🇨🇭🇩🇪", ["e\u0301", "👩\u200d👧", "🇨🇭", "🇩🇪"]),
        ("grapheme", "\r\n\u0915\u094d\u0937a", ["\r\n", "\u0915\u094d\u0937", "a"]),
        ("grapheme", "각\u1100\u1161👍🏽", ["각", "\u1100\u1161", "👍🏽"]),
        ("word", "don't 3,5.1x _a", ["don't", " ", "3,5.1x", " ", "_a"]),
        (
            "word",
            "end. 'q' 1. a",
            ["end", ".", " ", "'", "q", "'", " ", "1", ".", " ", "a"],
        ),
        ("word", "漢字カタ kana", ["漢", "字", "カタ", " ", "kana"]),
        (
            "sentence",
            "Hi there! It is 3.5. ok? No.",
            ["Hi there! ", "It is 3.5. ok? ", "No."],
        ),
        ("sentence", "好\u3002是\uff01a", ["好\u3002", "是\uff01", "a"]),
        (
            "sentence",
            'He said "no." Then\n\nnew',
            ['He said "no." ', "Then\n\n", "new"],
        ),
        ("line", "a\r\nb\n\nc\u2028d", ["a\r\n", "b\n", "\n", "c\u2028d"]),
    ],
)
def test_where_text_is_cut(unit: str, text: str, pieces: list[str]) -> None:
    """By hand, from Unicode's rules."""
    data = text.encode()
    assert [data[a:b].decode() for a, b in partition(data, unit)] == pieces


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_every_cut_is_a_partition(data: bytes) -> None:
    """Nothing is lost, doubled or empty, whatever the bytes."""
    for unit in UNITS:
        pieces = partition(data, unit)
        assert b"".join(data[a:b] for a, b in pieces) == data
        assert all(a < b for a, b in pieces)


@given(
    st.lists(st.tuples(st.binary(max_size=5), st.sampled_from([-0.5, -2.0, None]))),
    st.sampled_from(["grapheme", "sentence", "line", "token"]),
)
def test_spans_cover_the_bytes_and_their_tokens(
    tokens: list[tuple[bytes, float | None]], unit: str
) -> None:
    """However the text was cut into tokens, and whatever is unknown."""
    gen = generation(*(token(piece, value) for piece, value in tokens), text="")
    spans = gen.by(unit)
    data = b"".join(piece for piece, _ in tokens)
    borders = [0, *spans["byte_stop"]]
    assert spans["byte_start"].tolist() == borders[:-1]
    assert borders[-1] == len(data)
    ends = np.cumsum([0, *(len(piece) for piece, _ in tokens)])
    starts, stops = spans["start"].tolist(), spans["stop"].tolist()
    for row, first, after in zip(spans.itertuples(), starts, stops, strict=True):
        assert ends[first] <= row.byte_start < ends[first + 1]
        assert ends[after - 1] < row.byte_stop <= ends[after]
        values = [value for _, value in tokens[first:after]]
        total = math.nan if None in values else math.fsum(v or 0.0 for v in values)
        assert row.logprob == pytest.approx(total, nan_ok=True)


def test_uncertain_spans() -> None:
    """Runs of tokens, bridged over a gap, the short ones left out."""
    gen = generation(*(token(f" {i}", -float(i % 3)) for i in range(9)))
    found = gen.spans("logprob < -0.5")
    assert [(s.start, s.stop) for s in found] == [(1, 3), (4, 6), (7, 9)]
    assert found[0].text == " 1 2"
    assert found[0].logprob == -3.0
    assert len(gen.spans("logprob < -0.5", min_tokens=3)) == 0
    (bridged,) = gen.spans("logprob < -0.5", gap=1)
    assert (bridged.start, bridged.stop, bridged.logprob) == (1, 9, -9.0)
    assert found.to_pandas()["n_tokens"].tolist() == [2, 2, 2]
    assert found[1:].to_pandas()["start"].tolist() == [4, 7]
    assert "<table" in found._repr_html_()


def test_spans_do_not_cross_parts() -> None:
    """A prompt's last word and an answer's first are two words."""
    prompt = GEN[:1]
    columns = GEN.columns.take(np.array([0, 0]))
    columns.part[:] = [Part.PROMPT, Part.GENERATED]
    gen = lp.Generation(columns, prompt.meta)
    assert gen.by("word")["text"].tolist() == ["It", "It"]
    assert gen.by("word", part="generated")["start"].tolist() == [1]
    assert gen.by("token", part="prompt")["start"].tolist() == [0]
    assert gen.find("ItIt") == []


def test_several_generations_are_numbered() -> None:
    """In one frame."""
    both = lp.Generations([GEN[:2], GEN[:0], GEN[:2]])
    assert both.by("word")["generation"].tolist() == [0, 2]
    assert [span.generation for span in both.find("'s")] == [0, 2]


def test_words_add_up_to_what_their_tokens_say() -> None:
    """Where no token is shared, sums are those of the whole."""
    gen = generation(*(token(f" w{i}", -i / 7) for i in range(50)))
    assert gen.by("word")["logprob"].sum() == pytest.approx(gen.sequence_logprob)
    starts = gen.by("token")["byte_start"].tolist()
    assert all(a < b for a, b in pairwise(starts))


def test_mistakes_are_put_into_words() -> None:
    """Each names what there is."""
    with pytest.raises(InputError, match="there are: token, grapheme, word"):
        GEN.by("paragraph")
    with pytest.raises(InputError, match="there are: prompt, reasoning"):
        GEN.by("word", part="answer")
    with pytest.raises(InputError, match=r"does not work: .*unterminated"):
        GEN.find("(")
    with pytest.raises(InputError, match="has no group 3"):
        GEN.find("a", group=3)
    with pytest.raises(InputError, match="does not work"):
        GEN.find(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="min_tokens is a whole number from 1"):
        GEN.spans("logprob < 0", min_tokens=0)
    with pytest.raises(InputError, match="gap is a whole number from 0"):
        GEN.spans("logprob < 0", gap=-1)


def test_nothing_has_no_spans() -> None:
    """An empty frame has all columns."""
    assert list(GEN[:0].by("word")) == list(GEN.by("word"))
    assert GEN[:0].spans("logprob < 0") == []
    assert len(GEN[:0].by("line")) == 0
