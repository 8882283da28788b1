"""Filling in the tokens that llama.cpp generated and did not report.

It sends one entry for a character that several tokens spell, with the values of the
last one, and leaves the token that ends a stream out. Which ones are missing follows
from the bytes: of all ways to spell the character, the one after which the model has
the values that were reported. Their own values come from forced decoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from lpwidgets.client.filling import Filling
from lpwidgets.client.llamacpp import LlamaCpp
from lpwidgets.errors import InputError, LpError
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.client.flight import Answer
    from lpwidgets.client.transport import Transport

_ENDED = {Status.COMPLETE, Status.LENGTH}


async def fill(answer: Generations, transport: Transport) -> Generations:
    """Return an answer with what is missing, or as it is and why that is so."""
    return Generations([await _filled(one, transport) for one in answer])


async def _filled(one: Generation, transport: Transport) -> Generation:
    if _reason_against(one) or not one.has_logprobs or not _lacks_tokens(one):
        return one
    try:
        return await complete(one, transport)
    except LpError as error:
        return _noted(one, f"tokens are missing and were not filled in: {error}", 0)


def _lacks_tokens(one: Generation) -> bool:
    """Say whether tokens are missing, or may be where nothing tells their number."""
    expected = expected_tokens(one)
    if expected is None:
        return True
    parts = (Part.PROMPT, Part.FORCED)
    return int(np.isin(one.columns.part, parts, invert=True).sum()) < expected


async def complete(one: Generation, transport: Transport) -> Generation:
    """Return a choice of an answer with all tokens that can be told.

    Raises
    ------
    LpError
        What came does not tell which tokens are missing.
    """
    server = LlamaCpp(transport)
    filling = Filling(server, one)
    await filling.find()
    filling.reckon(expected_tokens(one))
    if not filling.note:
        return one
    return _noted(filling.generation(), filling.note, server.requests)


def expected_tokens(one: Generation) -> int | None:
    """Return how many tokens a choice has; of several, llama.cpp only counts one."""
    meta = one.meta
    if meta.choices == 1 or meta.dialect == "llamacpp":
        return meta.usage.completion_tokens
    limit = meta.parameters.get("max_tokens")
    return limit if meta.status is Status.LENGTH else None


def _noted(generation: Generation, note: str, requests: int) -> Generation:
    meta = generation.meta
    notes = "; ".join(filter(None, (meta.note, note)))
    meta = msgspec.structs.replace(meta, note=notes, requests=meta.requests + requests)
    return Generation(generation.columns, meta, generation.texts)


def completable(answer: object, name: str, *, forces: bool) -> list[Generation]:
    """Return the choices of an answer that somebody wants completed.

    Parameters
    ----------
    answer
        What was passed.
    name
        The server's name, for messages.
    forces
        Whether the server can be made to say tokens.

    Raises
    ------
    InputError
        It is no answer, or one that cannot be completed.
    LpError
        The server cannot do it.
    """
    choices = [answer] if isinstance(answer, Generation) else answer
    if not isinstance(choices, Generations | list) or not choices:
        msg = f"complete takes an answer of this client, not {type(answer).__name__}"
        raise InputError(msg)
    if not forces:
        msg = (
            f"{name} cannot complete an answer: only llama.cpp ('local', 'llama.cpp') "
            "can be made to say given tokens"
        )
        raise LpError(msg)
    for one in choices:
        if reason := _reason_against(one):
            raise InputError(f"this cannot be completed: {reason}")
    return list(choices)


def _reason_against(one: Generation) -> str:
    asked = one.meta.parameters
    if one.texts is None:
        return "it is a slice; pass the whole answer"
    if one.status not in _ENDED:
        return f"it is {one.status}; only an answer that ended can be"
    if one.meta.scored or not {"messages", "prompt"} & asked.keys():
        return "nothing says what was asked for it; pass an answer of generate"
    if asked.get("post_sampling_probs"):
        return "its values are those after sampling; ask without post_sampling_probs"
    return ""


async def completed(
    answer: Answer, choices: Sequence[Generation], transport: Transport
) -> Answer:
    """Return an answer completed, one generation or several as it was.

    Raises
    ------
    LpError
        What came does not tell which tokens are missing.
    """
    found = [await complete(one, transport) for one in choices]
    return found[0] if isinstance(answer, Generation) else Generations(found)
