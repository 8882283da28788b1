"""The smallest acyclic automaton that reads given sequences, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Automaton(NamedTuple):
    """States, numbered so that every transition goes to a larger number; 0 is first.

    ``paths`` has the states that each sequence goes through, the first one included.
    ``prefixes`` counts the beginnings of sequences that lead to each state.
    """

    paths: list[list[int]]
    prefixes: list[int]


def smallest(sequences: Sequence[Sequence[Hashable]]) -> Automaton:
    """Return the smallest acyclic automaton of sequences that tell what they come to.

    That is their last symbol, which stands nowhere else, and has a last state of its
    own. Other states are one where all that can follow is the same (Revuz 1992; Daciuk
    et al. 2000), so that no sequence is read but these.

    >>> smallest(["a.", "b.", "a!"]).paths
    [[0, 1, 3], [0, 2, 3], [0, 1, 4]]
    """
    tree, ways = _prefix_tree(sequences)
    last = {way[-1]: one[-1] for way, one in zip(ways, sequences, strict=True)}
    seen: dict[Hashable, int] = {}
    state = [0] * len(tree)
    for node in reversed(range(len(tree))):  # children come after their parents
        follow = frozenset((symbol, state[to]) for symbol, to in tree[node].items())
        state[node] = seen.setdefault(last.get(node, follow), len(seen))
    prefixes = [0] * len(seen)
    for one in state:
        prefixes[len(seen) - 1 - one] += 1
    paths = [[len(seen) - 1 - state[node] for node in way] for way in ways]
    return Automaton(paths, prefixes)


def _prefix_tree(
    sequences: Sequence[Sequence[Hashable]],
) -> tuple[list[dict[Hashable, int]], list[list[int]]]:
    """Return each node's children, and the nodes that each sequence goes through."""
    tree: list[dict[Hashable, int]] = [{}]
    ways = []
    for sequence in sequences:
        way = [0]
        for symbol in sequence:
            if symbol not in tree[way[-1]]:
                tree[way[-1]][symbol] = len(tree)
                tree.append({})
            way.append(tree[way[-1]][symbol])
        ways.append(way)
    return tree, ways
