"""A tree: what it stores, how it is walked, compared, pruned; what it refuses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from lpwidgets import Generation, LpError, Part, Tree
from lpwidgets.errors import IndexInputError, InputError
from tests.make_generation import generation, token
from tests.tree.strategies import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAT = words("The", " cat", " sat")
RAN = words("The", " cat", " ran", " off")
DOG = words("A", " dog")


def asked(gen: Generation, prompt: str, model: str = "a-model") -> Generation:
    """Return an answer to a prompt by a model."""
    parameters = {"messages": [{"role": "user", "content": prompt}]}
    meta = msgspec.structs.replace(gen.meta, parameters=parameters, model=model)
    return Generation(gen.columns, meta, gen.texts)


def long_text(own: int, shared: int, seed: int) -> Generation:
    """Return a text of numbered words, the first of them everybody's."""
    names = [f" w{k}" for k in range(shared)] + [f" x{seed}-{k}" for k in range(own)]
    return words(*names)


def test_the_names_people_type() -> None:
    """Root, children, leaves, path, a text by its name."""
    tree = Tree([SAT, RAN])
    assert tree.root.text == "The cat"
    assert [node.text for node in tree.root.children] == [" sat", " ran off"]
    assert [leaf.name for leaf in tree] == ["1", "2"]
    assert [node.text for node in tree.path("2")] == ["The cat", " ran off"]
    assert tree.leaf("2").generation == RAN
    assert tree.leaf("2").position == 2
    assert "2" in tree
    assert "3" not in tree
    assert repr(tree) == "<Tree 2 texts · 5 tokens · 'The cat'>"
    assert repr(Tree([SAT, DOG])) == "<Tree 2 texts · 5 tokens · 'The cat sat'>"
    assert repr(tree.leaf("2")).startswith(
        "<Leaf '2' · 4 tokens · from 2 on ' ran off'"
    )


def test_tokens_are_stored_once() -> None:
    """Memory grows with the tokens that are new, not with those that were there."""

    def size(tree: Tree) -> int:
        blocks = {id(node.run.columns): node.run.columns for node in tree.nodes}
        stored = sum(a.nbytes for block in blocks.values() for a in block.arrays())
        kept = [s for leaf in tree for s in (leaf.end.texts or {}).values()]
        return stored + sum(len(said) for said in kept if isinstance(said, str))

    tree = Tree(long_text(10, 500, 0))
    whole = size(tree)
    for seed in range(1, 31):
        tree.add(long_text(10, 500, seed))
    assert tree.token_count == 500 + 31 * 10
    assert (size(tree) - whole) / 30 < 2 * whole * 10 / 510
    twice = size(tree)
    tree.add(long_text(10, 500, 3))
    assert size(tree) == twice


def test_a_shared_run_is_no_copy_and_keeps_no_others_pieces() -> None:
    """A split makes views; a branch keeps only the pieces of its own tokens."""
    tree = Tree(long_text(10, 500, 0))
    before = tree.root.run.columns
    tree.add(long_text(10, 500, 1))
    assert tree.root.run.columns is before
    assert tree.root.children[0].run.columns is before
    assert len(tree.root.children[1].run.columns.pieces) == 10 + 1


def test_values_that_differ_stay_with_their_text() -> None:
    """The same tokens with other values are one run; each text has its own."""
    other = words("The", " cat", " sat", logprob=-0.7)
    tree = Tree([SAT, other])
    assert tree.token_count == 3
    assert tree.leaf("2").generation == other
    assert tree.leaf("1").logprob == pytest.approx(-1.5)
    assert tree.leaf("2").logprob == pytest.approx(-2.1)


def test_two_texts_part_where_their_tokens_do() -> None:
    """With the two probabilities there; a text that ends has none."""
    tree = Tree([SAT, RAN, words("The", " cat")])
    parting = tree.compare("1", "2")
    assert parting.position == 2
    assert parting.one is not None
    assert (parting.one.token, parting.other and parting.other.token) == (
        " sat",
        " ran",
    )
    assert parting.probabilities == pytest.approx([math.exp(-0.5)] * 2)
    ended = tree.compare("3", "1")
    assert (ended.position, ended.one) == (2, None)
    assert np.isnan(ended.probabilities[0])
    same = tree.compare("1", "1")
    assert (same.position, same.one, same.other) == (3, None, None)


def test_the_mass_is_a_product_and_unknown_stays_unknown() -> None:
    """Of what comes after the prompt, forced tokens too."""
    unknown = generation(token("The", -0.5), token(" end", None))
    tree = Tree([SAT, RAN, unknown])
    assert tree.leaf("2").logprob == pytest.approx(-2.0)
    assert tree.leaf("2").probability == pytest.approx(math.exp(-2.0))
    assert math.isnan(tree.leaf("3").logprob)
    forced = generation(token("a", -1.0), token("b", -2.0), part=Part.FORCED)
    assert Tree(forced).leaf("1").logprob == -3.0


def test_tables() -> None:
    """A row a text, a row a run, a row a stored token."""
    tree = Tree([SAT, RAN])
    leaves = tree.to_pandas().set_index("leaf")
    assert leaves.loc["2", "token"] == " ran"
    assert leaves["position"].tolist() == [2, 2]
    assert leaves["tokens"].tolist() == [3, 4]
    assert leaves.loc["2", "logprob"] == pytest.approx(-2.0)
    assert leaves["text"].tolist() == ["The cat sat", "The cat ran off"]
    nodes = tree.to_pandas("nodes")
    assert nodes["parent"].tolist() == [-1, 0, 0]
    assert nodes["mass"].tolist() == pytest.approx([-1.0, -1.5, -2.0])
    tokens = tree.to_pandas("tokens")
    assert len(tokens) == tree.token_count
    assert tokens["position"].tolist() == [0, 1, 2, 2, 3]
    with pytest.raises(InputError, match="there are: leaves, nodes, tokens"):
        tree.to_pandas("branches")


def test_pruning_leaves_runs_as_if_it_had_never_been() -> None:
    """A fork of one branch is none; a whole node goes with all below it."""
    tree = Tree([SAT, RAN, DOG])
    tree.prune("3")
    assert tree.root.text == "The cat"
    tree.prune("1")
    assert [node.text for node in tree.nodes] == ["The cat ran off"]
    assert tree.leaf("2").generation == RAN
    tree.undo()
    tree.prune(tree.root.children[1])
    assert [leaf.name for leaf in tree] == ["1"]


def test_merging() -> None:
    """A text that is here already is left out; another one of its name is renamed."""
    tree, other = Tree([SAT, RAN]), Tree([SAT, DOG])
    (added,) = tree.merge(other)
    assert (added.name, added.generation) == ("3", DOG)
    assert len(tree) == 3
    tree.undo()
    assert len(tree) == 2


def test_a_text_that_begins_another_is_a_text_of_its_own() -> None:
    """So is one without tokens, and one that is said twice."""
    tree = Tree([RAN, words("The", " cat"), words(), RAN])
    assert len(tree) == 4
    assert tree.token_count == 4
    assert tree.leaf("4").generation == RAN
    assert tree.leaf("3").generation == words()


def test_a_deep_tree_needs_no_deep_stack() -> None:
    """Two thousand branches, each of the one before."""
    names = [f" {k}" for k in range(2000)]
    base = words(*names)
    tree = Tree(base)
    tree.extend(words(*names[:k], "!") for k in range(1, 2000, 40))
    assert len(tree.path("1")) == 51
    assert tree.leaf("1").generation == base


REFUSED: dict[str, Callable[[Any], object]] = {
    "no leaf '9'; there are: '1', '2'": lambda tree: tree.leaf("9"),
    "a Generation is added, not str": lambda tree: tree.add("text"),
    "there is a leaf '1' already": lambda tree: tree.add(DOG, name="1"),
    "name=5: a name is text": lambda tree: tree.add(DOG, name=5),
    "a name is text": lambda tree: tree.rename("1", ""),
    "there is a leaf '2' already": lambda tree: tree.rename("1", "2"),
    "that is all of the tree": lambda tree: tree.prune(tree.root),
    "not of the tree as it is now": lambda tree: tree.prune(Tree(DOG).root),
    "a Tree is merged, not Generation": lambda tree: tree.merge(DOG),
    "holds Generations, not int": lambda tree: tree.extend([DOG, 5]),
    "nothing to undo": lambda tree: tree.undo(),
    "begins with a generation": lambda _: Tree([]),
    "holds Generations, not str": lambda tree: type(tree)("text"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_meant_changes_nothing(said: str) -> None:
    """One clear line, and the tree as it was."""
    tree = Tree([SAT, RAN])
    with pytest.raises(InputError) as caught:
        REFUSED[said](tree)
    assert said in str(caught.value)
    assert [leaf.generation for leaf in tree] == [SAT, RAN]
    with pytest.raises(InputError, match="nothing to undo"):
        tree.undo()


def test_another_prompt_or_model_makes_another_tree() -> None:
    """One that does not say what it answers is believed."""
    tree = Tree(asked(SAT, "cats?"))
    tree.add(RAN)
    for other in (asked(RAN, "dogs?"), asked(RAN, "cats?", "another")):
        with pytest.raises(InputError, match="make another Tree"):
            tree.add(other)
        with pytest.raises(InputError, match="make another Tree"):
            tree.merge(Tree(other))
    echoed = generation(token("Q", -1.0), part=Part.PROMPT)
    with pytest.raises(InputError, match="its prompt is another one from token 0 on"):
        Tree([echoed, SAT])
    assert len(tree) == 2


def test_an_extension_that_fails_adds_nothing() -> None:
    """All or none, and it is one step to undo."""
    tree = Tree(asked(SAT, "cats?"))
    with pytest.raises(InputError):
        tree.extend([RAN, asked(DOG, "dogs?")])
    assert len(tree) == 1
    tree.extend([RAN, DOG])
    tree.undo()
    assert len(tree) == 1


def test_a_file_of_something_else(tmp_path: Path) -> None:
    """Is named, whatever it is."""
    path = tmp_path / "gen.parquet"
    SAT.to_parquet(path)
    with pytest.raises(InputError, match=r"holds no tree; lp\.read"):
        Tree.load(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        Tree.load(path)
    with pytest.raises(LpError):
        Tree.load(tmp_path / "none.parquet")


def test_a_position_that_is_not_there() -> None:
    """As of a generation."""
    with pytest.raises(IndexInputError, match="no token 3"):
        Tree(SAT).leaf("1").shown(3)
