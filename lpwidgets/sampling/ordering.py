"""What `client.sample` was given, checked before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lpwidgets.client.arguments import (
    check,
    messages,
    parameters,
    refuse_misplaced,
    refuse_misspelled,
    text,
    whole,
)
from lpwidgets.errors import InputError
from lpwidgets.searching.budget import Budget, budget_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.providers import Provider
    from lpwidgets.searching.budget import Limits

WAYS = ("auto", "server", "speculative", "single")
_USUAL_TOKENS = 256
_COMMON = ("max_tokens", "top_logprobs")


@dataclass
class Order:
    """What is to be sampled; ``prompt`` is ``{"messages": …}`` or ``{"prompt": …}``."""

    prompt: dict[str, Any]
    model: str
    limit: int
    top: int
    seed: int | None = None
    stop: Sequence[str] = ()
    way: str = "auto"
    budget: Budget = field(default_factory=Budget)
    extra: dict[str, Any] = field(default_factory=dict)

    def said(self, *, llamacpp: bool = True) -> dict[str, Any]:
        """Return what `lpwidgets.Meta.parameters` holds of it."""
        seed = {} if self.seed is None else {"seed": self.seed}
        names = ("n_predict", "n_probs") if llamacpp else _COMMON
        return {**self.prompt, names[0]: self.limit, names[1]: self.top, **seed}


def order_for(
    row: Provider,
    prompt: Prompt,
    sampler: object,
    way: str,
    *,
    max_tokens: int | None,
    seed: int | None,
    top_logprobs: int,
    system: str | None,
    stop: str | Sequence[str] | None,
    model: str,
    api: str | None,
    budget: Limits,
    extra: dict[str, Any],
) -> Order:
    """Return what is to be sampled.

    Raises
    ------
    InputError
        Something in it cannot work.
    """
    refuse_misplaced(extra)
    refuse_misspelled(extra)
    if not callable(sampler) or isinstance(sampler, type):
        msg = (
            f"sampler={sampler!r:.60}: it is a function of the candidates, or one of "
            "lpwidgets.sampling, such as MinP(0.1)"
        )
        raise InputError(msg)
    check(way in WAYS, "way", way, f"one of {', '.join(WAYS)}")
    parameters(
        max_tokens=max_tokens, least_tokens=1, temperature=None, seed=seed, stop=stop
    )
    if seed is not None:
        whole("seed", seed, 0, None)
    least, most = row.top_logprobs
    top = whole("top_logprobs", top_logprobs, max(least, 1), most, row.name)
    if row.api(api).is_chat:
        asked: dict[str, Any] = {"messages": messages(prompt, system)}
    else:
        asked = {"prompt": text(prompt, system)}
    limit = max_tokens or row.default_max_tokens or _USUAL_TOKENS
    stops = [stop] if isinstance(stop, str) else [one for one in stop or () if one]
    allowed = budget_of(budget)
    return Order(asked, model, limit, top, seed, stops, way, allowed, extra)
