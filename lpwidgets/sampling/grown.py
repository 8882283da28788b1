"""A text that a sampler grew, as a generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lpwidgets.builder import GenerationBuilder
from lpwidgets.meta import BUDGET, Status
from lpwidgets.sampling.base import Sampler
from lpwidgets.wire.records import Delta, Part, Token, Usage

if TYPE_CHECKING:
    from lpwidgets.generation import Generation
    from lpwidgets.meta import Meta
    from lpwidgets.sampling.loop import Loop, Rule
    from lpwidgets.wire.records import Candidate

_STATUS = {
    "stop": Status.COMPLETE,
    "length": Status.LENGTH,
    BUDGET: Status.STOPPED,
}


def grown(
    loop: Loop | None,
    sampler: Rule,
    way: str,
    meta: Meta,
    ended: tuple[Status, str] | None,
    *,
    knows_ids: bool = True,
) -> Generation:
    """Return what there is of a text.

    Parameters
    ----------
    loop
        Where it grows, None if it has not begun.
    sampler
        What takes its tokens, for the note.
    way
        Drafted, or one by one.
    meta
        What is known without the loop.
    ended
        Why it was ended from outside, and with which error.
    knows_ids
        Whether the ids of its tokens are the model's.
    """
    builder = GenerationBuilder()
    if loop is None:
        return builder.snapshot(_ended(meta, "", ended))
    tokens = list(loop.tokens)
    if tokens:
        entries = [
            Token(own.token, own.logprob, own.bytes, own.id, listed)
            for own, listed in (tokens if knows_ids else map(_without_ids, tokens))
        ]
        builder.add(Delta(0, Part.GENERATED, loop.said.decode("utf-8", "replace")))
        builder.add(Delta(0, Part.GENERATED, "", entries))
    note = loop.tally.note(_name(sampler), meta.requests, len(tokens), loop.top)
    if loop.lacking:
        note += f"; ended by the budget of {loop.lacking}"
    meta = msgspec.structs.replace(
        meta,
        note=note,
        sampling=loop.tally.facts(way),
        usage=Usage(len(loop.context.prompt_ids), len(tokens)),
    )
    return builder.snapshot(_ended(meta, loop.reason, ended))


def _without_ids(
    token: tuple[Candidate, list[Candidate]],
) -> tuple[Candidate, list[Candidate]]:
    own, *listed = (
        msgspec.structs.replace(one, id=-1) for one in (token[0], *token[1])
    )
    return own, listed


def _ended(meta: Meta, reason: str, ended: tuple[Status, str] | None) -> Meta:
    status, error = ended or (_STATUS.get(reason, Status.STREAMING), "")
    return msgspec.structs.replace(
        meta, status=status, error=error, finish_reason=reason
    )


def _name(sampler: Rule) -> str:
    if isinstance(sampler, Sampler):
        return repr(sampler)
    return str(getattr(sampler, "__name__", repr(sampler)))
