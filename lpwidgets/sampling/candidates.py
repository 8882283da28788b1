"""What a sampler sees of one position: the candidates, and what was said so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Values = NDArray[np.float64]


@dataclass(frozen=True)
class Context:
    """The prompt and the tokens so far, as ids and bytes.

    Of a server that tells no ids the prompt is empty, and the ids are just numbers.

    ``logprobs`` are the model's own of the tokens said, nats.
    """

    prompt_ids: tuple[int, ...] = ()
    prompt_pieces: tuple[bytes, ...] = ()
    ids: tuple[int, ...] = ()
    pieces: tuple[bytes, ...] = ()
    logprobs: tuple[float, ...] = ()

    @property
    def text(self) -> str:
        """What was said so far, half characters escaped."""
        return display_text(b"".join(self.pieces))

    def then(self, token: int, piece: bytes, logprob: float) -> Context:
        """Return the context after one more token."""
        return replace(
            self,
            ids=(*self.ids, token),
            pieces=(*self.pieces, piece),
            logprobs=(*self.logprobs, logprob),
        )


@dataclass(frozen=True, eq=False)
class Candidates:
    """The listed tokens of a position, most likely first.

    Parameters
    ----------
    ids
        Token ids, shape (k,); just numbers, one a spelling, if the server tells none.
    pieces
        Their bytes, k of them.
    logprobs
        Log probabilities in nats, shape (k,); minus infinity for one that a sampler
        before has ruled out.
    context
        The prompt and the tokens so far.
    ends
        Ids of tokens that end a text.
    second
        Log probabilities of the same tokens after a second prompt, shape (k,); for one
        that was not listed there the smallest that was. None without such a prompt.
    second_seen
        Which of them were listed there, shape (k,).
    """

    ids: NDArray[np.int64]
    pieces: tuple[bytes, ...]
    logprobs: Values
    context: Context = field(default_factory=Context)
    ends: frozenset[int] = frozenset()
    second: Values | None = None
    second_seen: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The tokens as text, half characters escaped."""
        return tuple(map(display_text, self.pieces))

    @cached_property
    def probabilities(self) -> Values:
        """The exponentials of the log probabilities, shape (k,)."""
        return np.exp(self.logprobs)

    @property
    def unseen(self) -> float:
        """The mass of all tokens that are not listed, from 0 to 1."""
        return min(max(1.0 - float(self.probabilities.sum()), 0.0), 1.0)

    @property
    def entropy(self) -> float:
        """Entropy of the list, renormalised, in nats."""
        p = softmax(self.logprobs)
        p = p[p > 0]
        return float(-(p * np.log(p)).sum())

    def place(self, token: int) -> int:
        """Return where a token id is in the list, −1 if it is not."""
        found = np.flatnonzero(self.ids == token)
        return int(found[0]) if len(found) else -1

    def weighted(self, distribution: Values) -> Candidates:
        """Return the same tokens with a distribution in place of the model's values."""
        with np.errstate(divide="ignore"):
            return replace(self, logprobs=np.log(distribution))


def softmax(weights: Values) -> Values:
    """Return log weights as probabilities that sum to 1.

    >>> softmax(np.log([1.0, 3.0])).tolist()
    [0.25, 0.75]
    """
    shifted = np.exp(weights - weights.max())
    result: Values = shifted / shifted.sum()
    return result
