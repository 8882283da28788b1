"""Scores of several answers, against values computed by hand and against peers'."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from benchmarks.peer_scores import ROWS, Row
from benchmarks.scores import answers_of, ask, compared
from lpwidgets.analysis.agreement import clusters, normalised, similar
from lpwidgets.analysis.sample_scores import SAMPLE_SCORES
from lpwidgets.analysis.samples import Majority
from lpwidgets.errors import InputError
from lpwidgets.generation import Generations
from tests.make_generation import META, generation, token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Generation

    Said = tuple[str, Sequence[float | None]]

LN2 = math.log(2)
COMPARE = ("agreement", "semantic", "share", "cocoa", "confidence", "degree")


def said(text: str, *bits: float | None) -> Generation:
    """Return an answer whose tokens have these surprisals, the first all the text."""
    values = [None if one is None else -one * LN2 for one in bits]
    pieces = [text, *[""] * (len(values) - 1)]
    listed = [[(p, v), ("other", -30.0)] for p, v in zip(pieces, values, strict=True)]
    tokens = zip(pieces, values, listed, strict=True)
    return generation(*(token(*one) for one in tokens))


GENS = Generations(
    [said("Paris", 1, 1), said("paris.", 4), said("Paris", 1, 1), said("Rome", 3, 1)]
)


@pytest.mark.parametrize(
    ("name", "options", "value"),
    [
        ("monte_carlo_entropy", {}, 12 / 4 * LN2),
        ("monte_carlo_entropy_normalised", {}, (1 + 4 + 1 + 2) / 4 * LN2),
        ("distinct_answers", {}, 2),
        ("exact_agreement", {}, 1 / 6),
        ("cluster_agreement", {}, 3 / 6),
        ("degree_matrix", {}, 1 - 10 / 16),
        ("majority_share", {}, 3 / 4),
        ("semantic_entropy", {}, -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))),
        # 1/4 once and 1/16 are 5/16, against 1/16: five of six
        ("semantic_entropy_weighted", {"normalised": False}, LN2 * 0.650022421648),
        # 1/2 + 1/16 against 1/4: nine of thirteen
        ("semantic_entropy_weighted", {}, LN2 * 0.890491640219),
        # 1/2 + 1/2 + 1/16 against 1/4: seventeen of twenty-one
        ("semantic_entropy_weighted", {"duplicates": True}, LN2 * 0.702466551014),
        ("semantic_entropy_monte_carlo", {}, (3 * math.log(16 / 5) + 4 * LN2) / 4),
        ("cocoa", {}, 2 * LN2 / 3),
        ("cocoa", {"answer": 3}, 4 * LN2),
        ("cocoa_normalised", {}, LN2 / 3),
        ("confidence_consistency", {}, 1 / 2 * 2 / 3),
        ("confidence_consistency", {"answer": 1}, 1 / 16 * 2 / 3),
    ],
)
def test_a_score_is_what_its_definition_gives(
    name: str, options: dict[str, Any], value: float
) -> None:
    """Two of the answers are alike to the token, a third one in all but its writing."""
    assert GENS.score(name, **options) == pytest.approx(value, rel=1e-9)


def test_the_majority_has_a_text_a_share_and_members() -> None:
    """Its text is the usual one; a tie is decided by probability, and told."""
    assert GENS.majority() == Majority("Paris", 0.75, [0, 1, 2], tied=False)
    split = Generations([said("Rome", 3), said("Oslo", 1), said("Bern", 2)])
    assert split.majority() == Majority("Oslo", 1 / 3, [1], tied=True)


def test_the_same_is_what_a_function_says() -> None:
    """Asked both ways: an entailment that holds one way only joins nothing."""
    gens = Generations([said("a dog", 1), said("an animal", 1), said("a hound", 1)])
    entails = {("a dog", "an animal"), ("a hound", "an animal")}
    entails |= {("a dog", "a hound"), ("a hound", "a dog")}
    asked: list[tuple[str, str]] = []

    def same(a: str, b: str) -> bool:
        asked.append((a, b))
        return (a, b) in entails

    assert gens.score("distinct_answers", same=same) == 2
    assert gens.majority(same=same).members == [0, 2]
    assert all(a != b for a, b in asked)


def test_close_embeddings_are_the_same() -> None:
    """Each text's vector is asked for once."""
    vectors = {"hot": [1.0, 0.0], "warm": [0.9, 0.1], "cold": [-1.0, 0.0]}
    asked: list[str] = []

    def embed(text: str) -> list[float]:
        asked.append(text)
        return vectors[text]

    labels = clusters(["hot", "cold", "warm", "hot"], similar(embed, 0.9))
    assert labels.tolist() == [0, 1, 0, 0]
    assert sorted(asked) == ["cold", "hot", "warm"]
    with pytest.raises(InputError, match="a cosine is a number from -1 to 1"):
        similar(embed, 90)


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("Paris", " “PARIS”. ", True),
        ("ﬁne", "fine", True),
        ("-5", "5", False),
        ("1.5", "15", False),
        ("straße", "STRASSE", True),
        ("no", "not", False),
    ],
)
def test_normalising_changes_the_writing_only(a: str, b: str, alike: bool) -> None:
    """Case, quotes, forms and a full stop; not a sign, a point, a word."""
    assert (normalised(a) == normalised(b)) is alike


def test_no_answers_are_an_error_and_one_is_unknown() -> None:
    """With the reason beside the numbers."""
    with pytest.raises(InputError, match="no answers to compare"):
        Generations().scores()
    alone = Generations([said("a", 1)]).scores()
    assert "one answer agrees with nothing" in alone["notes"][0]
    compare = [name for name in alone if any(part in name for part in COMPARE)]
    assert compare
    assert all(math.isnan(alone[name]) for name in compare)
    assert alone["monte_carlo_entropy"] == pytest.approx(LN2)


def test_an_unknown_value_makes_unknown_what_needs_it() -> None:
    """What only needs the texts is still known."""
    told = Generations([said("a", 1), said("a", None), said("b", 1)]).scores()
    unknown = {name for name, value in told.items() if value != value}  # noqa: PLR0124
    assert unknown == {
        *("monte_carlo_entropy", "monte_carlo_entropy_normalised"),
        *("semantic_entropy_weighted", "semantic_entropy_monte_carlo"),
    }
    assert told["notes"] == [
        "a log probability is unknown, and so is what needs it (NaN): answer 1"
    ]


def test_answers_without_text_agree_with_none() -> None:
    """Two refusals to say anything are no agreement."""
    silent = Generations([said("", 1), said("", 1), said(" ", 1)])
    assert silent.score("distinct_answers") == 3
    assert silent.score("exact_agreement") == silent.score("cluster_agreement") == 0
    assert silent.score("distinct_answers", same=lambda a, b: a == b) == 3
    assert math.isfinite(silent.score("semantic_entropy_monte_carlo"))
    assert "no text" in silent.scores()["notes"][0]


def test_notes_say_what_a_reader_has_to_know() -> None:
    """Cut answers, a changed distribution, different questions."""
    asked = ({"temperature": 0.7, "prompt": "x"}, {"prompt": "y", "seed": 4})
    one = said("a", 1)
    metas = [lp.Meta(parameters=parameters, status=META.status) for parameters in asked]
    gens = Generations(lp.Generation(one.columns, meta, one.texts) for meta in metas)
    gens += [generation(token("b", -1.0), finish_reason="length")]
    notes = gens.scores()["notes"]
    assert [note.split()[0] for note in notes] == ["the", "cut", "sampled"]
    assert [note.split(": ")[-1] for note in notes[1:]] == ["answer 2", "answer 0"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("entropy", {}, "no score 'entropy' of several answers; there are: monte"),
        ("cocoa", {"answer": 4}, "answer=4: there are 4, counted from 0"),
        ("cocoa", {"same": "exact"}, "same='exact': it is a function of two texts"),
        ("semantic_entropy", {"k": 1}, "no option 'k'; it has: none"),
    ],
)
def test_what_cannot_be_says_what_can(
    name: str, options: dict[str, Any], message: str
) -> None:
    """In a line."""
    with pytest.raises(InputError, match=message):
        GENS.score(name, **options)


TEXTS = st.sampled_from(["Paris", "paris.", "Rome", "", "a rose", "a Rose"])
BITS = st.lists(st.floats(0.01, 20), min_size=1, max_size=3)
ANSWERS = st.lists(st.tuples(TEXTS, BITS), min_size=2, max_size=7)


@given(ANSWERS, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_answers_does_not_matter(
    answers: list[Said], chance: Any, fuzzy: bool
) -> None:
    """Nor with a notion of the same that is neither transitive nor symmetric."""
    same = (lambda a, b: len(a) <= len(b) + 1) if fuzzy else None
    shuffled = list(answers)
    chance.shuffle(shuffled)
    one, other = (
        Generations(said(text, *bits) for text, bits in order)
        for order in (answers, shuffled)
    )
    for name in SAMPLE_SCORES.names():
        value = pytest.approx(one.score(name, same=same), rel=1e-9, abs=1e-12)
        assert other.score(name, same=same) == value
    assert one.majority(same=same)[:2] == other.majority(same=same)[:2]


@given(ANSWERS)
def test_bounds(answers: list[Said]) -> None:
    """Entropies reach ln n at most, shares and agreement 1, and 0 is the least."""
    gens = Generations(said(text, *bits) for text, bits in answers)
    for one in SAMPLE_SCORES.every():
        low, high = one.domain
        value = gens.score(one.name)
        assert low is None or value >= low - 1e-12
        assert high is None or value <= high + 1e-12
    for name in ("semantic_entropy", "semantic_entropy_weighted"):
        assert gens.score(name) <= math.log(len(gens)) + 1e-12
    assert gens.score("exact_agreement") <= gens.score("cluster_agreement")


@given(ANSWERS)
def test_peers_formulas_give_the_same_on_any_answers(answers: list[Said]) -> None:
    """Of uqlm and LM-Polygraph, where the definitions agree."""
    spoken = [(text or "x", bits) for text, bits in answers]
    once = list(dict(spoken).items())  # they tell copies by text, we by tokens
    both = [answers_of(Generations(said(t, *b) for t, b in g)) for g in (spoken, once)]
    for row in ROWS:
        unique = row.name == "semantic_entropy_monte_carlo"
        if len(both[unique].texts) > 1:
            assert compared(row, [both[unique]]).apart == pytest.approx(0, abs=1e-9)


@pytest.mark.engine
def test_peers_formulas_give_the_same_on_real_answers() -> None:
    """Three questions, four samples each; `benchmarks/scores.py` asks 20, five each."""
    questions = ("What is the capital of France?", "What is 17 times 23?", "Who am I?")
    with lp.Client("local") as client:
        answers = [ask(client, question, samples=4) for question in questions]

    def apart(row: Row) -> float:
        told = compared(row, answers)
        assert not told.unknown
        return told.apart

    assert max(map(apart, ROWS)) < 1e-6
    entropies = [one.ours.score("semantic_entropy") for one in answers]
    assert np.std(entropies) > 0
