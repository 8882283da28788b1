"""Scoring a given text: which way a server has, and the way of llama.cpp."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lpwidgets.builder import AnswerBuilder
from lpwidgets.client.arguments import messages
from lpwidgets.client.forced import RUN, Forced
from lpwidgets.client.llamacpp import LlamaCpp, Piece
from lpwidgets.errors import InputError, WireError
from lpwidgets.meta import Meta
from lpwidgets.wire.records import Delta, Done, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.llamacpp import Facts
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation


class Given(NamedTuple):
    """A text to score; `prompt` is a raw beginning, messages, or None."""

    text: str
    prompt: str | list[dict[str, Any]] | None
    model: str
    top: int


def given_text(text: object, prompt: Prompt | None, model: str, top: int) -> Given:
    """Return what is to be scored, looked at before anything is sent.

    Raises
    ------
    InputError
        The text or the prompt is none that a model can read.
    """
    if not isinstance(text, str):
        hint = ": for an answer pass its gen.text" if hasattr(text, "text") else ""
        msg = f"the text to score is a str, not {type(text).__name__}{hint}"
        raise InputError(msg)
    if not text:
        msg = "the text to score is empty: there is nothing to give a probability to"
        raise InputError(msg)
    for name, value in (("text", text), ("prompt", prompt)):
        if isinstance(value, str):
            _refuse_surrogates(name, value)
    if prompt is None or isinstance(prompt, str):
        return Given(text, prompt or None, model, top)
    return Given(text, messages(prompt, None), model, top)


def _refuse_surrogates(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        msg = (
            f"the {name} has a lone surrogate at character {error.start}: that is no "
            f"text\nmend it with {name}.encode('utf-8', 'replace').decode()"
        )
        raise InputError(msg) from None


async def score_forced(
    given: Given, transport: Transport, progress: Callable[[str], None]
) -> Generation:
    """Score a text on llama.cpp, by forced decoding.

    Raises
    ------
    InputError
        The text does not fit into the model's context.
    LpError
        The server did not answer, or not as llama.cpp does.
    """
    began, created = time.monotonic(), time.time()
    server = LlamaCpp(transport)
    facts = await server.facts()
    context, note = await context_of(server, facts, given)
    pieces = spelling_of(await server.tokenize(given.text), given.text)
    _refuse_too_long(len(context), len(pieces), facts)
    say = _teller(len(pieces), progress)
    tokens = await Forced(server, context, pieces, max(given.top, 1)).all(say)
    meta = Meta(
        provider=transport.endpoint.provider.name,
        model=given.model,
        dialect="llamacpp",
        parameters={"prompt": given.prompt, "n_probs": given.top},
        note=note,
        scored=True,
        created=created,
    )
    seconds = time.monotonic() - began
    builder = AnswerBuilder(msgspec.structs.replace(meta, requests=server.requests))
    builder.add(Delta(0, Part.GENERATED, given.text, tokens))
    builder.add(Usage(len(context) + len(pieces), 0))
    builder.add(Done())
    return builder.finish(seconds=seconds)[0]


async def context_of(
    server: LlamaCpp, facts: Facts, given: Given
) -> tuple[list[int], str]:
    """Return the ids before the text, and what to say about them."""
    if given.prompt is None:
        return facts.prefix, (
            "scored, not generated: without a prompt the first token is conditioned "
            f"on {facts.prefix_name!r}"
        )
    prompt = given.prompt
    if not isinstance(prompt, str):
        prompt = await server.template({"messages": prompt})
    pieces = await server.tokenize(prompt, first=True)
    return [piece.id for piece in pieces], "scored, not generated"


def spelling_of(pieces: list[Piece], text: str) -> list[Piece]:
    """Return a text's tokens if they spell it; SentencePiece puts a space in front.

    Raises
    ------
    WireError
        They spell something else.
    """
    spelled, wanted = b"".join(piece.bytes for piece in pieces), text.encode()
    if spelled == b" " + wanted:
        first = msgspec.structs.replace(pieces[0], piece=tuple(pieces[0].bytes[1:]))
        return [first, *pieces[1:]]
    if spelled != wanted:
        msg = (
            "the model's tokens do not spell this text: its tokenizer changes it\n"
            "normalise the text, such as with unicodedata.normalize('NFC', text)"
        )
        raise WireError(msg)
    return pieces


def _refuse_too_long(before: int, count: int, facts: Facts) -> None:
    if facts.context and before + count > facts.context:
        msg = (
            f"the text has {count:,} tokens, and {before:,} stand before it; the "
            f"model's context holds {facts.context:,}\nscore it in parts, each with "
            "the end of the one before as prompt=…"
        )
        raise InputError(msg)


def _teller(count: int, progress: Callable[[str], None]) -> Callable[[int], None]:
    """Return what tells of a long text's progress."""

    def say(told: int) -> None:
        if count > RUN and told < count:
            progress(f"scoring, {told:,} of {count:,} tokens …")
        elif count > RUN:
            progress(f"ready: {count:,} tokens are scored")

    return say
