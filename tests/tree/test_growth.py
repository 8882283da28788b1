"""Branches that grow in a tree: at once, seen while they stream, kept at any end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from lpwidgets import AsyncClient, Client, Generation, Part, Tree
from lpwidgets.errors import IndexInputError, InputError
from lpwidgets.tree.node import ends_of
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
    from collections.abc import Callable

engine = pytest.mark.engine

ANSWER = sse(chunk("Once"), chunk(" upon"), chunk(" a"), chunk(" time"), END)


@pytest.fixture(scope="module")
def answer(client: Client) -> Generation:
    """Return an answer to branch from."""
    found = client.generate("Tell me about the sea.", temperature=0, max_tokens=16)
    assert isinstance(found, Generation)
    return found


class Watcher:
    """Sees each text that grows, each time the tree changes."""

    def __init__(self, tree: Tree, look: Callable[[dict[str, int]], None]) -> None:
        self._tree, self._look = tree, look
        tree.state.watchers.add(self)

    def refresh(self) -> None:
        """Look at how many tokens each has."""
        ends = ends_of(self._tree.state.shown)
        names = self._tree.state.growing
        self._look({end.name: path[-1].stop for end, path in ends if end.name in names})


@engine
def test_several_branches_grow_at_once(client: Client, answer: Generation) -> None:
    """All are seen before any has ended, and they are added in one step."""
    tree = Tree(answer)
    seen: list[dict[str, int]] = []
    watcher = Watcher(tree, seen.append)
    forks: list[tuple[int, Any]] = [
        (2, answer[2].alternatives[1]),
        (2, answer[2].alternatives[2]),
        (6, answer[6].alternatives[1].token_id),
    ]
    leaves = tree.grow(client, "1", forks, names=["a"], max_tokens=12, temperature=0)
    assert [leaf.name for leaf in leaves] == ["a", "3", "4"]
    assert max(map(len, seen)) == 3
    growing = [now for now in seen if len(now) == 3]
    assert growing[-1] != growing[0]
    assert seen[-1] == {}
    for leaf, (position, _) in zip(leaves, forks, strict=True):
        branch = leaf.generation
        assert leaf.position == position
        assert branch[position].part is Part.FORCED
        assert len(branch) > position + 1
        assert branch[:position].columns.logprob.tolist() == (
            answer[:position].columns.logprob.tolist()
        )
    assert client.last == leaves[-1].generation
    assert tree.token_count == len(answer) + sum(
        len(leaf) - leaf.position for leaf in leaves
    )
    tree.undo()
    assert len(tree) == 1
    del watcher


@engine
def test_a_branch_of_a_branch(client: Client, answer: Generation) -> None:
    """One by one, by name, as `Client.branch` gives it."""
    tree = Tree(answer)
    first = tree.branch(client, "1", 3, " dragon", name="dragon", max_tokens=6)
    second = tree.branch(client, first, 5, first.generation[5].alternatives[1])
    assert second.name == "3"
    assert len(second.path) == 3
    assert tree.add(client.branch(answer, 3, " dragon", max_tokens=2)).path[0] is (
        tree.root
    )
    assert tree.compare("dragon", "1").position == 3


@engine
def test_an_interrupt_keeps_all_that_came(client: Client, answer: Generation) -> None:
    """Of every branch, as interrupted; the tree is whole and grows again."""
    tree = Tree(answer)

    def look(lengths: dict[str, int]) -> None:
        if len(lengths) == 2 and min(lengths.values()) > 5:
            tree.state.watchers.clear()
            signal.raise_signal(signal.SIGINT)

    watcher = Watcher(tree, look)
    forks = [(2, answer[2].alternatives[1]), (2, answer[2].alternatives[2])]
    with pytest.raises(KeyboardInterrupt):
        tree.grow(client, "1", forks, max_tokens=2000, ignore_eos=True)
    assert len(tree) == 3
    assert not tree.state.growing
    for name in ("2", "3"):
        leaf = tree.leaf(name)
        assert leaf.status == "interrupted"
        assert len(leaf) > 5
    tree.undo()
    assert len(tree) == 1
    assert tree.branch(client, "1", 2, answer[2].alternatives[1], max_tokens=2)
    del watcher


def scripted(body: bytes = ANSWER) -> tuple[Client, Script, Tree]:
    """Return a client whose server is a script, and a tree of its answer."""
    script = Script(body)
    client = Client("vllm", base_url="http://a-server/v1", model="m", transport=script)
    answer = client.generate("Tell me a story.", max_tokens=8)
    script.asked.clear()
    return client, script, Tree(answer)


REFUSED: dict[str, Callable[[Tree, Client], object]] = {
    "there is no leaf 'x'": lambda tree, c: tree.branch(c, "x", 1, "other"),
    "there is no token 40": lambda tree, c: tree.branch(c, "1", 40, "other"),
    "position='1'": lambda tree, c: tree.grow(c, "1", [("1", "other")]),  # type: ignore[list-item]
    "is no fork": lambda tree, c: tree.grow(c, "1", [5]),  # type: ignore[list-item]
    "nothing to grow": lambda tree, c: tree.grow(c, "1", []),
    "a leaf '1' already": lambda tree, c: tree.branch(c, "1", 1, "other", name="1"),
    "at most one each": lambda tree, c: tree.grow(
        c, "1", [(1, "other")], names=["a", "b"]
    ),
    "is not among the 2 alternatives": lambda tree, c: tree.branch(c, "1", 1, " x"),
    "an lp.Client grows branches": lambda tree, _: tree.branch(
        AsyncClient(base_url="http://a-server/v1", model="m"),  # type: ignore[arg-type]
        "1",
        1,
        "other",
    ),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_meant_asks_nothing(said: str) -> None:
    """One clear line; nothing was sent, the tree is as it was and grows nothing."""
    client, script, tree = scripted()
    with pytest.raises(InputError) as caught:
        REFUSED[said](tree, client)
    assert said in str(caught.value)
    assert (len(tree), script.asked) == (1, [])
    assert not tree.state.growing
    assert isinstance(caught.value, IndexInputError) == ("token 40" in said)


def test_a_cell_shows_the_tree_while_it_grows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And leaves its last state there, whatever happens to the tree later."""
    client, _, tree = scripted()
    tree.branch(client, "1", 1, "other", show=True)
    assert repr(tree) in capsys.readouterr().out.splitlines()[-1]
    assert not tree.state.watchers


def test_one_that_fails_leaves_the_others_in_the_tree() -> None:
    """Its error is raised when all that came is kept."""
    client, _, tree = scripted()
    with pytest.raises(InputError, match="not among the 2 alternatives"):
        tree.grow(client, "1", [(1, " x"), (1, "other")])
    assert [leaf.name for leaf in tree] == ["1", "3"]
    assert tree.leaf("3").generation[1].token == "other"


def test_a_server_that_fails_leaves_what_was_forced() -> None:
    """The branch ends there, with its error; the tree and its texts stay."""
    client, script, tree = scripted()
    script.status, script.body = 400, b'{"error": {"message": "no"}}'
    with pytest.raises(Exception, match="no"):
        tree.branch(client, "1", 2, "other")
    leaf = tree.leaf("2")
    assert (leaf.status, len(leaf)) == ("error", 3)
    assert "no" in leaf.generation.meta.error
    assert len(tree) == 2
