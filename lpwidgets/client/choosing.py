"""Choosing among labels: exactly where a server allows it, else what its lists tell.

llama.cpp is made to say each spelling; servers that echo score each, as for
`lpwidgets.Client.score`; others list the likeliest tokens, which bounds what is not
among them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.analysis.choices import Measured, Spelling
from lpwidgets.analysis.labels import apart, choices_of
from lpwidgets.client.listed import bounded, first_list
from lpwidgets.client.llamacpp import LlamaCpp, spelled
from lpwidgets.client.scoring import context_of, given_text, spelling_of
from lpwidgets.client.walk import Walk
from lpwidgets.errors import (
    AuthError,
    BusyError,
    ConnectError,
    InputError,
    LpError,
    WireError,
)
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from lpwidgets.analysis.choices import Choices
    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation

    Prompt = str | list[dict[str, Any]]

CONTENT_FREE = ("N/A", "", "[MASK]")
"""What stands in for content to see the prior (Zhao et al. 2021)."""

_SHOWN = 5
"""Tokens shown that begin no label."""


class Way(NamedTuple):
    """How to ask one server; `flight` and `scoring` are those of a client."""

    row: Provider
    transport: Transport
    flight: Callable[..., Flight]
    scoring: Callable[..., Coroutine[Any, Any, Generation]]


@dataclass(frozen=True)
class Asked:
    """A prompt, raw text or messages, and the spellings of each label."""

    prompt: Prompt
    spellings: Mapping[str, tuple[str, ...]]
    model: str
    api: str | None


async def choose(way: Way, asked: Asked, content: str | bool) -> Choices:
    """Return the distribution over labels, corrected for its prior if there is content.

    Raises
    ------
    LpError
        The server told nothing of its tokens' probabilities, or too little to correct.
    """
    measured = await _measure(way, asked)
    prior = None
    if content is not False:
        parts = []
        for stand_in in CONTENT_FREE:
            empty = replace(asked, prompt=without(asked.prompt, content, stand_in))
            parts.append(await _measure(way, empty))
        prior = _prior([measured, *parts])
        requests = measured.requests + sum(one.requests for one in parts)
        measured = measured._replace(requests=requests)
    return choices_of(measured, asked.model, way.row.name, prior)


def _prior(measured: Sequence[Measured]) -> dict[str, float]:
    """Return each label's mean share over all but the first."""
    found = [choices_of(one, "", "", None) for one in measured]
    if not all(one.exact for one in found):
        msg = (
            "the prior cannot be divided out: this server only lists its likeliest "
            "tokens, and a label is not among them\nleave calibrate out, or ask a "
            "server that can be made to say labels: Client('local'), 'llama.cpp'"
        )
        raise LpError(msg)
    free = found[1:]
    return {
        one.label: sum(other[one.label].share for other in free) / len(free)
        for one in found[0]
    }


def without(prompt: Prompt, content: str | bool, stand_in: str) -> Prompt:
    """Return a prompt with its content, or its last message, replaced.

    Raises
    ------
    InputError
        The content does not stand in the prompt, or it is not said which it is.
    """
    if isinstance(prompt, str):
        text: object = prompt
    else:
        text = prompt[-1].get("content")
    if content is True and not isinstance(prompt, str):
        return [*prompt[:-1], prompt[-1] | {"content": stand_in}]
    if not (isinstance(content, str) and content):
        msg = "say which part of the prompt is its content: calibrate='that part'"
        raise InputError(msg)
    if not isinstance(text, str) or content not in text:
        msg = (
            f"calibrate={content!r:.40} does not stand in the prompt's last message: "
            "it is the part that changes from question to question"
        )
        raise InputError(msg)
    replaced = text.replace(content, stand_in)
    if isinstance(prompt, str):
        return replaced
    return [*prompt[:-1], prompt[-1] | {"content": replaced}]


async def _measure(way: Way, asked: Asked) -> Measured:
    is_chat = not isinstance(asked.prompt, str)
    scoring = way.row.chat_scoring if is_chat else way.row.scoring
    if scoring is None:
        return await _from_list(way, asked)
    if not scoring.api:
        return await _forced(way, asked)
    try:
        return await _echoed(way, asked)
    except (InputError, AuthError, BusyError, ConnectError):
        raise
    except LpError as error:
        note = f"it cannot score a given text: {str(error).splitlines()[0]}"
        found = await _from_list(way, asked)
        return found._replace(notes=(*found.notes, note))


def _measured(
    asked: Asked, paths: Mapping[str, tuple[Sequence[Any], float]]
) -> dict[str, list[Spelling]]:
    """Return each label's spellings of the paths of tokens that were found."""
    left = apart(paths)
    return {
        label: [
            Spelling(text, left[text], left[text]) for text in texts if text in left
        ]
        for label, texts in asked.spellings.items()
    }


async def _forced(way: Way, asked: Asked) -> Measured:
    server = LlamaCpp(way.transport)
    facts = await server.facts()
    given = given_text("-", asked.prompt, asked.model, 1)
    context, _ = await context_of(server, facts, given)
    walk = Walk(server, context, facts.neutral)
    paths: dict[str, tuple[list[int], float]] = {}
    for text in _texts(asked):
        pieces = spelling_of(await server.tokenize(text), text)
        ids = [piece.id for piece in pieces]
        if ids not in (others for others, _ in paths.values()):
            # Another spelling has the same if a tokenizer puts spaces in front.
            paths[text] = ids, await walk.value(pieces)
    firsts = {ids[0] for ids, _ in paths.values()}
    others = [
        (display_text(spelled(one)), math.exp(one.logprob))
        for one in await walk.first()
        if one.id not in firsts and one.logprob is not None
    ]
    notes = await _merging(server, asked, paths)
    spellings = _measured(asked, paths)
    way_said, requests = "forced decoding", server.requests
    return Measured(spellings, others[:_SHOWN], way_said, requests, notes)


def _texts(asked: Asked) -> list[str]:
    return [text for texts in asked.spellings.values() for text in texts]


async def _merging(
    server: LlamaCpp, asked: Asked, paths: Mapping[str, tuple[list[int], float]]
) -> list[str]:
    """Say which labels a tokenizer would write together with the prompt's end."""
    if not isinstance(asked.prompt, str):
        return []
    before = [piece.id for piece in await server.tokenize(asked.prompt, first=True)]
    notes = []
    for label, texts in asked.spellings.items():
        text = texts[0]
        joined = await server.tokenize(asked.prompt + text, first=True)
        if [piece.id for piece in joined] != before + paths[text][0]:
            notes.append(
                f"{label!r} and the prompt's end make other tokens together: end the "
                "prompt before the space or word that the label goes on with"
            )
    return notes


async def _echoed(way: Way, asked: Asked) -> Measured:
    paths: dict[str, tuple[list[Any], float]] = {}
    notes, requests = [], 0
    for text in _texts(asked):
        scored = await way.scoring(
            text, prompt=asked.prompt, model=asked.model, top_logprobs=1
        )
        requests += scored.meta.requests
        rows = [row for row in scored if row.part is Part.GENERATED]
        if b"".join(row.bytes for row in rows) != text.encode():
            notes.append(f"{text!r} is left out: its token begins in the prompt")
            continue
        value = math.fsum(row.logprob for row in rows)
        if math.isnan(value):
            msg = "the server did not tell every token's value"
            raise WireError(msg)
        paths[text] = [row.bytes for row in rows], value
    for label, texts in asked.spellings.items():
        if not paths.keys() & set(texts):
            msg = (
                f"the label {label!r:.40} merges with the prompt's end: end the prompt "
                "before the space or word that the label goes on with"
            )
            raise InputError(msg)
    return Measured(_measured(asked, paths), (), "echo", requests, notes)


async def _from_list(way: Way, asked: Asked) -> Measured:
    largest = way.row.top_logprobs[1] or 20
    answer = await first_list(way.flight, asked.prompt, asked.model, asked.api, largest)
    return bounded(answer, asked.spellings, _SHOWN)
