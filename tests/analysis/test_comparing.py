from __future__ import annotations

import dataclasses
import math
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import msgspec
import numpy as np
import pytest
from hypothesis import example, given

import lpwidgets as lp
from lpwidgets.analysis.aligning import common, shared
from lpwidgets.analysis.cutting import said
from lpwidgets.display.compare_html import as_html
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from lpwidgets.analysis.stretching import Fork
    from lpwidgets.wire.records import Token

WORDS = ["a", " b", " cat", " dog", "1", "\n", "é", "猫", "", "."]
words = st.lists(st.sampled_from(WORDS), max_size=12)
values = st.one_of(st.none(), st.floats(-20, 0))


@st.composite
def generations(draw: st.DrawFn) -> lp.Generation:
    """Return a text of few words, cut anywhere, in the middle of characters too."""
    data = "".join(draw(words)).encode() or b"a"
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=8))
    pieces = [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]
    tokens = [token(piece, draw(values)) for piece in pieces]
    forced = draw(st.booleans())
    return generation(*tokens, part=Part.FORCED if forced else Part.GENERATED)


def pieces(*texts: str | bytes, logprob: float = -1.0) -> lp.Generation:
    """Return a generation of these tokens, each as likely."""
    return generation(*(token(text, logprob) for text in texts))


@given(generations(), generations())
def test_stretches_cover_both_texts_and_all_tokens_once(
    a: lp.Generation, b: lp.Generation
) -> None:
    """In order and without a gap; what is called equal is equal."""
    found = lp.compare(a, b).stretches
    texts = said(a).text, said(b).text
    for one in found:
        left = texts[0][one.start : one.stop]
        right = texts[1][one.other_start : one.other_stop]
        assert (one.kind in {"equal", "end"}) == (left == right)
        assert (one.kind in {"deleted", "end"}) == (not right)
        assert (one.kind in {"inserted", "end"}) == (not left)
    for number, side in enumerate(("", "other_")):
        starts, stops, positions, sizes = (
            [getattr(one, side + name) for one in found]
            for name in ("start", "stop", "position", "tokens")
        )
        assert [*starts, len(texts[number])] == [0, *stops]
        assert [*positions, len((a, b)[number])] == [0, *np.cumsum(sizes)]


@given(generations(), generations())
def test_the_tokens_of_a_stretch_spell_its_bytes(
    a: lp.Generation, b: lp.Generation
) -> None:
    """No token is cut, on either side."""
    for one in lp.compare(a, b).stretches:
        tokens = a[one.position : one.position + one.tokens]
        spelled = b"".join(row.bytes for row in tokens)
        assert spelled == said(a).text[one.start : one.stop]
        others = b[one.other_position : one.other_position + one.other_tokens]
        spelled = b"".join(row.bytes for row in others)
        assert spelled == said(b).text[one.other_start : one.other_stop]


@given(generations(), generations())
def test_surprisal_adds_up_to_that_of_the_whole(
    a: lp.Generation, b: lp.Generation
) -> None:
    """Bits of the stretches are bits of the text; of forced tokens there are none."""
    found = lp.compare(a, b).stretches
    for gen, bits in (
        (a, [one.bits for one in found]),
        (b, [one.other_bits for one in found]),
    ):
        known = np.isfinite(gen.columns.logprob).all()
        if known and not math.isnan(gen.sequence_logprob):
            whole = -gen.sequence_logprob / math.log(2)
            assert np.nansum(bits) == pytest.approx(whole)
        if (gen.columns.part == Part.FORCED).all():
            assert np.isnan(bits).all()


@given(generations())
def test_a_text_compared_with_itself_is_equal_token_by_token(a: lp.Generation) -> None:
    """Nothing differs, so there is no fork."""
    found = lp.compare(a, a)
    assert {one.kind for one in found.stretches} <= {"equal", "end"}
    assert found.fork is None
    assert all(not one.divergence > 0 for one in found.stretches)


@given(st.lists(st.sampled_from(WORDS)), st.lists(st.sampled_from(WORDS)))
@example(["a", ".", "."], [".", "a", ".", "."])
def test_runs_are_the_same_bytes_in_order(a: list[str], b: list[str]) -> None:
    """Apart from each other, in both texts."""
    one, other = "".join(a).encode(), "".join(b).encode()
    runs = common(one, other, shared(one, other))
    for run in runs:
        same = one[run.start : run.start + run.size]
        assert same == other[run.other : run.other + run.size]
    assert all(x.start + x.size <= y.start for x, y in pairwise(runs))
    assert all(x.other + x.size <= y.other for x, y in pairwise(runs))


@given(st.text("abc", max_size=14), st.text("abc", max_size=14))
def test_no_common_subsequence_of_words_is_longer(a: str, b: str) -> None:
    """Words of one letter, between ends that differ."""
    one, other = (
        f"{end}{''.join(' ' + letter for letter in text)}{end}".encode()
        for end, text in (("1", a), ("2", b))
    )
    found = sum(run.size for run in common(one, other, 0))
    table = [[0] * (len(b) + 1)]
    for x in a:
        row = [0]
        for j, y in enumerate(b):
            row.append(table[-1][j] + 1 if x == y else max(row[-1], table[-1][j + 1]))
        table.append(row)
    assert found == 2 * table[-1][-1]


def test_a_long_text_is_compared_at_once() -> None:
    """2,000 tokens a text, whether they agree or not, in less than 0.3 s."""
    rng = np.random.default_rng(1)
    names = ["".join(word) for word in rng.choice(list("abcdefgh"), (900, 4))]
    texts = [
        pieces(*(f" {names[k]}" for k in rng.zipf(1.3, 2000) % 900)) for _ in range(2)
    ]
    changed = texts[0].columns.token.copy()
    changed[50:2000:100] = changed[:20]
    near = lp.Generation(
        dataclasses.replace(texts[0].columns, token=changed), texts[0].meta
    )
    for other in (near, texts[1]):
        seconds = []
        for _ in range(3):
            start = time.process_time()
            lp.compare(texts[0], other)
            seconds.append(time.process_time() - start)
        assert min(seconds) < 0.3


def test_an_insertion_moves_to_where_tokens_begin() -> None:
    """Where the same bytes can be inserted at several places."""
    a, b = pieces("x", " ไทย", "。"), pieces("x", " บก", " ไทย", "。")
    kinds = [one.kind for one in lp.compare(a, b).stretches]
    assert kinds == ["equal", "inserted", "equal", "equal"]


def test_tokenizers_may_differ() -> None:
    """Stretches begin and end where tokens of both do."""
    a, b = pieces("un", "believ", "able", " tale"), pieces("unbel", "ievable", " tale")
    found = [
        (one.kind, one.tokens, one.other_tokens) for one in lp.compare(a, b).stretches
    ]
    assert found == [("equal", 3, 2), ("equal", 1, 1)]


def test_words_that_agree_by_chance_are_not_called_equal() -> None:
    """A word is kept between shorter changes, not between long ones."""
    near = lp.compare(
        pieces("A", " cat", " sat", " on"), pieces("A", " dog", " sat", " up")
    )
    assert [one.kind for one in near.stretches] == [
        "equal",
        "replaced",
        "equal",
        "replaced",
    ]
    far = lp.compare(
        pieces("In", " the", " beginning", " was", " the", " word"),
        pieces("Nobody", " knows", " the", " trouble", " seen"),
    )
    assert [one.kind for one in far.stretches] == ["replaced"]


def _fork(comparison: lp.Comparison) -> Fork:
    assert comparison.fork
    return comparison.fork


def test_the_fork_is_the_first_byte_that_differs() -> None:
    """Even inside a token; the tokens that hold it are named."""
    a, b = pieces("In", " Paris", "."), pieces("In", " Par", "ma", ".")
    assert _fork(lp.compare(a, b))[1:5] == ("text", 6, 1, 2)
    shorter = lp.compare(pieces("In"), pieces("In", " Rome"))
    assert _fork(shorter)[1:5] == ("text", 2, None, 1)
    assert repr(shorter).startswith("<Comparison 2 texts · fork at byte 2: (end) | ' R")


def test_equal_texts_part_where_the_distributions_do() -> None:
    """By the Jensen-Shannon divergence of what both lists show, and of the rest."""
    a = generation(
        token("x", math.log(0.5), [("x", math.log(0.5)), ("y", math.log(0.5))]),
        token("z", -0.1),
    )
    b = generation(
        token("x", math.log(0.5), [("x", math.log(0.5)), ("w", math.log(0.5))]),
        token("z", -3.0),
    )
    found = lp.compare(a, b)
    first, second = (one.divergence for one in found.stretches)
    p, q = math.exp(-0.1), math.exp(-3.0)
    middle = (p + q) / 2
    by_hand = sum(
        (x * math.log2(x / m) + y * math.log2(y / m)) / 2
        for x, y, m in ((p, q, middle), (1 - p, 1 - q, 1 - middle))
    )
    assert first == 0.0
    assert second == pytest.approx(by_hand)
    assert _fork(found)[1:] == ("distribution", 1, 1, 1, second)


def test_prompts_and_special_tokens_are_no_text() -> None:
    """A prompt is compared with nothing; what ends a text stands by itself."""
    end = [token("</s>", -0.5)]
    a = _with_parts([token("Q: ", -9.0)], [token("Yes", -1.0)], end)
    b = _with_parts([token("Question: ", -9.0)], [token("Yes", -2.0)], [])
    yes, over = lp.compare(a, b).stretches
    assert (yes.kind, yes.position, yes.other_position) == ("equal", 1, 1)
    assert yes.delta == pytest.approx(1 / math.log(2) / 3)
    assert (over.kind, over.tokens, over.other_tokens) == ("end", 1, 0)
    assert over.bits == pytest.approx(0.5 / math.log(2))
    assert math.isnan(over.delta)


def _with_parts(
    prompt: list[Token], answer: list[Token], end: list[Token]
) -> lp.Generation:
    whole = generation(*prompt, *answer, *end)
    part = [Part.PROMPT] * len(prompt) + [Part.GENERATED] * len(answer)
    codes = np.array([*part, *[Part.SPECIAL] * len(end)], dtype=np.uint8)
    return lp.Generation(dataclasses.replace(whole.columns, part=codes), whole.meta)


def test_several_are_compared_with_the_first_each() -> None:
    """As arguments or lists; the frame has a row a stretch."""
    a, b, c = pieces("Hi", " you"), pieces("Hi", " all"), pieces("Hi", " you", "!")
    found = lp.compare(lp.Generations([a, b]), c, names=["x", "y", "z"])
    assert [fork.byte for fork in found.forks if fork] == [3, 6]
    assert found.fork == found.forks[0]
    frame = found.to_pandas()
    assert frame[["name", "kind", "text", "other_text"]].to_numpy().tolist() == [
        ["y", "equal", "Hi", "Hi"],
        ["y", "replaced", " you", " all"],
        ["z", "equal", "Hi", "Hi"],
        ["z", "equal", " you", " you"],
        ["z", "inserted", "", "!"],
    ]
    assert frame.delta.tolist() == pytest.approx([0, 0, 0, 0, math.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("given_", "names", "says"),
    [
        ([], None, "at least two generations, there is 0"),
        ([pieces("a")], None, "at least two generations, there is 1"),
        (
            [pieces("a"), generation(text="no values")],
            None,
            "generation 2 .* only text",
        ),
        ([pieces("a"), 3], None, "int"),
        ([pieces("a"), pieces("b")], ["x"], "2 texts are needed"),
        ([pieces("a"), pieces("b")], "xy", "2 texts are needed"),
        ([pieces("a"), pieces("b")], [1, 2], "2 texts are needed"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    given_: list[Any], names: Any, says: str
) -> None:
    """With the number of the one that is wrong."""
    with pytest.raises(InputError, match=says):
        lp.compare(*given_, names=names)


def test_names_say_what_differs() -> None:
    """The model, or the parameters; numbers where that does not tell."""
    replace = msgspec.structs.replace

    def of(model: str, **parameters: Any) -> lp.Generation:
        one = pieces("a")
        return lp.Generation(
            one.columns, replace(one.meta, model=model, parameters=parameters)
        )

    same = {"messages": [{"role": "user"}], "seed": 1}
    assert lp.compare(of("m"), of("n")).names == ("m", "n")
    hot = lp.compare(of("m", temperature=0.0, **same), of("m", temperature=1.5, **same))
    assert hot.names == ("temperature 0", "temperature 1.5")
    assert lp.compare(of("m"), of("m")).names == ("1", "2")
    long = lp.compare(of("m", prompt="p" * 99), of("m", prompt="q" * 99))
    assert long.names == ("1", "2")


def test_the_page_and_the_fallback_hold_the_same() -> None:
    """Texts are escaped, what differs is underlined, and long ones are cut aloud."""
    attack = "<script>alert(1)</script>"
    found = lp.compare(pieces("a", attack), pieces("a", " b"), names=["<b>", "2"])
    data, _ = found._repr_mimebundle_()
    assert data["text/plain"] == repr(found)
    assert "<script" not in data["text/html"]
    assert "&lt;b&gt;" in data["text/html"]
    assert data["text/html"].count("border-bottom") == 2
    widget = lp.CompareWidget(found)
    assert widget.pairs[0]["kinds"] == ["equal", "replaced"]
    assert widget.pairs[0]["fork"] == [1, 1]
    assert widget.pairs[0]["divergence"] == [0.0, None]
    long = pieces(*["ab "] * 2100)
    assert "100 more stretches not shown" in as_html(lp.compare(long, long))


def test_a_colour_is_the_difference_or_a_metric() -> None:
    """As for the tokens' own view."""
    found = lp.compare(pieces("a"), pieces("b"))
    assert lp.CompareWidget(found).color == "difference"
    assert lp.CompareWidget(found, color="entropy_low").color == "entropy_low"
    with pytest.raises(InputError, match="there are: probability"):
        lp.CompareWidget(found, color="certainty")


def test_unknown_values_stay_unknown() -> None:
    """One unknown token makes its stretch unknown, and no other."""
    a = generation(token("a", None), token(" b", -1.0))
    first, second = lp.compare(a, a).stretches
    assert math.isnan(first.bits)
    assert math.isnan(first.divergence)
    assert second.delta == 0.0


def test_raw_logits_break_nothing() -> None:
    """Some servers send values above 0."""
    a = generation(token("a", 12.0, [("a", 12.0), ("b", 9.0)]))
    (one,) = lp.compare(a, pieces("a", logprob=-2.0)).stretches
    assert 0 <= one.divergence <= 1


def test_candidates_of_one_text_count_together() -> None:
    """Two ids may spell the same."""
    quarter = math.log(0.25)
    twice = [("x", quarter, 1), ("x", quarter, 2)]
    a = generation(token("x", quarter, twice, 1))
    b = pieces("x", logprob=math.log(0.5))
    assert lp.compare(a, b).stretches[0].divergence == pytest.approx(0.0)
