"""The lattice is exactly its runs: no path more, no run less, each count as it was."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.display.lattice_widget import LatticeWidget
from lpwidgets.errors import InputError
from lpwidgets.generation import Generations
from lpwidgets.wire.records import Part
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpwidgets.analysis.merging import Edge
    from lpwidgets.generation import Generation

    Way = tuple[tuple[bytes, int], ...]

PIECES = st.sampled_from(["a", "b", "ab", " a", ".", "", b"\xe2", "A"])
TOKENS = st.lists(st.tuples(PIECES, st.sampled_from([-0.5, -1.0, -2.0])), max_size=5)
RUNS = st.lists(TOKENS, min_size=1, max_size=12)


def said(*pieces: bytes | str, logprob: float | None = -1.0) -> Generation:
    """Return a run of these tokens."""
    return generation(*(token(piece, logprob) for piece in pieces))


def run_of(tokens: Sequence[tuple[bytes | str, float]]) -> Generation:
    """Return a run of tokens with their log probabilities."""
    return generation(*(token(*one) for one in tokens))


def way_of(edges: Sequence[Edge]) -> Way:
    """Return what is read along edges, and the answer they come to."""
    steps = tuple((edge.bytes, -1) for edge in edges[:-1])
    return (*steps, (b"", edges[-1].answer))


def ways(lattice: lp.Lattice) -> Iterator[Way]:
    """Yield what can be read from the beginning to a leaf, by the edges alone."""
    leaving = defaultdict(list)
    for edge in lattice.edges:
        assert edge.source < edge.target  # so this comes to an end
        leaving[edge.source].append(edge)
    open_ways: list[list[Edge]] = [[edge] for edge in leaving[0]]
    while open_ways:
        way = open_ways.pop()
        if way[-1].answer >= 0:
            yield way_of(way)
        else:
            open_ways += [[*way, edge] for edge in leaving[way[-1].target]]


def loose(a: str, b: str) -> bool:
    """Say whether two texts end alike, so that different runs come to one answer."""
    return a[-1:] == b[-1:]


@settings(max_examples=40)
@given(RUNS, st.booleans())
def test_the_paths_are_the_runs_and_no_others(
    runs: list[list[tuple[bytes | str, float]]], is_loose: bool
) -> None:
    """Reading along all edges gives each different run once, and each run its way."""
    lattice = lp.lattice(map(run_of, runs), same=loose if is_loose else None)
    taken = [[lattice.edges[i] for i in path] for path in lattice.paths]
    for run, edges in zip(lattice.runs, taken, strict=True):
        pieces = run.columns.pieces.as_bytes[run.columns.token].tolist()
        assert [edge.bytes for edge in edges[:-1]] == pieces
        assert edges[0].source == 0
        assert all(a.target == b.source for a, b in pairwise(edges))
    possible = list(ways(lattice))
    assert len(possible) == len(set(possible))
    assert set(possible) == set(map(way_of, taken))


@settings(max_examples=40)
@given(RUNS, st.booleans())
def test_edges_and_answers_count_what_went_through(
    runs: list[list[tuple[bytes | str, float]]], is_loose: bool
) -> None:
    """Counts, contexts and masses are those that a plain loop over the runs finds."""
    lattice = lp.lattice(map(run_of, runs), same=loose if is_loose else None)
    contexts = defaultdict(set)
    for run, path in enumerate(lattice.paths):
        for place, number in enumerate(path):
            contexts[number].add(way_of([*(lattice.edges[i] for i in path)])[:place])
            assert run in lattice.edges[number].runs
    assert sum(len(edge.runs) for edge in lattice.edges) == sum(map(len, lattice.paths))
    for number, edge in enumerate(lattice.edges):
        assert edge.contexts == len(contexts[number])
    frame = lattice.answers()
    assert frame["count"].sum() == len(runs)
    assert (frame["share"] * len(runs)).tolist() == pytest.approx(frame["count"])
    assert frame["count"].is_monotonic_decreasing
    for leaf in lattice.leaves:
        different = defaultdict(list)
        for run in leaf.runs:
            logprob = lattice.runs[run].sequence_logprob
            different[tuple(lattice.paths[run])].append(math.exp(logprob))
        mass = sum(map(np.mean, different.values()))
        assert leaf.mass == pytest.approx(mass, nan_ok=True)
        assert leaf.paths == len(different)


@settings(max_examples=40)
@given(RUNS)
def test_no_two_states_can_be_merged(
    runs: list[list[tuple[bytes | str, float]]],
) -> None:
    """What can follow differs from state to state, and each answer has a leaf."""
    lattice = lp.lattice(map(run_of, runs))
    follow = defaultdict(set)
    for edge in lattice.edges:
        follow[edge.source].add((edge.bytes, edge.answer, edge.target))
    assert len(set(map(frozenset, follow.values()))) == len(follow)
    leaves = {(edge.answer, edge.target) for edge in lattice.edges if edge.answer >= 0}
    assert len(leaves) == len({leaf for _, leaf in leaves}) == len(lattice.leaves)


def test_tokenisations_of_a_text_meet_where_they_go_on_alike() -> None:
    """By bytes: the full stop after it is one edge, the answer one leaf."""
    runs = [said("Par", "is", "."), said("Paris", "."), said("Paris", ".")]
    lattice = lp.lattice(runs)
    frame = lattice.to_pandas()
    stop = frame[frame["token"] == "."].iloc[0]
    assert (frame["token"] == ".").sum() == 1
    assert (stop["count"], stop["share"], stop["contexts"]) == (3, 1.0, 2)
    assert len(lattice.answers()) == 1
    assert lattice.leaves[0].paths == 2


def test_answers_that_differ_stay_apart_to_the_end() -> None:
    """The same full stop belongs to two answers, and is two edges."""
    frame = lp.lattice([said("Paris", "."), said("Rome", ".")]).to_pandas()
    assert (frame["token"] == ".").sum() == 2
    assert (frame["contexts"] == 1).all()


def test_one_mind_about_what_is_the_same_merges_their_ways() -> None:
    """With ``same``, "Yes, it is." and "Yes. It is." are one answer."""
    runs = [said("No", ",", " it is not."), said("Nope", ",", " it is not.")]
    lattice = lp.lattice(runs, same=lambda a, b: a[:2] == b[:2])
    assert len(lattice.leaves) == 1
    assert lattice.to_pandas()["contexts"].tolist() == [1, 1, 2, 2, 2]


def test_a_probability_is_the_mean_over_its_runs() -> None:
    """After two beginnings it is that over both; one unknown makes it unknown."""
    halves = [math.log(0.5), math.log(0.1), None]
    runs = [
        generation(token(first, -1.0), token(".", value))
        for first, value in zip(["x", "X", "x"], halves, strict=True)
    ]
    two, three = lp.lattice(runs[:2]).to_pandas(), lp.lattice(runs).to_pandas()
    assert two.loc[two["token"] == ".", "probability"].tolist() == [pytest.approx(0.3)]
    assert three.loc[three["token"] == ".", "probability"].isna().all()
    assert math.isnan(lp.lattice(runs).leaves[0].mass)


def test_the_same_tokens_count_once_in_the_mass() -> None:
    """Three draws of one sequence are three runs, and its probability once."""
    runs = [said("a", logprob=math.log(0.5))] * 3 + [said("b", logprob=math.log(0.25))]
    frame = lp.lattice(Generations(runs)).answers()
    assert frame["count"].tolist() == [3, 1]
    assert frame["mass"].tolist() == pytest.approx([0.5, 0.25])
    assert frame["runs"].tolist() == [(0, 1, 2), (3,)]


def test_end_tokens_are_told_apart_by_their_ids() -> None:
    """A stop text and an end of text have no bytes, and are different events."""
    ends = [(198, 0.6), (2, 0.4), (198, 0.6)]
    runs = [
        generation(token("a", math.log(0.5)), token("", math.log(p), [], number))
        for number, p in ends
    ]
    lattice = lp.lattice(runs)
    frame = lattice.to_pandas()
    assert frame["token_id"].tolist() == [-1, 198, 2, -1]
    assert frame["probability"].tolist() == pytest.approx(
        [0.5, 0.6, 0.4, math.nan], nan_ok=True
    )
    assert lattice.leaves[0].paths == 2
    assert lattice.leaves[0].mass == pytest.approx(0.5)


def test_the_frames_have_the_columns_that_are_promised() -> None:
    """Edges and answers, of one run too."""
    lattice = lp.lattice(said("Hi", b"\xe2"))
    edges, answers = lattice.to_pandas(), lattice.answers()
    names = ["source", "target", "token", "bytes", "token_id", "part", "count"]
    assert list(edges) == [*names, "share", "probability", "contexts", "answer"]
    assert list(answers) == ["text", "count", "share", "mass", "paths", "runs"]
    assert edges["part"].tolist() == ["generated", "generated", "end"]
    assert edges["token"].tolist() == ["Hi", "\\xe2", ""]
    assert edges["answer"].tolist() == [-1, -1, 0]
    assert lattice.notes == ()
    assert repr(lattice) == "<Lattice 1 run · 1 different · 1 answer · 'Hi�' 100%>"


def test_runs_without_tokens_are_one_piece_of_unknown_probability() -> None:
    """What they said still counts, and the reader is told."""
    lattice = lp.lattice([generation(text="Paris"), said("Paris"), generation(text="")])
    assert lattice.answers()["text"].tolist() == ["Paris", ""]
    assert lattice.answers()["count"].tolist() == [2, 1]
    assert math.isnan(lattice.leaves[0].mass)
    assert "without tokens, so that the text is one piece: 1 run" in lattice.notes


def test_a_run_that_ends_where_another_goes_on_is_told() -> None:
    """Without an end token its probability is that of the other's beginning too."""
    end = token("", -0.1)
    notes = lp.lattice([said("a"), said("a", "b")]).notes
    assert any("without an end token" in note and "1 run" in note for note in notes)
    ended = [
        generation(token("a", -1.0), *rest, end) for rest in ([], [token("b", -1.0)])
    ]
    assert lp.lattice(ended).notes == ()


def test_forced_tokens_are_those_of_an_answer_and_prompts_are_none() -> None:
    """A run that was made to begin as another joins it."""
    forced = generation(token("a", -1.0), part=Part.FORCED)
    prompt = generation(token("Q", -1.0), part=Part.PROMPT)
    assert len(lp.lattice([forced, said("a")]).to_pandas()) == 2
    assert lp.lattice([prompt]).to_pandas()["part"].tolist() == ["end"]


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "there are no answers"),
        (3, "3 is no Generation"),
        ("text", "'t' is no Generation"),
        ([said("a"), {"choices": []}], r"lp\.read makes"),
    ],
)
def test_what_is_no_run_is_refused(runs: object, message: str) -> None:
    """In one sentence, with what would be right."""
    with pytest.raises(InputError, match=message):
        lp.lattice(runs)  # type: ignore[arg-type]


def test_what_cannot_tell_whether_texts_are_the_same_is_refused() -> None:
    """As the scores do."""
    with pytest.raises(InputError, match="same="):
        lp.lattice([said("a")], same="exact")  # type: ignore[arg-type]


def test_the_page_gets_plain_json_and_terminals_a_line() -> None:
    """Half characters go as bytes, unknown numbers as null, text is escaped."""
    runs = [said("<b>", b"\xe2", logprob=None), said("<b>", " x\n")] * 30
    data, _ = lp.lattice(runs)._repr_mimebundle_()
    assert "\n" not in data["text/plain"]
    assert "<b>" not in data["text/html"]
    assert "30 × " in data["text/html"]
    sent = LatticeWidget(lp.lattice(runs)).data
    assert [226] in sent["edges"]["token"]
    assert [path["runs"] for path in sent["paths"]] == [30, 30]
    assert json.loads(json.dumps(sent, allow_nan=False))["answers"][0]["runs"] == 30


def test_what_is_beyond_the_static_page_is_counted() -> None:
    """A hundred different runs are twenty lines and a sentence."""
    runs = [said(f"{number} ", *["y"] * 80) for number in range(100)]
    html = lp.lattice(runs)._repr_mimebundle_()[0]["text/html"]
    assert "80 more answers" in html
    assert "80 more different runs" in html
    assert "… 21 more tokens" in html
