"""Samplers one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.sampling.base import Sampler
from lpwidgets.sampling.decisions import decided

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.sampling.base import Second
    from lpwidgets.sampling.candidates import Candidates, Context, Values


class Compose(Sampler):
    """Samplers in a row: each sees what the one before left, which sums to 1.

    The order matters: a temperature before top-p flattens what top-p then cuts.

    >>> from lpwidgets.sampling import Temperature, TopK
    >>> Compose(TopK(2), Temperature(0.5))(halves).round(3).tolist()
    [0.8, 0.2, 0.0]
    """

    def __init__(self, *steps: Callable[[Candidates], object]) -> None:
        if not steps or not all(map(callable, steps)):
            raise InputError(
                "Compose takes samplers, such as Compose(TopK(40), MinP(0.1))"
            )
        self.steps = steps
        seconds = [one for step in steps if (one := getattr(step, "second", None))]
        if len(seconds) > 1:
            raise InputError("one sampler of a chain may compare with a second prompt")
        self._second: Second | None = seconds[0] if seconds else None

    @property
    def second(self) -> Second | None:  # type: ignore[override]
        """What one of the steps compares the candidates with."""
        return self._second

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,)."""
        for step in self.steps:
            candidates = candidates.weighted(decided(step, candidates))
        return np.asarray(candidates.logprobs)

    def needs(self, candidates: Candidates) -> float:
        """Return what the first step needs: the others see only what it leaves."""
        first = self.steps[0]
        if isinstance(first, Sampler):
            return first.needs(candidates)
        return candidates.unseen

    def parameters(self) -> dict[str, Any] | None:
        """Return llama.cpp's parameters, if it has all the steps, each once."""
        found: dict[str, Any] = {"samplers": []}
        for step in self.steps:
            own = step.parameters() if isinstance(step, Sampler) else None
            chain = found["samplers"]
            if own is None or set(own["samplers"]) & set(chain):
                return None
            found |= {**own, "samplers": [*chain, *own["samplers"]]}
        steered = "mirostat" in found["samplers"]
        alone = found["samplers"] in (["mirostat"], ["temperature", "mirostat"])
        return None if steered and not alone else found

    def done(self, context: Context) -> bool:
        """Say whether one of the steps takes the text for complete."""
        return any(isinstance(one, Sampler) and one.done(context) for one in self.steps)

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.steps))})"
