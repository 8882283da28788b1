"""What came after a prefill: an echo is taken off, and a new turn is noticed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.client.joining import answer_bytes, without_first
from lpwidgets.errors import LpError
from lpwidgets.generation import Generation
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from lpwidgets.client.continuing import Continuation
    from lpwidgets.client.fork import Fork
    from lpwidgets.client.transport import Transport

_LONG = 16
"""Bytes that a model hardly says twice in a row by chance."""

_SLACK = 1
"""Tokens by which a beginning may be cut otherwise; a turn's marks are more."""

_TURN = re.compile(
    r"\s*(?:<\|(?:im_start|start_header_id)\|>|<start_of_turn>|assistant\s*\n)"
)


def without_echo(
    said: Generation, fork: Fork, how: Continuation, transport: Transport
) -> Generation:
    """Return what is new in an answer to a beginning.

    Raises
    ------
    LpError
        The server opened a new turn instead.
    """
    _refuse_new_turn(said, fork, transport.endpoint.name)
    start, tokens = how.beginning.encode(), answer_bytes(said.columns)
    text = said.text.encode("utf-8", "surrogatepass")
    if not start or not text.startswith(start):
        return said
    columns, counted = said.columns, said.meta.usage.completion_tokens
    in_tokens = tokens.startswith(start)
    if in_tokens:
        fewer = counted is not None and counted < len(columns) - 1
        if len(start) < _LONG and not fewer:
            return said
        columns = without_first(columns, len(start))
    elif tokens and not text.endswith(tokens):
        return said
    rest = text[len(start) :].decode("utf-8", "replace")
    meta = msgspec.structs.replace(
        said.meta, note="; ".join(filter(None, (said.meta.note, _ECHOED)))
    )
    return Generation(columns, meta, {**(said.texts or {}), Part.GENERATED: rest})


_ECHOED = "the server repeated the beginning, which was taken off"


def _refuse_new_turn(said: Generation, fork: Fork, name: str) -> None:
    old, new = fork.generation.meta.usage, said.meta.usage
    extra = 0
    if _is_counted(fork) and new.prompt_tokens and old.prompt_tokens:
        extra = new.prompt_tokens - old.prompt_tokens - len(fork.before) - 1
    refuse_new_turn(said.text, extra, name)


def refuse_new_turn(text: str, extra: int, name: str) -> None:
    """See to it that a server went on with an answer.

    Parameters
    ----------
    text
        What it said.
    extra
        How many tokens its prompt had beside the prompt and the beginning.
    name
        What it is called.

    Raises
    ------
    LpError
        It opened a new turn.
    """
    if extra > _SLACK or _TURN.match(text):
        why = f"its prompt had {extra} tokens more" if extra > _SLACK else "it says so"
        raise LpError(
            f"{name} began a new turn instead of continuing the answer: {why}\n"
            "take a server that gets token ids, such as 'local'"
        )


def _is_counted(fork: Fork) -> bool:
    """Say whether every token of the generation came, so that counts tell something."""
    origin = fork.generation
    counted = origin.meta.usage.completion_tokens
    came = sum(row.part is not Part.PROMPT for row in origin)
    return counted is not None and abs(came - counted) <= 1
