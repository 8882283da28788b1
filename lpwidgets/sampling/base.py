"""What the built-in samplers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.sampling.candidates import softmax

if TYPE_CHECKING:
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.async_client import AsyncClient
    from lpwidgets.client.client import Client
    from lpwidgets.sampling.candidates import Candidates, Context, Values

NEVER = -np.inf


@dataclass(frozen=True, eq=False)
class Second:
    """A second prompt, whose values a sampler wants for each candidate.

    ``client`` is who is asked, None for the client that samples; its model has to have
    the same tokens.
    """

    prompt: Prompt
    client: Client | AsyncClient | None = None


class Sampler(ABC):
    """A rule for the next token: `Candidates` in, a distribution over them out.

    Anything that can be called so is a sampler, too. A subclass says how the candidates
    weigh; it may say more, for fewer requests and better notes.
    """

    second: Second | None = None
    cuts: ClassVar[bool] = False
    """Whether it drops unlikely tokens, so that the unlisted ones may not matter."""

    def __call__(self, candidates: Candidates) -> Values:
        """Return probabilities, shape (k,), that sum to 1."""
        return softmax(self.weights(candidates))

    @abstractmethod
    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,), minus infinity for what is ruled out."""

    def needs(self, candidates: Candidates) -> float:
        """Return the mass that the rule would look at and that is not listed."""
        return candidates.unseen

    def parameters(self) -> dict[str, Any] | None:
        """Return what makes llama.cpp sample so, None if it cannot.

        ``samplers`` are the steps of its chain, in order.
        """
        return None

    def done(self, context: Context) -> bool:
        """Say whether the text is complete, whatever the model would add."""
        del context
        return False


def among(
    name: str, value: object, low: float, high: float = np.inf, *, above: bool = False
) -> None:
    """Refuse a parameter outside its bounds.

    Raises
    ------
    InputError
        It is no number from `low` (or above it) to `high`.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    fits = isinstance(value, int | float | np.number) and low <= value <= high
    if not (number and fits) or (above and value == low):
        begin = f"above {low:g}" if above else f"{low:g} or more"
        end = "" if high == np.inf else f", at most {high:g}"
        raise InputError(f"{name}={value!r:.40}: it is a number, {begin}{end}")


def kept_only(candidates: Candidates, keep: Any) -> Values:
    """Return the log probabilities of what is kept; the most likely always is."""
    kept = np.asarray(keep, dtype=bool)
    if not (kept & (candidates.logprobs > NEVER)).any():
        kept = candidates.logprobs == candidates.logprobs.max()
    result: Values = np.where(kept, candidates.logprobs, NEVER)
    return result
