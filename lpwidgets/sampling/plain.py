"""A sampler as the parameters that servers other than llama.cpp have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.sampling.base import Sampler

if TYPE_CHECKING:
    from lpwidgets.client.providers import Provider

_ORDER = ("penalties", "temperature", "top_k", "top_p", "min_p")
"""In which order servers apply them, whatever the order they are given in."""

_SENT = {"repeat_penalty": "repetition_penalty"}
_NEVER_SENT = {"samplers", "repeat_last_n"}


def parameters_for(sampler: object, row: Provider) -> dict[str, Any] | None:
    """Return what makes a server sample so, None if it cannot."""
    own = sampler.parameters() if isinstance(sampler, Sampler) else None
    if own is None or "grammar" in own or not {*own["samplers"]} <= {*_ORDER}:
        return None
    places = [_ORDER.index(step) for step in own["samplers"]]
    sent = {
        _SENT.get(name, name): value
        for name, value in own.items()
        if name not in _NEVER_SENT
    }
    if sent.get("repetition_penalty") == 1.0:
        del sent["repetition_penalty"]
    if places != sorted(places) or not {*sent} <= {*row.samplers}:
        return None
    return {"temperature": 1.0, "top_p": 1.0} | sent
