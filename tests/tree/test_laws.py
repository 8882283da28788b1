"""Laws: what is added comes back, in any order, through any change, from any file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lpwidgets import Part, Tree
from tests.tree.strategies import generations, same_value

if TYPE_CHECKING:
    import random

    from lpwidgets import Generation

many = st.lists(generations(), min_size=1, max_size=8)


def bits(gen: Generation) -> bytes:
    """Return the values, sentinels and all."""
    c = gen.columns
    return c.logprob.tobytes() + c.alternative_logprob.tobytes()


def check(tree: Tree, texts: dict[str, Generation]) -> None:
    """Check that a tree holds these texts, and nothing else."""
    assert {leaf.name for leaf in tree} == set(texts)
    assert len(tree) == len(texts)
    for name, text in texts.items():
        leaf = tree.leaf(name)
        back = leaf.generation
        assert back == text
        assert bits(back) == bits(text)
        assert (back.texts, back.meta) == (text.texts, text.meta)
        assert leaf.text == text.text
        answer = text.columns.part != Part.PROMPT
        mass = float(text.columns.logprob[answer].sum())
        assert same_value(leaf.logprob, mass) or np.isclose(leaf.logprob, mass)
    for node in tree.nodes:
        assert node.ends or len(node.children) > 1
        firsts = [child.first for child in node.children]
        assert len(set(firsts)) == len(firsts)
        assert all(child.start == node.stop for child in node.children)


@settings(max_examples=60)
@given(many, st.randoms(use_true_random=False))
def test_what_is_added_comes_back_in_any_order(
    texts: list[Generation], chance: random.Random
) -> None:
    """To the bit, though values differ where the tokens are the same."""
    names = {f"n{k}": text for k, text in enumerate(texts)}
    order = list(names)
    chance.shuffle(order)
    tree = Tree(names[order[0]])
    tree.rename("1", order[0])
    for name in order[1:]:
        tree.add(names[name], name=name)
    check(tree, names)


@settings(max_examples=40)
@given(many, st.data())
def test_every_change_can_be_undone(
    texts: list[Generation], data: st.DataObject
) -> None:
    """Adding, pruning, naming, merging: step by step back to where it began."""
    tree = Tree(texts[0])
    states = [{"1": texts[0]}]
    for number, text in enumerate(texts[1:]):
        now = dict(states[-1])
        kind = data.draw(st.sampled_from(("add", "prune", "rename", "merge")))
        name = data.draw(st.sampled_from(sorted(now)))
        if kind == "prune" and len(now) > 1:
            tree.prune(name)
            del now[name]
        elif kind == "rename":
            tree.rename(name, f"r{number}")
            now[f"r{number}"] = now.pop(name)
        elif kind == "merge":
            other = Tree([text])
            other.rename("1", f"m{number}")
            tree.merge(other)
            now[f"m{number}"] = text
        else:
            now[tree.add(text).name] = text
        states.append(now)
        check(tree, now)
    for state in reversed(states[:-1]):
        tree.undo()
        check(tree, state)


@settings(max_examples=30)
@given(many)
def test_a_file_gives_the_tree_back(texts: list[Generation]) -> None:
    """Texts, names, runs and order; what comes after goes where it would have gone."""
    tree = Tree(texts)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tree.parquet"
        tree.save(path)
        back = Tree.load(path)
    check(back, {leaf.name: leaf.generation for leaf in tree})
    assert [leaf.name for leaf in back] == [leaf.name for leaf in tree]
    runs = [(node.start, len(node), bits(node.tokens)) for node in tree.nodes]
    assert [(node.start, len(node), bits(node.tokens)) for node in back.nodes] == runs
    back.add(texts[0])
    assert back.token_count == tree.token_count
