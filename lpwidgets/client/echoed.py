"""Scoring a given text on servers that send a prompt back with its values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.errors import LpError, WireError
from lpwidgets.generation import Generation
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider, Scoring
    from lpwidgets.client.scoring import Given


def scoring_for(row: Provider, given: Given, name: str) -> Scoring:
    """Return the way in which a server scores.

    Raises
    ------
    LpError
        It has none.
    """
    is_chat = isinstance(given.prompt, list)
    way = row.chat_scoring if is_chat else row.scoring
    if way is None and is_chat and row.scoring is not None:
        msg = (
            f"{name} cannot score a text after messages: give prompt= as text, as the "
            "model's chat template writes it"
        )
        raise LpError(msg)
    if way is None:
        raise LpError(_cannot(name, "its API sends no values of a prompt"))
    return way


def _cannot(name: str, why: str) -> str:
    return (
        f"this server cannot score a given text: {name}: {why}\n"
        "take one that can: Client('local'), 'llama.cpp', 'vllm', 'sglang' or one "
        "with echo on completions"
    )


async def score_echoed(
    given: Given, way: Scoring, flight: Callable[..., Flight], name: str
) -> Generation:
    """Score a text as a part of a prompt that comes back.

    Parameters
    ----------
    given
        What to score.
    way
        How to ask for it.
    flight
        `lpwidgets.Client.flight`.
    name
        The server's name, for messages.

    Raises
    ------
    LpError
        Nothing came back, and why.
    """
    prompt: Any = given.prompt or ""
    if isinstance(prompt, list):
        prompt = [*prompt, {"role": "assistant", "content": given.text}]
    else:
        prompt += given.text
    options = {**way.options, **dict.fromkeys(way.counts, given.top)}
    answer = await flight(
        prompt,
        model=given.model,
        top_logprobs=given.top,
        api=way.api,
        stream=False,
        **options,
    ).run()
    if not isinstance(answer, Generation):
        raise WireError(_cannot(name, "it sent several answers"))
    return cut(answer, given, name)


def cut(answer: Generation, given: Given, name: str) -> Generation:
    """Return the given text's tokens of an answer, what stands before as prompt.

    Raises
    ------
    LpError
        The prompt is not in it, or only a part of it.
    """
    meta, columns = answer.meta, answer.columns
    if meta.status not in {Status.COMPLETE, Status.LENGTH}:
        msg = f"{name} broke off: {meta.error or meta.status}: try again"
        raise WireError(msg)
    columns = columns.take(np.flatnonzero(columns.part == Part.PROMPT))
    if not len(columns):
        raise LpError(_cannot(name, "it did not send the prompt back"))
    pieces = columns.pieces.as_bytes[columns.token]
    border = _border(b"".join(pieces), given)
    sizes = np.array([len(piece) for piece in pieces], dtype=np.int64)
    ends = np.cumsum(sizes)
    of_text = ends > border
    part = np.where(of_text, Part.GENERATED, Part.PROMPT).astype(np.uint8)
    first = int(np.argmax(of_text))
    notes = ["scored, not generated"]
    if ends[first] - sizes[first] < border:
        notes.append(f"the token {pieces[first]!r} begins in the prompt")
    if first == 0 and np.isnan(columns.logprob[0]):
        notes.append("the first token has no context and no value: scores leave it out")
    texts = {
        Part.PROMPT: b"".join(pieces)[:border].decode("utf-8", "replace"),
        Part.GENERATED: given.text,
    }
    meta = msgspec.structs.replace(
        meta,
        status=Status.COMPLETE,
        finish_reason="",
        scored=True,
        note="; ".join(notes),
    )
    return Generation(replace(columns, part=part), meta, texts)


def _border(joined: bytes, given: Given) -> int:
    """Return where the text begins among the bytes that came back."""
    text = given.text.encode()
    if joined.endswith(text):
        return len(joined) - len(text)
    before = given.prompt.encode() if isinstance(given.prompt, str) else b""
    if isinstance(given.prompt, list) or not joined.startswith(before):
        msg = (
            "the tokens that came back do not spell prompt and text, so that nobody "
            "can tell where the text begins\nscore it without prompt="
        )
        raise WireError(msg)
    return len(before)
