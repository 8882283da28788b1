"""Samplers that keep the text within a pattern or a list of choices."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lpwidgets.errors import InputError, SamplerError
from lpwidgets.sampling.base import NEVER, Sampler
from lpwidgets.sampling.patterns import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.sampling.candidates import Candidates, Context, Values


class _Language(Protocol):
    """A set of texts, as bytes."""

    def begins(self, data: bytes) -> bool:
        """Say whether one of them begins so."""

    def has(self, data: bytes) -> bool:
        """Say whether this is one of them."""

    def goes_on(self, data: bytes) -> bool:
        """Say whether one of them is longer than this beginning."""


class _Constrained(Sampler):
    """Candidates that keep the text's beginning one of a language."""

    _language: _Language

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,).

        Raises
        ------
        SamplerError
            None of the candidates fits.
        """
        said = b"".join(candidates.context.pieces)
        whole = self._language.has(said)
        fits = [
            whole if token in candidates.ends else self._fits(said, piece)
            for token, piece in zip(
                candidates.ids.tolist(), candidates.pieces, strict=True
            )
        ]
        x: Values = np.where(fits, candidates.logprobs, NEVER)
        if (x == NEVER).all():
            msg = (
                f"after {candidates.context.text[-30:]!r} none of the "
                f"{len(candidates)} candidates fits {self!r:.60}, and "
                f"{candidates.unseen:.2g} of the mass is not listed\n"
                f"ask for more with top_logprobs={10 * len(candidates)}, or say in the "
                "prompt what to write"
            )
            raise SamplerError(msg)
        return x

    def _fits(self, said: bytes, piece: bytes) -> bool:
        return bool(piece) and self._language.begins(said + piece)

    def done(self, context: Context) -> bool:
        """Say whether the text fits and nothing longer would."""
        said = b"".join(context.pieces)
        return self._language.has(said) and not self._language.goes_on(said)


class _List:
    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [text.encode() for text in texts]

    def begins(self, data: bytes) -> bool:
        return any(text.startswith(data) for text in self._texts)

    def has(self, data: bytes) -> bool:
        return data in self._texts

    def goes_on(self, data: bytes) -> bool:
        return any(text.startswith(data) and text != data for text in self._texts)

    def covers(self, said: bytes, piece: bytes, others: Sequence[bytes]) -> bool:
        """Say whether each text that goes on with a piece does with a longer one."""
        rests = [
            text[len(said) :] for text in self._texts if text.startswith(said + piece)
        ]
        longer = tuple(one for one in others if one != piece and one.startswith(piece))
        return bool(piece) and all(rest.startswith(longer) for rest in rests)


@dataclass(frozen=True)
class Choices(_Constrained):
    """One of a list of texts (constrained decoding; Hokamp and Liu 2017, 1704.07138).

    A candidate whose choices all go on with longer candidates is left out, such as "A"
    beside "As": no choice is lost, and after it a short list seldom has what follows.

    >>> Choices(["bc", "c"])(halves).round(3).tolist()
    [0.0, 0.667, 0.333]
    """

    texts: Sequence[str]
    _language: _List = field(init=False, repr=False)

    def __post_init__(self) -> None:
        listed = [] if isinstance(self.texts, str) else list(self.texts)
        if (
            not listed
            or not all(isinstance(one, str) for one in listed)
            or "" in listed
        ):
            raise InputError('Choices takes a list of texts, such as ["yes", "no"]')
        object.__setattr__(self, "_language", _List(listed))

    def weights(self, candidates: Candidates) -> Values:
        """Return log weights, shape (k,).

        Raises
        ------
        SamplerError
            None of the candidates fits.
        """
        x = super().weights(candidates)
        said = b"".join(candidates.context.pieces)
        beginnings = [
            b"" if token in candidates.ends or weight == NEVER else piece
            for token, piece, weight in zip(
                candidates.ids.tolist(), candidates.pieces, x.tolist(), strict=True
            )
        ]
        covered = [self._language.covers(said, one, beginnings) for one in beginnings]
        return np.where(covered, NEVER, x)

    def parameters(self) -> dict[str, Any]:
        """Return llama.cpp's parameters: a grammar."""
        options = " | ".join(json.dumps(one, ensure_ascii=False) for one in self.texts)
        return {"samplers": [], "grammar": f"root ::= {options}"}


@dataclass(frozen=True)
class Regex(_Constrained):
    r"""A text that a regular expression matches as a whole (Willard and Louf 2023).

    Efficient guided generation (arXiv:2307.09702). Understood are literals, ``.``,
    classes, ``\d \w \s``, groups, ``|``, ``* + ?`` and ``{m,n}``.

    >>> Regex("[bc]+")(halves).round(3).tolist()
    [0.0, 0.667, 0.333]
    """

    pattern: str
    _language: Pattern = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_language", Pattern(self.pattern))
