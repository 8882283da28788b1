"""Which tokens are meant: by mask, position, slice, condition or run."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.generation import Generation, Generations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Masks = list[NDArray[np.bool_]]

Stretches = list[list[int]]
"""Runs of tokens: ``[number of the generation, first position, position after]``."""


def stretches(generations: Sequence[Generation], meant: Any) -> Stretches:
    """Return the runs of tokens that are meant.

    Parameters
    ----------
    generations
        What is shown.
    meant
        Runs as above; a condition as `Generation.where` takes it, or what that gave;
        a mask of all tokens; positions or a slice of all tokens, generation after
        generation.

    Raises
    ------
    InputError
        It is none of these, or not about these tokens.
    """
    if _are_stretches(meant):
        return [_checked(generations, *map(int, one)) for one in meant]
    masks = _masks(generations, meant)
    return [run for number, mask in enumerate(masks) for run in _runs(number, mask)]


def mask(generations: Sequence[Generation], runs: Stretches) -> NDArray[np.bool_]:
    """Return which of all tokens are in the runs, generation after generation."""
    masks = [np.zeros(len(generation), dtype=np.bool_) for generation in generations]
    for number, start, stop in runs:
        masks[number][start:stop] = True
    return np.concatenate([*masks, np.zeros(0, dtype=np.bool_)])


def taken(
    generations: Sequence[Generation], runs: Stretches
) -> Generation | Generations:
    """Return the tokens in the runs: of one generation, or of each."""
    masks = _split(generations, mask(generations, runs))
    parts = [
        Generation(generation.columns.take(np.flatnonzero(mask)), generation.meta)
        for generation, mask in zip(generations, masks, strict=True)
    ]
    return parts[0] if len(parts) == 1 else Generations(parts)


def _are_stretches(meant: Any) -> bool:
    return isinstance(meant, (list, tuple)) and all(
        isinstance(one, (list, tuple)) and len(one) == 3  # noqa: PLR2004
        for one in meant
    )


def _checked(
    generations: Sequence[Generation], number: int, start: int, stop: int
) -> list[int]:
    known = 0 <= number < len(generations)
    if not known or not 0 <= start <= stop <= len(generations[number]):
        msg = f"there are no tokens {start} to {stop} in generation {number}"
        raise InputError(msg)
    return [number, start, stop]


def _masks(generations: Sequence[Generation], meant: Any) -> Masks:
    from lpwidgets.analysis.selection import where

    if isinstance(meant, str):
        meant = where(generations, meant)
    whole = np.zeros(sum(map(len, generations)), dtype=np.bool_)
    index = (
        meant if isinstance(meant, slice) else np.asarray(getattr(meant, "mask", meant))
    )
    try:
        whole[index] = True
    except (IndexError, TypeError, ValueError):
        msg = (
            f"{meant!r:.40} does not say which of the {len(whole)} tokens: take a mask "
            'of them, positions,\nor a condition such as "logprob < -3"'
        )
        raise InputError(msg) from None
    return _split(generations, whole)


def _split(generations: Sequence[Generation], whole: NDArray[np.bool_]) -> Masks:
    ends = np.cumsum([len(generation) for generation in generations])
    return np.split(whole, ends[:-1]) if len(ends) else []


def _runs(number: int, mask: NDArray[np.bool_]) -> Stretches:
    """Return where a mask begins and ends to be true."""
    padded = np.concatenate([[False], mask, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return [[number, start, stop] for start, stop in list(pairwise(edges))[::2]]
