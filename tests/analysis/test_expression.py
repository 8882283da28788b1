"""Conditions: what they mean, what is unknown, and errors that point at the word."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis import metrics
from lpwidgets.analysis.expression import parse, unparse
from lpwidgets.analysis.filtering import filter_frame
from lpwidgets.analysis.selection import scope
from lpwidgets.columns import Columns
from lpwidgets.errors import InputError
from lpwidgets.meta import Meta
from lpwidgets.pieces import Pieces
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

GEN = generation(
    token("Hello", -0.1, [("Hello", -0.1, 3)], 3),
    token(" wor", -4.0, [(" all", -0.5, 7), (" wor", -4.0, 5)], 5),
    token("ld", -0.2),
    token(" 12", None),
    token("!", -3.0, [("!", -3.0)]),
    token(b"\xf0\x9f", -1.0),
)


def chosen(expression: str) -> list[int]:
    """Return the positions for which a condition is true."""
    positions: list[int] = GEN.where(expression).positions.tolist()
    return positions


@pytest.mark.parametrize(
    ("expression", "positions"),
    [
        ("logprob < -3", [1]),
        ("logprob <= -3 and part == 'generated'", [1, 4]),
        ("not logprob < -0.5", [0, 2]),
        ("logprob is unknown", [3]),
        ("logprob is not unknown and position > 2", [4, 5]),
        ("(logprob < -0.5) is unknown", [3]),
        ("logprob < -0.5 or logprob is unknown", [1, 3, 4, 5]),
        ("-1 <= logprob < -0.1", [2, 5]),
        ("1 < 2 < 1", []),
        ("abs(logprob) + 1 > 2 * 1.5", [1, 4]),
        ("-logprob > 1 - -1", [1, 4]),
        ("exp(logprob) < .05", [1, 4]),
        ("log(exp(logprob)) < -2", [1, 4]),
        ("max(logprob, -1) == -1 and min(position, 3, 2) == 2", [4, 5]),
        ("6 / 2 / 3 == 1 and position == 0", [0]),
        (r"token ~ '^ ?\d+$'", [3]),
        (r"token matches '\bw'", [1]),
        ("text in ['ld', 'wor', '']", [1, 2]),
        ("token_id in [3, 5]", [0, 1]),
        ("token_id not in [3]", [1]),
        ("position not in [0, 1, 2]", [3, 4, 5]),
        ("token == '!' or token != token", [4]),
        (r"token == '\xf0\x9f'", [5]),
        ("bytes ~ '^f0'", [5]),
        ("chosen == 1", [1]),
        ("rank is known", [0, 1, 4]),
        ("generation == 0 and (position)==1", [1]),
        ("surprisal >= 4.3 and probability < 0.05", [1, 4]),
        ("not not position < 2", [0, 1]),
        ("position < 1 or position < 2 and position > 4", [0]),
    ],
)
def test_what_a_condition_selects(expression: str, positions: list[int]) -> None:
    """By hand; an unknown value is neither below a limit nor not below it."""
    assert chosen(expression) == positions


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_is_a_name(name: str) -> None:
    """And its condition says the same as its array."""
    values = GEN.metric(name)
    middle = float(np.nanmean(values))
    assert chosen(f"{name} <= {middle!r}") == np.flatnonzero(values <= middle).tolist()
    assert chosen(f"{name} is unknown") == np.flatnonzero(np.isnan(values)).tolist()


@pytest.mark.parametrize(
    ("expression", "said", "word"),
    [
        ("logprop < -3", "did you mean logprob?", "logprop"),
        ("position < 1 and entropy > 2", "did you mean", "entropy"),
        ("logprob", "a number, no condition", "logprob"),
        ("part", "compare it, such as == 'x'", "part"),
        ("part == generated", "stands in quotes: 'generated'", "generated"),
        ("part < 3", "a text and a number", "part < 3"),
        ("token < 'b'", "texts are compared by ==", "<"),
        ("position < 2 and (logprob < 3", "is not closed", "("),
        ("logprob < 3)", "closes nothing", ")"),
        ("logprob = 3", "two equals signs", "="),
        ("logprob < 3 & position < 2", "write and", "&"),
        ("token == 'x", "quote is not closed", "'"),
        ("token ~ '('", "regular expression does not work", "'('"),
        ("token ~ 3", "regular expression in quotes", "3"),
        ("logprob ~ 'x'", "a number, where a text", "logprob"),
        ("position in 3", "a list stands after in", "3"),
        ("position in ['a']", "a text, where a number", "'a'"),
        ("position in [logprob]", "only numbers and texts", "logprob"),
        ("token not 'x'", "not stands before in", "not"),
        ("logprob is 3", "after is stands unknown", "3"),
        ("(logprob < 3) + 1 > 2", "where a number is needed", "(logprob < 3)"),
        ("(logprob < 3) < 1", "a condition is not compared", "<"),
        ("foo(3) < 2", "no function foo", "foo"),
        ("min(3) < 2", "two numbers or more", "min"),
        ("logprob < 1 2", "join two conditions", "2"),
        ("p($.a) > 1", "no function p", "p"),
        ("$.a > 1", "a path stands in p", "$.a"),
        ("1e999 < 2", "too large", "1e999"),
        ("position < 1\nand\tlogprop < 2", "did you mean logprob?", "logprop"),
        ("logprob < " + "(" * 60, "nested at most 40", "("),
        ("not " * 60 + "logprob < 2", "nested at most 40", "not"),
        ("1 + " * 300 + "1 < 2", "at most 400 words", "1"),
        (f"{'position < 9 and ' * 9}logprop < 1", "did you mean logprob?", "logprop"),
    ],
)
def test_an_error_points_at_the_word(expression: str, said: str, word: str) -> None:
    """Three short lines: what is wrong, the expression, a caret under the word."""
    with pytest.raises(InputError) as caught:
        GEN.where(expression)
    message, shown, carets = str(caught.value).split("\n")
    assert said in message
    start = carets.index("^")
    assert carets.strip() == "^" * len(word)
    assert shown[start : start + len(word)] == word
    assert len(shown) < 80


@pytest.mark.parametrize("expression", ["logprob < ", "not", "position in [1,", "min("])
def test_an_error_points_behind_the_end(expression: str) -> None:
    """Where something is missing there is no word."""
    with pytest.raises(InputError, match="the expression ends where") as caught:
        GEN.where(expression)
    assert str(caught.value).endswith("\n  " + " " * len(expression) + "^")


@pytest.mark.parametrize("nothing", ["", "  ", None, 3])
def test_no_expression_at_all(nothing: Any) -> None:
    """The message shows one."""
    with pytest.raises(InputError, match="such as 'logprob < -3'"):
        GEN.where(nothing)


def test_nothing_is_run() -> None:
    """Names of Python are names like others, and there are no attributes."""
    with pytest.raises(InputError, match="no function __import__"):
        GEN.where("__import__('os') == 0")
    with pytest.raises(InputError, match=r"'\.': this is no part of an"):
        GEN.where("token.__class__ == 'x'")


NUMBER = st.recursive(
    st.one_of(
        st.integers(-9, 9),
        st.floats(-5, 5).filter(lambda value: not value.is_integer()),
        st.sampled_from([["column", name] for name in ("logprob", "rank", "position")]),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/"), inner, inner).map(list),
        inner.filter(lambda tree: isinstance(tree, list)).map(
            lambda t: ["negative", t]
        ),
        inner.map(lambda tree: ["call", "abs", tree]),
        st.tuples(inner, inner).map(lambda pair: ["call", "max", *pair]),
    ),
    max_leaves=6,
)
TEXT = st.one_of(st.just(["column", "token"]), st.text(max_size=5))
TEST = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBER, NUMBER),
    st.tuples(st.sampled_from(["==", "!="]), TEXT, TEXT),
    st.tuples(st.just("unknown"), NUMBER),
    st.tuples(st.just("in"), TEXT, st.text(max_size=3), st.text(max_size=3)),
    st.tuples(st.just("matches"), TEXT, st.sampled_from([r"^\d", "l+", r"\\", "'\""])),
).map(list)
CONDITION: SearchStrategy[Any] = st.recursive(
    TEST,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner).map(list),
        inner.map(lambda tree: ["not", tree]),
        inner.map(lambda tree: ["unknown", tree]),
    ),
    max_leaves=5,
)


@given(CONDITION)
def test_a_tree_parses_back_from_its_text_and_its_json(tree: Any) -> None:
    """Both forms carry all of it."""
    parsed = parse(unparse(tree), scope())
    assert unparse(parsed.tree) == unparse(tree)
    assert json.loads(parsed.to_json()) == parsed.tree


@given(CONDITION)
def test_every_token_is_true_false_or_unknown(tree: Any) -> None:
    """A condition, its negation, and its being unknown share the tokens out."""
    text = unparse(tree)
    yes, no = GEN.where(text), GEN.where(f"not ({text})")
    unknown = GEN.where(f"({text}) is unknown")
    total = yes.mask.astype(int) + no.mask + unknown.mask
    assert (total == 1).all()
    assert (yes.unknown == unknown.mask).all()


def test_truth_with_an_unknown_side() -> None:
    """As in SQL: only what decides alone decides."""
    unknown = "(logprob < 0)"
    assert 3 in chosen(f"{unknown} or position == 3")
    assert 3 not in chosen(f"{unknown} and position == 3")
    assert 3 in chosen(f"not ({unknown} and position != 3)")
    assert 3 not in chosen(f"not ({unknown} or position != 3)")


def test_the_json_form_is_as_documented() -> None:
    """What a browser evaluates."""
    text = r"-1 < logprob <= 2 and not token ~ '^\d' or rank is known"
    assert json.loads(parse(text, scope()).to_json()) == [
        "or",
        [
            "and",
            [
                "and",
                ["<", -1, ["column", "logprob"]],
                ["<=", ["column", "logprob"], 2],
            ],
            ["not", ["matches", ["column", "token"], r"^\d"]],
        ],
        ["not", ["unknown", ["column", "rank"]]],
    ]
    assert parse(text, scope()).columns == ["logprob", "rank", "token"]


def test_a_selection_keeps_where_its_tokens_stand() -> None:
    """Rows, positions, context and frames agree."""
    found = GEN.where("logprob < -2")
    assert repr(found) == "<Selection 2 of 6 tokens · logprob < -2 · unknown for 1>"
    assert [row.token for row in found] == [" wor", "!"]
    assert (len(found), found.positions.tolist()) == (2, [1, 4])
    assert found.to_pandas()["token"].tolist() == [" wor", "!"]
    assert found.to_pandas(metrics=["surprisal"])["surprisal"].tolist() == [
        4 / math.log(2),
        3 / math.log(2),
    ]
    assert found.to_pandas("alternatives")["position"].tolist() == [1, 1, 4]
    around = found.context(1)
    assert around.to_numpy().tolist() == [
        [0, 1, "Hello", " wor", "ld", -4.0],
        [0, 4, " 12", "!", "\\xf0\\x9f", -3.0],
    ]


def test_several_generations_are_one_view() -> None:
    """Numbered from 0, in the order of frames."""
    both = lp.Generations([GEN, GEN[:2], GEN[:0]])
    found = both.where("logprob < -2 and generation < 2")
    assert found.numbers.tolist() == [0, 0, 1]
    assert found.positions.tolist() == [1, 4, 1]
    assert [row.token for row in found] == [" wor", "!", " wor"]
    assert [len(mask) for mask in found.masks] == [6, 2, 0]
    assert found.to_pandas()["generation"].tolist() == [0, 0, 1]
    spans = found.spans()
    assert [(span.generation, span.start) for span in spans] == [(0, 1), (0, 4), (1, 1)]


def test_nothing_to_select_from() -> None:
    """An empty answer is an empty view with all columns."""
    found = GEN[:0].where("logprob < 0")
    assert (len(found), list(found), len(found.context())) == (0, [], 0)
    assert list(found.to_pandas()) == list(GEN.to_pandas())
    assert len(lp.Generations([]).where("token == 'x'")) == 0


def test_a_selection_is_shown_escaped_and_marked() -> None:
    """A notebook shows the text with what was selected in spans."""
    gen = generation(token("<b>", -5.0), token(" ok", -0.1))
    shown = gen.where("logprob < -3")._repr_html_()
    assert "&lt;b&gt;</span> ok</div>" in shown
    assert shown.count("<span") == 1
    assert "<b>" not in shown


def test_a_frame_is_filtered_by_the_same_words() -> None:
    """Rows of a batch, with columns that a generation does not have."""
    frame = lp.Generations([GEN, GEN]).to_pandas().assign(prompt=["a"] * 6 + ["b"] * 6)
    some = filter_frame(frame, "logprob < -2 and prompt == 'b' and part != 'prompt'")
    assert some["position"].tolist() == [1, 4]
    assert filter_frame(frame, "logprob is unknown")["position"].tolist() == [3, 3]
    for text in ("logprob < -2", "not logprob < -2", r"token ~ 'l'"):
        same = filter_frame(GEN.to_pandas(), text)["position"].tolist()
        assert same == chosen(text)
    holes = pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "t": ["x", None]})
    assert filter_frame(holes, "n is unknown and t == ''").index.tolist() == [1]
    with pytest.raises(InputError, match="there is no bytes"):
        filter_frame(frame, "bytes == 'x'")


def large(tokens: int) -> lp.Generation:
    """Return a generation of many tokens, straight from arrays."""
    random = np.random.default_rng(0)
    pieces = [f" w{number}".encode() for number in range(1000)]
    sizes = np.cumsum([0, *map(len, pieces)]).astype(np.uint32)
    data = np.frombuffer(b"".join(pieces), dtype=np.uint8)
    whole = np.zeros(tokens, dtype=np.int32)
    columns = Columns(
        pieces=Pieces(data, sizes),
        token=random.integers(0, 1000, tokens).astype(np.int32),
        token_id=whole,
        logprob=-random.exponential(1.0, tokens),
        rank=whole,
        part=np.full(tokens, int(lp.Part.GENERATED), dtype=np.uint8),
        chosen=whole - 1,
        alternative_offsets=np.zeros(tokens + 1, dtype=np.uint32),
        alternative=np.zeros(0, dtype=np.int32),
        alternative_id=np.zeros(0, dtype=np.int32),
        alternative_logprob=np.zeros(0),
    )
    return lp.Generation(columns, Meta())


def test_a_hundred_thousand_tokens_through_every_door() -> None:
    """Long answers are answers."""
    gen = large(100_000)
    found = gen.where("logprob < -1")
    expected = int((gen.columns.logprob < -1).sum())
    assert len(found) == expected == len(found.to_pandas())
    assert sum(span.n_tokens for span in found.spans()) == expected
    assert gen.by("line")["logprob"].tolist() == [pytest.approx(gen.sequence_logprob)]
    assert len(gen.fields()) == 0
    assert len(gen.find("w7$")) == (gen.columns.token[-1] == 7)
    assert gen.check("tokens == 100000 and p($.a) is unknown")
    assert "98,000 more tokens not shown" in found._repr_html_()


def test_a_million_tokens_take_well_under_a_second() -> None:
    """A text is looked at once, however many tokens have it."""
    gen = large(1_000_000)
    begin = time.perf_counter()
    found = gen.where(r"logprob < -3 and part == 'generated' and token ~ '7$'")
    seconds = time.perf_counter() - begin
    expected = (gen.columns.logprob < -3) & (gen.columns.token % 10 == 7)
    assert (found.mask == expected).all()
    assert seconds < 1
