"""What several checks look at, computed once a generation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.columns import is_below
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

_NAMES = ("top_logprobs", "top_logprobs_num", "n_probs", "top_n_tokens", "logprobs")
"""What servers call the number of alternatives, where it may be more than a switch."""

_PLACES = ("parameters", "generationConfig", "sampling_params")
"""Objects that servers want their parameters in."""


class Evidence:
    """A generation, and arrays about it: one value a token, shape (n,).

    A server's list of alternatives is taken as it came: a sampled token that had to be
    added to it does not count.

    Parameters
    ----------
    generation
        What the checks are about.
    """

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.columns = generation.columns
        self.meta = generation.meta

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether the log probability is known."""
        return ~np.isnan(self.columns.logprob)

    @cached_property
    def below(self) -> NDArray[np.bool_]:
        """Whether a placeholder came for the log probability."""
        return is_below(self.columns.logprob)

    @cached_property
    def sampled(self) -> NDArray[np.bool_]:
        """Whether the model chose the token: not of the prompt, not forced."""
        given = (Part.PROMPT, Part.FORCED)
        result: NDArray[np.bool_] = np.isin(self.columns.part, given, invert=True)
        return result & ~self.columns.unreported

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Length of the list, a sampled token that was added to it included."""
        return self.columns.counts

    @cached_property
    def unlisted(self) -> NDArray[np.bool_]:
        """Whether the value is known, and its place among the listed ones is not."""
        columns = self.columns
        unranked = (columns.chosen >= 0) & (columns.rank == 0)
        unlisted: NDArray[np.bool_] = self.known & unranked
        return unlisted

    @cached_property
    def listed(self) -> NDArray[np.float64]:
        """Log probabilities of all alternatives, shape (m,), unlisted ones NaN."""
        columns, rows = self.columns, np.flatnonzero(self.unlisted)
        if not len(rows):
            return columns.alternative_logprob
        listed = columns.alternative_logprob.copy()
        listed[columns.alternative_offsets[rows] + columns.chosen[rows]] = np.nan
        return listed

    @cached_property
    def mass(self) -> NDArray[np.float64]:
        """Sum of the listed probabilities."""
        with np.errstate(over="ignore"):
            values = np.exp(self.listed)
        return self.each_list(np.add, np.nan_to_num(values, nan=0.0), 0.0)

    @cached_property
    def least(self) -> NDArray[np.float64]:
        """Smallest listed log probability, NaN when there is none."""
        return self.each_list(np.fmin, self.listed, np.nan)

    def each_list(
        self, operation: np.ufunc, values: NDArray[np.float64], empty: float
    ) -> NDArray[np.float64]:
        """Reduce the values of the alternatives, list by list."""
        result = np.full(len(self.counts), empty)
        some = self.counts > 0
        if some.any():
            starts = self.columns.alternative_offsets[:-1][some]
            with np.errstate(over="ignore"):
                result[some] = operation.reduceat(values, starts.astype(np.int64))
        return result

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Every known log probability, of tokens and of their alternatives."""
        both = np.concatenate([self.columns.logprob, self.columns.alternative_logprob])
        known: NDArray[np.float64] = both[~np.isnan(both)]
        return known

    @cached_property
    def asked(self) -> int:
        """Number of alternatives that the request asked for, 0 if it did not say."""
        top = self.meta.parameters
        places: list[Any] = [top, *(top.get(name) for name in _PLACES)]
        numbers = (
            place.get(name)
            for place in places
            if isinstance(place, dict)
            for name in _NAMES
        )
        return next((n for n in numbers if type(n) is int and n > 0), 0)
