"""Which model scores are of: a map fitted to one says nothing of another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lpwidgets.errors import InputError

NO_OTHERS = (
    "what a score means differs from model to model\nfit one to answers of this model"
)
_EXAMPLE = "give generations, choices, a profile, or the model's name"


class Source(NamedTuple):
    """Who gave the answers; ``provider`` is None where only the model was named."""

    provider: str | None
    model: str

    def __str__(self) -> str:
        return f"{self.model} of {self.provider}" if self.provider else self.model

    def fits(self, other: Source) -> bool:
        """Whether both may be the same."""
        named = None not in {self.provider, other.provider}
        same = self.provider == other.provider or not named
        return same and self.model == other.model


def source_of(thing: Any) -> Source:
    """Return the model that a thing is of.

    Parameters
    ----------
    thing
        A model's name; a generation, choices or a profile; or several of one model.

    Raises
    ------
    InputError
        It is none of these, or of several models.
    """
    if isinstance(thing, str) and thing.strip():
        return Source(None, thing.strip())
    found = _told(thing)
    if found:
        return found
    several = thing if isinstance(thing, Iterable) else ()
    sources = {} if isinstance(several, str) else dict.fromkeys(map(_told, several))
    if len(sources) > 1 and None not in sources:
        listed = ", ".join(str(one) for one in list(sources)[:4])
        msg = f"these are of several models ({listed}): a map is of one"
        raise InputError(msg)
    one = next(iter(sources), None)
    if len(sources) > 1 or one is None:
        raise InputError(f"model={thing!r:.40} names no model: {_EXAMPLE}")
    return one


def _told(thing: Any) -> Source | None:
    told = getattr(thing, "meta", thing)
    provider, model = getattr(told, "provider", None), getattr(told, "model", None)
    if isinstance(provider, str) and isinstance(model, str) and model:
        return Source(provider, model)
    return None
