"""`Generation` and its builder: what servers send becomes canonical and stays exact."""

from __future__ import annotations

import math
import pickle

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.errors import InputError, WireError
from lpwidgets.meta import Status
from lpwidgets.wire.records import Candidate, Delta, Done, Part, Token
from tests.make_generation import META, candidate, generation, token

HELLO = generation(
    token("Hello", -0.1, [("Hello", -0.1, 7), ("Hi", -2.5, 8)], 7),
    token(" there", -1.6, [(" you", -0.4, 3), (" there", -1.6, 4)], 4),
    token("!", -0.01),
)


def test_a_token_reads_as_what_the_server_sent() -> None:
    """Position, text, bytes, id, value, rank, part and alternatives."""
    row = HELLO[1]
    assert row[:7] == (1, " there", b" there", 4, -1.6, 2, Part.GENERATED)
    assert row.alternatives == (
        (" you", b" you", 3, -0.4),
        (" there", b" there", 4, -1.6),
    )


def test_scores_are_what_their_names_say() -> None:
    """The sum, the mean, and exp of minus the mean."""
    assert HELLO.sequence_logprob == pytest.approx(-1.71)
    assert HELLO.mean_logprob == pytest.approx(-0.57)
    assert HELLO.perplexity == pytest.approx(math.exp(0.57))


@pytest.mark.parametrize("sentinel", [None, -9999.0, -3.4028234663852886e38, math.inf])
def test_placeholders_are_unknown_and_never_numbers(sentinel: float | None) -> None:
    """A score over an unknown value is unknown too."""
    gen = generation(
        token("a", -1.0), token("b", sentinel, [("c", -0.5), ("b", sentinel)])
    )
    assert math.isnan(gen[1].logprob)
    assert gen[1].rank == 0
    assert math.isnan(gen.perplexity)
    assert gen.findings[0].text.startswith("1 of 2 log probabilities are ")


def test_a_list_is_sorted_and_the_sampled_token_found_in_it() -> None:
    """A server that puts the sampled token first still gets the right rank."""
    row = generation(token("b", -1.0, [("b", -1.0), ("a", -0.5), ("c", -2.0)]))[0]
    assert [a.token for a in row.alternatives] == ["a", "b", "c"]
    assert row.rank == 2


def test_a_sampled_token_below_the_list_has_no_rank() -> None:
    """Sampled first, then the likeliest ones without it: its rank is not told."""
    row = generation(token("z", -7.0, [("z", -7.0), ("a", -0.5), ("b", -2.0)]))[0]
    assert row.rank == 0


def test_a_sampled_token_that_its_list_lacks_is_added() -> None:
    """Without a rank, and marked as the chosen one."""
    gen = generation(
        token("z", -7.0, [("a", -0.5), ("b", -2.0)]), token("a", -0.5, [("a", -0.5)])
    )
    assert [a.token for a in gen[0].alternatives] == ["a", "b", "z"]
    assert gen.columns.chosen.tolist() == [2, 0]
    assert gen.columns.rank.tolist() == [0, 1]


def test_alternatives_of_one_text_are_told_apart_by_id() -> None:
    """Two ids may decode to the same text; equal values tell nothing either."""
    row = [("a", -1.0, 5), ("a", -1.0, 6)]
    gen = generation(token("a", -1.0, row, 6))
    assert gen.columns.chosen.tolist() == [1]
    assert gen[0].rank == 2


def test_without_ids_the_value_decides_between_equal_texts() -> None:
    """The closest value wins."""
    gen = generation(token("a", -2.0, [("a", -1.0), ("a", -2.0)]))
    assert gen.columns.chosen.tolist() == [1]


def test_bytes_are_kept_when_they_are_no_text() -> None:
    """Half a character shows its bytes; two halves make the text."""
    gen = generation(token(b"\xf0\x9f", -1.0), token(b"\x98\x80", -1.0), text="😀")
    assert [row.bytes for row in gen] == [b"\xf0\x9f", b"\x98\x80"]
    assert gen[0].token == "\\xf0\\x9f"
    assert gen.text == "😀"
    assert gen[:].text == "😀"


def test_a_candidate_without_bytes_means_its_text() -> None:
    """And bytes outside 0 to 255 are ignored rather than fatal."""
    odd = Token(
        "é", -1.0, None, -1, [Candidate("é", -1.0, None), Candidate("e", -2.0, (999,))]
    )
    gen = generation(odd, text="é")
    assert gen[0].bytes == "é".encode()
    assert gen[0].rank == 1
    assert gen[0].alternatives[1].bytes == b"e"


def test_slices_keep_tokens_with_their_alternatives() -> None:
    """In any order, with any step, down to nothing."""
    assert [row.token for row in HELLO[::-1]] == ["!", " there", "Hello"]
    assert HELLO[1:][0].alternatives == HELLO[1].alternatives
    assert HELLO[1:].text == " there!"
    assert len(HELLO[3:]) == 0
    assert HELLO[-1].token == "!"
    with pytest.raises(IndexError):
        HELLO[3]


def test_equality_is_about_what_was_said() -> None:
    """Not about how long it took; unknown equals unknown."""

    def made(logprob: float | None, status: str = "stop") -> lp.Generation:
        return generation(token("a", logprob), finish_reason=status)

    later = msgspec.structs.replace(made(-1.0).meta, seconds=9.0)
    assert made(-1.0) == lp.Generation(made(-1.0).columns, later, made(-1.0).texts)
    assert made(None) == made(None)
    assert made(-1.0) != made(-1.5)
    assert made(-1.0) != made(-1.0, "length")
    assert made(-1.0) != "a"


def test_a_slice_equals_the_same_tokens_built_alone() -> None:
    """The vocabulary behind them may differ."""
    alone = generation(
        token(" there", -1.6, [(" you", -0.4, 3), (" there", -1.6, 4)], 4)
    )
    assert HELLO[1:2] == lp.Generation(alone.columns, alone.meta)


def test_it_is_a_value() -> None:
    """Frozen arrays, one line of repr, and a pickle that equals it."""
    assert (
        repr(HELLO)
        == "<Generation 3 tokens · 'Hello there!' · complete · perplexity 1.77>"
    )
    with pytest.raises(ValueError, match="read-only"):
        HELLO.columns.logprob[0] = 0.0
    assert pickle.loads(pickle.dumps(HELLO)) == HELLO  # noqa: S301


def test_snapshots_grow_without_changing_earlier_ones() -> None:
    """And without copying: they are views of one buffer while it has room."""
    builder = AnswerBuilder(META)
    seen = []
    for i in range(200):
        builder.add(Delta(0, text="x", tokens=[token(f"t{i}", -0.5, [("x", -0.5)])]))
        seen.append(builder.snapshot()[0])
    assert [len(gen) for gen in seen] == list(range(1, 201))
    assert [row.token for row in seen[2]] == ["t0", "t1", "t2"]
    assert seen[150].columns.logprob.base is seen[160].columns.logprob.base
    assert seen[-1].status is Status.STREAMING


@pytest.mark.parametrize(
    ("reason", "done", "status"),
    [
        ("stop", False, "complete"),
        ("eos_token", True, "complete"),
        ("tool_calls", True, "complete"),
        ("length", True, "length"),
        ("content_filter", True, "filtered"),
        ("abort", True, "error"),
        ("", True, "complete"),
        ("", False, "truncated"),
    ],
)
def test_the_status_follows_from_how_it_ended(
    reason: str, done: bool, status: str
) -> None:
    """Complete means a finish reason or an end mark."""
    builder = AnswerBuilder(META)
    builder.add(Delta(0, text="x", finish_reason=reason or None))
    if done:
        builder.add(Done())
    assert builder.finish()[0].status == status


def test_a_choice_that_never_came_is_still_told() -> None:
    """Two were asked for, one came."""
    builder = AnswerBuilder(META, choices=2)
    builder.add(Delta(0, text="x", finish_reason="stop"))
    first, second = builder.finish()
    assert (first.status, second.status) == ("complete", "truncated")


@pytest.mark.parametrize("index", [-1, 10**9])
def test_a_choice_with_an_absurd_number_is_refused(index: int) -> None:
    """It would otherwise be counted up to."""
    with pytest.raises(WireError, match="no choice"):
        AnswerBuilder(META).add(Delta(index, text="x"))


def test_an_unknown_metric_lists_the_known_ones() -> None:
    """The message names them."""
    with pytest.raises(InputError, match="there are: probability, logprob"):
        HELLO.metric("certainty")


candidates = st.builds(
    candidate,
    st.binary(max_size=3),
    st.one_of(st.none(), st.floats(-30, 0)),
    st.integers(-1, 3),
)
tokens = st.builds(
    lambda sampled, top: Token(
        sampled.token, sampled.logprob, sampled.bytes, sampled.id, top
    ),
    candidates,
    st.lists(candidates, max_size=6),
)


@given(st.lists(tokens, max_size=8), st.integers(0, 8))
def test_any_tokens_become_canonical(made: list[Token], cut: int) -> None:
    """Sorted lists with the sampled token in them, however they arrived."""
    gen = generation(*made)
    builder = AnswerBuilder(META)
    for part in (made[:cut], made[cut:]):
        builder.add(Delta(0, text=gen.text, tokens=part) if part else Delta(0))
        builder.snapshot()
    for row, sent in zip(gen, made, strict=True):
        known = [a.logprob for a in row.alternatives if not math.isnan(a.logprob)]
        assert known == sorted(known, reverse=True)
        assert len(row.alternatives) - len(sent.top_logprobs or ()) in {0, 1}
        if row.alternatives:
            chosen = row.alternatives[gen.columns.chosen[row.position]]
            same_id = chosen.token_id == row.token_id and row.token_id >= 0
            assert same_id or chosen.bytes == row.bytes
            assert row.rank in {0, 1 + gen.columns.chosen[row.position]}
    regrown = builder.finish()[0]
    assert np.array_equal(regrown.columns.rank, gen.columns.rank)
    assert np.array_equal(regrown.columns.chosen, gen.columns.chosen)
