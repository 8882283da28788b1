"""Samplers that make what was said before less likely."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.sampling.base import Sampler, among

if TYPE_CHECKING:
    from lpwidgets.sampling.candidates import Candidates, Context, Values


@dataclass(frozen=True)
class RepetitionPenalty(Sampler):
    """Tokens of the last `last_n` weigh less, in the prompt and since.

    `penalty` multiplies their log probability (Keskar et al. 2019, arXiv:1909.05858,
    divides logits above 0 and multiplies those below; logits come from no server, and
    log probabilities are logits of 0 and below). `frequency` is subtracted for each
    time, `presence` once, as OpenAI's parameters are.

    >>> RepetitionPenalty(2.0)(said_a).round(3).tolist()
    [0.4, 0.4, 0.2]
    """

    penalty: float = 1.1
    frequency: float = 0.0
    presence: float = 0.0
    last_n: int = 64

    def __post_init__(self) -> None:
        among("penalty", self.penalty, 0, above=True)
        among("frequency", self.frequency, -2, 2)
        among("presence", self.presence, -2, 2)
        among("last_n", self.last_n, 1)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        seen = Counter(_said(candidates.context)[-self.last_n :])
        counts = np.array([seen[token] for token in candidates.ids.tolist()])
        x = candidates.logprobs * np.where(counts > 0, self.penalty, 1.0)
        result: Values = x - self.frequency * counts - self.presence * (counts > 0)
        return result

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {
            "samplers": ["penalties"],
            "repeat_penalty": self.penalty,
            "repeat_last_n": self.last_n,
            "frequency_penalty": self.frequency,
            "presence_penalty": self.presence,
        }


@dataclass(frozen=True)
class DRY(Sampler):
    """Don't repeat yourself (p-e-w 2024, text-generation-webui #5677).

    A token that would make a sequence of n tokens repeat one from before, n at least
    `allowed_length`, loses ``multiplier * base ** (n - allowed_length)`` nats. Tokens
    with one of the `breakers` in them end a sequence.

    >>> DRY(multiplier=0.5, allowed_length=1)(said_aba).round(3).tolist()
    [0.447, 0.369, 0.184]
    """

    multiplier: float = 0.8
    base: float = 1.75
    allowed_length: int = 2
    breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    last_n: int = 1024

    def __post_init__(self) -> None:
        among("multiplier", self.multiplier, 0)
        among("base", self.base, 1)
        among("allowed_length", self.allowed_length, 1)
        among("last_n", self.last_n, 1)

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        longest = self.repeats(candidates.context)
        lengths = np.array([longest.get(one, 0) for one in candidates.ids.tolist()])
        over = lengths - self.allowed_length
        penalty = self.multiplier * self.base ** np.maximum(over, 0)
        result: Values = candidates.logprobs - np.where(over >= 0, penalty, 0.0)
        return result

    def repeats(self, context: Context) -> dict[int, int]:
        """Return, for each token that followed the end before, how much it matched."""
        ids = _said(context)[-self.last_n :]
        pieces = (*context.prompt_pieces, *context.pieces)[-self.last_n :]
        breaks = [any(one.encode() in p for one in self.breakers) for p in pieces]
        longest: dict[int, int] = {}
        for end in range(len(ids) - 1):
            length = 0
            while (
                length <= end
                and ids[end - length] == ids[-1 - length]
                and not (pieces and breaks[end - length])
            ):
                length += 1
            if length:
                longest[ids[end + 1]] = max(length, longest.get(ids[end + 1], 0))
        return longest

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters."""
        return {
            "samplers": ["dry"],
            "dry_multiplier": self.multiplier,
            "dry_base": self.base,
            "dry_allowed_length": self.allowed_length,
            "dry_penalty_last_n": self.last_n,
            "dry_sequence_breakers": list(self.breakers),
        }


def _said(context: Context) -> tuple[int, ...]:
    return context.prompt_ids + context.ids
