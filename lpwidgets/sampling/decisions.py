"""What a sampler returned, as a distribution, or why it is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from lpwidgets.errors import LpError, SamplerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.sampling.candidates import Candidates, Values

_CLOSE = 1e-6
"""How far from 1 the probabilities of a sampler may sum."""


def decided(sampler: Callable[[Candidates], object], candidates: Candidates) -> Values:
    """Return a sampler's distribution, shape (k,); a choice is all of it on one token.

    A whole number is a place in the list, text or bytes name a token.

    Raises
    ------
    SamplerError
        It raised, or what it returned is neither.
    """
    try:
        said = sampler(candidates)
    except LpError:
        raise
    except Exception as error:
        what = f"raised {type(error).__name__}: {error!s:.120}"
        raise SamplerError(_at(candidates, what)) from error
    if said is None:
        _refuse(candidates, "returned nothing", _WANTED)
    if isinstance(said, str | bytes):
        return _only(candidates, _named(candidates, said))
    array = np.asarray(said)
    if array.ndim == 0 and np.issubdtype(array.dtype, np.integer):
        place = int(array)
        if not 0 <= place < len(candidates) or np.isneginf(candidates.logprobs[place]):
            few = f"there are {len(candidates)}, counted from 0"
            _refuse(candidates, f"chose candidate {place}", few)
        return _only(candidates, place)
    return _distribution(candidates, array)


_WANTED = "a place in the list, a token's text, or an array of probabilities is wanted"


def _named(candidates: Candidates, said: str | bytes) -> int:
    data = said.encode("utf-8", "replace") if isinstance(said, str) else said
    found = [place for place, one in enumerate(candidates.pieces) if one == data]
    if len(found) != 1:
        what = "not offered" if not found else "spelled by several candidates"
        few = ", ".join(map(repr, candidates.texts[:4]))
        _refuse(
            candidates, f"chose {said!r:.40}, which is {what}", f"there are {few} …"
        )
    return found[0]


def _distribution(candidates: Candidates, array: Any) -> Values:
    numbers = array.dtype.kind in "fiu"
    if not numbers or array.shape != (len(candidates),):
        shape = array.shape if array.dtype.kind in "fiub" else type(array[()]).__name__
        what = f"returned {shape!s:.60}"
        _refuse(candidates, what, f"{_WANTED}: {len(candidates)} of them")
    p: Values = array.astype(np.float64)
    if not np.isfinite(p).all():
        _refuse(candidates, "returned NaN or infinity", _WANTED)
    if (p < 0).any():
        _refuse(candidates, f"returned a probability of {p.min():.3g}", _WANTED)
    total = float(p.sum())
    if abs(total - 1.0) > _CLOSE:
        hint = "divide by the sum: p / p.sum()"
        _refuse(candidates, f"returned probabilities that sum to {total:.6g}", hint)
    result: Values = p / total
    return result


def _only(candidates: Candidates, place: int) -> Values:
    result: Values = np.zeros(len(candidates))
    result[place] = 1.0
    return result


def _refuse(candidates: Candidates, what: str, hint: str) -> NoReturn:
    raise SamplerError(f"{_at(candidates, what)}\n{hint}")


def _at(candidates: Candidates, what: str) -> str:
    return f"the sampler {what}, at token {len(candidates.context.ids)}"
