"""`Tree`: texts that share their beginnings, grown, compared, named, pruned, kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Self

from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.tree.node import Node, ends_of, with_last
from lpwidgets.tree.planting import check_question, root_of
from lpwidgets.tree.state import State
from lpwidgets.tree.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from lpwidgets.client.client import Client
    from lpwidgets.tree.leaf import Leaf
    from lpwidgets.tree.node import Path

    MimeBundle = tuple[dict[str, Any], dict[str, Any]]


class Tree(Texts):
    """Generations of one prompt, the tokens that they share stored once.

    A node is a run of tokens; where texts part it ends, and has a child for each way
    to go on. Tokens are the same when their bytes and ids are; a text whose values
    differ there, as a busy server rounds otherwise, keeps its own beside them.
    Iterating goes over the leaves, ``len`` counts them.

    Parameters
    ----------
    generations
        One `Generation`, or several.

    Attributes
    ----------
    state
        What is shown of it, for views.

    Raises
    ------
    InputError
        There is none, or they answer different prompts.

    Examples
    --------
    >>> tree = Tree(gens)
    >>> [round(p, 2) for p in tree.compare("1", "4").probabilities]
    [0.5, 0.25]
    """

    def __init__(self, generations: Generation | Iterable[Generation]) -> None:
        many = _listed(generations)
        if not many:
            msg = "a tree begins with a generation: lp.Tree(gen)"
            raise InputError(msg)
        first = Generation(many[0][:0].columns, many[0].meta)
        seed = State(first, root_of(many[0]))
        seed.plant((one, "") for one in many)
        self.state = State(first, seed.root)

    def add(self, generation: Generation, name: str = "") -> Leaf:
        """Add a text, and return its leaf.

        Parameters
        ----------
        generation
            Any answer to the tree's prompt by its model.
        name
            What to call it; without, the next number.

        Raises
        ------
        InputError
            It answers another prompt, or there is a leaf of that name.
        """
        if not isinstance(generation, Generation):
            kind = type(generation).__name__
            msg = f"a Generation is added, not {kind}; several by tree.extend(answers)"
            raise InputError(msg)
        return self.leaf(*self.state.plant([(generation, name)]))

    def extend(self, generations: Iterable[Generation]) -> list[Leaf]:
        """Add several texts in one step, all or, if one cannot be, none.

        Raises
        ------
        InputError
            One answers another prompt.
        """
        return self._planted((one, "") for one in _listed(generations))

    def _planted(self, named: Iterable[tuple[Generation, str]]) -> list[Leaf]:
        names = self.state.plant(named)
        found = {leaf.name: leaf for leaf in self} if names else {}
        return [found[name] for name in names]

    def rename(self, leaf: str | Leaf, name: str) -> None:
        """Give a text another name.

        Raises
        ------
        InputError
            There is no such leaf, or the name is empty or taken.
        """
        with self.state.lock:
            found = self.leaf(leaf)
            if not name:
                raise InputError("a name is text, such as 'sea'")
            if name == found.name:
                return
            new = found.end._replace(name=self.state.free(name))
            ends = tuple(new if one is found.end else one for one in found.node.ends)
            node = replace(found.node, ends=ends)
            self.state.change(with_last(found.path, node))

    def prune(self, what: str | Leaf | Node) -> None:
        """Take out a text, or all that go through a node, with what only they had.

        Raises
        ------
        InputError
            It is not in the tree, or the tree would be empty.
        """
        with self.state.lock:
            if isinstance(what, Node):
                self.state.change(with_last(self._path_to(what), None))
                return
            found = self.leaf(what)
            ends = tuple(one for one in found.node.ends if one is not found.end)
            node = replace(found.node, ends=ends)
            self.state.change(with_last(found.path, node))

    def _path_to(self, node: Node) -> Path:
        for _, path in ends_of(self.root):
            if node in path:
                return path[: path.index(node) + 1]
        msg = "this node is not of the tree as it is now: take one of tree.nodes"
        raise InputError(msg)

    def merge(self, other: Tree) -> list[Leaf]:
        """Add the texts of another tree of the same prompt, and return their leaves.

        A text that is here under the same name is left out; another one of that name
        gets the next number.

        Raises
        ------
        InputError
            It is no tree, or of another prompt or model.
        """
        if not isinstance(other, Tree):
            kind = type(other).__name__
            msg = f"a Tree is merged, not {kind}; a Generation by tree.add(gen)"
            raise InputError(msg)
        with self.state.lock:
            check_question(self.state.first, other.state.first)
            mine = {leaf.name: leaf for leaf in self}
            theirs = [(leaf, leaf.generation) for leaf in other]
            return self._planted(
                [
                    (generation, "" if leaf.name in mine else leaf.name)
                    for leaf, generation in theirs
                    if leaf.name not in mine or mine[leaf.name].generation != generation
                ]
            )

    def undo(self) -> None:
        """Take back the last change: what was added, pruned, named, merged or grown.

        Raises
        ------
        InputError
            There is none; 100 are kept.
        """
        self.state.undo()

    def save(self, path: str | PathLike[str]) -> None:
        """Write one Parquet file that `Tree.load` gives back, equal to the bit.

        Raises
        ------
        MissingPackageError
            PyArrow is not installed.
        """
        from lpwidgets.tree import store

        store.save(self.state, FilePath(path))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a tree that `save` wrote; there is nothing to undo in it yet.

        Raises
        ------
        InputError
            It is no such file.
        MissingPackageError
            PyArrow is not installed.
        """
        from lpwidgets.tree import store

        tree = cls.__new__(cls)
        tree.state = store.load(FilePath(path))
        return tree

    def branch(
        self,
        client: Client,
        leaf: str | Leaf,
        position: int,
        token: Any,
        *,
        name: str = "",
        **options: Any,
    ) -> Leaf:
        """Grow one branch, and return its leaf; see `grow`.

        Raises
        ------
        LpError
            As for `grow`.
        """
        forks = [(position, token)]
        return self.grow(client, leaf, forks, names=[name], **options)[0]

    def grow(
        self,
        client: Client,
        leaf: str | Leaf,
        forks: Sequence[tuple[int, Any]],
        *,
        names: Sequence[str] = (),
        show: bool | None = None,
        **options: Any,
    ) -> list[Leaf]:
        """Grow several branches of a text at once, and add them in one step.

        Whatever shows the tree follows while they stream. An interrupt ends them, and
        what had arrived is in the tree.

        Parameters
        ----------
        client
            The `Client` that made the text.
        leaf
            The text that they leave.
        forks
            Of each branch the position, and the token that is to stand there: text,
            bytes, an id, or one of the position's alternatives.
        names
            What to call them; the others get the next numbers.
        show
            Whether to show the tree while it grows: by default in a notebook, if no
            view of it is open.
        **options
            As for `lpwidgets.Client.branch`, such as ``max_tokens``.

        Raises
        ------
        InputError
            There is no such leaf, or a position or token cannot be meant; nothing was
            asked then.
        LpError
            The server cannot continue one of them, or did not answer; what came is in
            the tree.
        """
        from lpwidgets.tree.growth import Growth, grown

        source = self.leaf(leaf)
        growth = Growth(self.state, client, source, forks, names=names, options=options)
        planted = grown(growth, self, show=show)
        found = {leaf.name: leaf for leaf in self}
        return [found[name] for name in planted]

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        from lpwidgets.display.tree_widget import TreeWidget

        return TreeWidget(self, live=False)._repr_mimebundle_()


def _listed(generations: Any) -> list[Generation]:
    several = not isinstance(generations, Generation) and hasattr(
        generations, "__iter__"
    )
    found = list(generations) if several else [generations]
    strange = next((one for one in found if not isinstance(one, Generation)), None)
    if strange is not None:
        kind = type(strange).__name__
        msg = f"a tree holds Generations, not {kind}: lp.read makes them"
        raise InputError(msg)
    return found
