"""Which answers say the same: texts into clusters, by any notion of "the same".

Two answers are in one cluster when they are the same, or when others between them are:
so the clusters do not depend on the order of the answers.
"""

from __future__ import annotations

import itertools
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Same: TypeAlias = Callable[[str, str], bool]

_QUOTES = "\"'`´‘’“”„«»"  # noqa: RUF001
_ENDS = ".,;:!?…"


def normalised(text: str) -> str:
    """Return a text without what does not change an answer.

    Unicode's compatible forms are one (NFKC), case is folded, white space is a single
    space, and quotes around it and full stops and the like behind it are taken away.
    What stands inside stays: -5 is not 5, and 1.5 is not 15.

    >>> normalised(' "The answer  is PARIS." ')
    'the answer is paris'
    """
    words = unicodedata.normalize("NFKC", text).casefold().split()
    return " ".join(words).strip(_QUOTES).rstrip(_QUOTES + _ENDS + " ")


def similar(embed: Callable[[str], ArrayLike], at_least: float = 0.9) -> Same:
    """Return what takes two texts for the same if their embeddings are close.

    Parameters
    ----------
    embed
        Gives a text's vector, such as ``SentenceTransformer(…).encode``; called once
        for each distinct text.
    at_least
        The cosine from which on they are the same, −1 to 1.

    Raises
    ------
    InputError
        It is no such number.

    >>> lengths = similar(lambda text: [len(text), 1.0], at_least=0.99)
    >>> lengths("Paris", "Milan"), lengths("Paris", "I")
    (True, False)
    """
    if not -1 <= at_least <= 1:
        msg = f"at_least={at_least!r:.40}: a cosine is a number from -1 to 1"
        raise InputError(msg)

    @cache
    def unit(text: str) -> NDArray[np.float64]:
        vector = np.asarray(embed(text), dtype=np.float64).ravel()
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector

    return lambda a, b: float(unit(a) @ unit(b)) >= at_least


def clusters(texts: Sequence[str], same: Same | None = None) -> NDArray[np.int64]:
    """Return the number of each text's cluster, shape (n,), counted from 0.

    Parameters
    ----------
    texts
        The answers. One without text is the same as no other.
    same
        Whether two texts say the same. It is asked both ways and has to agree, so what
        tells whether one entails the other can be passed as it is: that is the
        bidirectional entailment of Kuhn et al. (2023). Texts that are equal are not
        asked for. Without, they are the same if `normalised` they are equal.

    >>> clusters(["Paris", "paris.", "Rome", "", ""])
    array([0, 0, 1, 2, 3])
    """
    keys: dict[str | int, list[int]] = {}
    for place, text in enumerate(texts):
        key = text if same else normalised(text)
        keys.setdefault(key if text.strip() else place, []).append(place)
    groups = _joined(list(keys), same)
    labels = np.zeros(len(texts), dtype=np.int64)
    for places, group in zip(keys.values(), groups, strict=True):
        labels[places] = group
    return _numbered(labels)


def _joined(keys: list[str | int], same: Same | None) -> list[int]:
    """Return the group of each key; groups with two texts that are the same are one."""
    group = list(range(len(keys)))
    if same is None:
        return group
    asked = [(i, key) for i, key in enumerate(keys) if isinstance(key, str)]
    for (i, a), (j, b) in itertools.combinations(asked, 2):
        if group[i] != group[j] and same(a, b) and same(b, a):
            old, new = group[j], group[i]
            group = [new if one == old else one for one in group]
    return group


def _numbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels, numbered in the order of their first members."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    result: NDArray[np.int64] = order[inverse]
    return result
