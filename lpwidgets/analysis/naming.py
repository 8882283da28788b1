"""What to call generations that stand side by side: by what differs between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Generation

_LONGEST = 40


def names_of(
    generations: Sequence[Generation], names: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return a name for each.

    Without `names` they are the models, or the parameters of the request, that differ;
    numbers from 1 if that does not tell them apart.

    Raises
    ------
    InputError
        `names` are no texts, or not as many as generations.
    """
    if names is None:
        return _found(generations)
    given = [names] if isinstance(names, str) else list(names)
    if len(given) != len(generations) or not all(isinstance(x, str) for x in given):
        msg = f"names={names!r:.60}: {len(generations)} texts are needed, one for each"
        raise InputError(msg)
    return tuple(given)


def _found(generations: Sequence[Generation]) -> tuple[str, ...]:
    models = [one.meta.model for one in generations]
    if len(set(models)) == len(models) and all(models):
        return tuple(models)
    known = [{"model": one.meta.model, **one.meta.parameters} for one in generations]
    keys = {key: None for one in known for key in one}
    differing = [
        key for key in keys if len({_short(one.get(key)) for one in known}) > 1
    ]
    found = [", ".join(f"{k} {_short(one.get(k))}" for k in differing) for one in known]
    if len(set(found)) == len(found) and all(len(name) <= _LONGEST for name in found):
        return tuple(found)
    return tuple(str(number) for number in range(1, len(generations) + 1))


def _short(value: object) -> str:
    if value is None:
        return "default"
    return f"{value:g}" if isinstance(value, float) else str(value)
