"""The beginning of a branch on llama.cpp: all of it as ids, looked at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.client.forced import Forced
from lpwidgets.client.fork import ids_of
from lpwidgets.client.llamacpp import LlamaCpp, Piece
from lpwidgets.client.splits import agree
from lpwidgets.errors import InputError, LpError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpwidgets.client.fork import Fork
    from lpwidgets.client.transport import Transport
    from lpwidgets.wire.records import Token


class Root(NamedTuple):
    """The ids to go on from, the forced token's values, and whether it ends the text.

    ``token`` is None if the generation's own list has the value.
    """

    fork: Fork
    ids: list[int]
    token: Token | None
    ends: bool
    requests: int


async def rooted(fork: Fork, transport: Transport) -> Root:
    """Return the beginning, once the model has shown the same values there.

    Raises
    ------
    InputError
        The token is none of this model's.
    LpError
        The prefix is not known token by token, or the model says something else now.
    """
    server = LlamaCpp(transport)
    facts = await server.facts()
    context = await context_ids(server, fork.generation.meta.parameters)
    kept = ids_of(fork.before)
    if kept is None:
        raise LpError(_unreported("has no id"))
    await _check_spelling(server, fork)
    fork = await _found(server, fork)
    piece = Piece(fork.id, tuple(fork.piece or b""))
    ids = [*context, *kept]
    if facts.context and len(ids) + 1 >= facts.context:
        msg = f"the model's context holds {facts.context:,} tokens: no room is left"
        raise InputError(msg)
    row = fork.generation[fork.position]
    top = max(len(row.alternatives), 1)
    token = await Forced(server, ids, [piece], top).at(0)
    recorded = {
        one.token_id: one.logprob
        for one in row.alternatives
        if not math.isnan(one.logprob)
    }
    now = {one.id: one.logprob for one in token.top_logprobs or ()}
    if recorded and not agree(recorded, _known(now)):
        msg = (
            f"at token {fork.position} the model has other values now than in this "
            "generation: another model, prompt or server gave it\n"
            "branch with the client that made it"
        )
        raise LpError(msg)
    listed = fork.place >= 0
    end = fork.id in facts.ends
    return Root(fork, [*ids, fork.id], None if listed else token, end, server.requests)


def _known(values: Mapping[int, float | None]) -> dict[int, float]:
    return {one: value for one, value in values.items() if value is not None}


async def context_ids(server: LlamaCpp, asked: Mapping[str, Any]) -> list[int]:
    """Return the ids of what a generation was asked with."""
    prompt = asked.get("messages", asked.get("prompt"))
    if prompt is None:
        return (await server.facts()).prefix
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], int):
        return prompt
    if not isinstance(prompt, str):
        prompt = await server.template({**asked, "messages": prompt})
    return [piece.id for piece in await server.tokenize(prompt, first=True)]


async def _check_spelling(server: LlamaCpp, fork: Fork) -> None:
    """See to it that no token is missing: one that stands for several has their bytes.

    Raises
    ------
    LpError
        One is missing.
    """
    rows = [row for row in fork.before if not row.bytes.isascii()]
    pieces = (await server.vocabulary()).pieces if rows else {}
    for row in rows:
        if pieces.get(row.token_id) != row.bytes:
            raise LpError(_unreported(f"{row.position} stands for several"))


def _unreported(what: str) -> str:
    return (
        f"a token before the position {what}: the server did not report all of them\n"
        "fill them in with gen = client.complete(gen), and branch from that"
    )


async def _found(server: LlamaCpp, fork: Fork) -> Fork:
    """Return a fork whose token is known by id and by bytes."""
    if fork.id >= 0 and fork.piece is not None:
        return fork
    pieces = (await server.vocabulary()).pieces
    if fork.piece is None:
        if fork.id not in pieces:
            msg = f"there is no token {fork.id}: the model has {len(pieces):,}"
            raise InputError(msg)
        return fork._replace(piece=pieces[fork.id])
    ids = [one for one, data in pieces.items() if data == fork.piece]
    if len(ids) == 1:
        return fork._replace(id=ids[0])
    if ids:
        raise InputError(f"{fork.name} is spelled by the tokens {ids[:5]}: pass an id")
    parts = await server.tokenize(fork.piece.decode("utf-8", "replace"))
    said = ", ".join(repr(one.bytes.decode("utf-8", "replace")) for one in parts[:4])
    msg = f"{fork.name} is no token of this model, which reads it as {said}: force one"
    raise InputError(msg)
