"""The tokens of a text that is made step by step, and how each came into it."""

from __future__ import annotations

import math
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.builder import GenerationBuilder
from lpwidgets.client.llamacpp import spelled
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Candidate, Delta, Part, Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lpwidgets.generation import Generation, TokenRow
    from lpwidgets.meta import Meta

_SPOKEN = (Part.GENERATED, Part.FORCED)


class How(StrEnum):
    """How a token came into a text."""

    PICKED = "picked"
    WRITTEN = "written"
    RAN = "ran"
    GIVEN = "given"


class Step(NamedTuple):
    """A token with the list of its position, as a server told both.

    ``part`` is `Part.FORCED` for what a person put there, since nobody sampled it.
    """

    token: Token
    how: How
    part: Part

    @property
    def piece(self) -> bytes:
        """What it spells, perhaps a part of a character."""
        return bytes_of(self.token)

    @property
    def text(self) -> str:
        """The same as text, half characters escaped."""
        return display_text(self.piece)

    @property
    def logprob(self) -> float:
        """Its log probability, nats; NaN unknown."""
        value = self.token.logprob
        return math.nan if value is None else value

    @property
    def listed(self) -> list[Candidate]:
        """What could have stood there, most likely first."""
        return self.token.top_logprobs or []


def bytes_of(one: Candidate) -> bytes:
    """Return what a candidate spells."""
    return spelled(one)


def step(token: Candidate, listed: Sequence[Candidate], how: How) -> Step:
    """Return a candidate of a position as a step."""
    part = Part.GENERATED if how is How.RAN else Part.FORCED
    whole = Token(token.token, token.logprob, token.bytes, token.id, list(listed))
    return Step(whole, how, part)


def given(rows: Iterable[TokenRow]) -> Iterator[Step]:
    """Yield the tokens of a generation as steps."""
    for row in rows:
        listed = row.alternatives
        is_added = row.rank == 0 and listed and listed[-1].bytes == row.bytes
        others = [
            _candidate(one.bytes, one.logprob, one.token_id)
            for one in (listed[:-1] if is_added else listed)
            if not math.isnan(one.logprob)
        ]
        own = _candidate(row.bytes, row.logprob, row.token_id)
        token = Token(own.token, own.logprob, own.bytes, own.id, others)
        yield Step(token, How.GIVEN, row.part)


def _candidate(data: bytes, logprob: float, token_id: int) -> Candidate:
    value = None if math.isnan(logprob) else logprob
    return Candidate(data.decode("utf-8", "replace"), value, tuple(data), token_id)


def said(steps: Iterable[Step]) -> str:
    """Return the text that steps spell."""
    data = b"".join(one.piece for one in steps if one.part in _SPOKEN)
    return data.decode("utf-8", "replace")


def built(steps: Sequence[Step], meta: Meta) -> Generation:
    """Return steps as a generation."""
    builder = GenerationBuilder()
    builder.add(Delta(0, Part.GENERATED, said(steps)))
    for part, run in groupby(steps, lambda one: one.part):
        builder.add(Delta(0, part, "", [one.token for one in run]))
    return builder.snapshot(meta)
