"""The values of many short texts after one context, on llama.cpp.

A request lists what could follow a path of tokens, so that texts that begin alike share
it. The context is computed once, and each token after it alone, as when the model
writes: engines round otherwise when they compute several at once (0.2 nats were seen).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lpwidgets.client.llamacpp import WHOLE_VOCABULARY, is_whole
from lpwidgets.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.client.llamacpp import LlamaCpp, Piece
    from lpwidgets.wire.records import Candidate

    Path = tuple[int, ...]

_LISTED = 4000
"""Tokens listed of a position; one that is not among them is asked for."""


class Walk:
    """A context, and what may follow it.

    Parameters
    ----------
    server
        Whom to ask.
    context
        The ids of what stands before.
    neutral
        A token that is no part of a character.
    """

    def __init__(self, server: LlamaCpp, context: Sequence[int], neutral: int) -> None:
        self._server = server
        self._context = list(context)
        self._neutral = neutral
        self._lists: dict[Path, Sequence[Candidate]] = {}
        self._values: dict[Path, dict[int, float]] = {}
        self._at: Path = ()

    async def first(self) -> Sequence[Candidate]:
        """Return the likeliest tokens after the context."""
        if () not in self._lists:
            await self._look((), _LISTED)
        return self._lists[()]

    async def value(self, pieces: Sequence[Piece]) -> float:
        """Return the log probability, nats, of tokens after the context.

        Raises
        ------
        WireError
            The server did not tell it.
        """
        tokens = [piece.id for piece in pieces]
        steps = [
            await self._step(tuple(tokens[:place]), piece)
            for place, piece in enumerate(pieces)
        ]
        return math.fsum(steps)

    async def _step(self, path: Path, piece: Piece) -> float:
        await self._look(path, _LISTED)
        if piece.id not in self._values[path]:
            if path and is_whole(piece.bytes):
                await self._single(path, piece.id)
            else:  # the context is long, and half a character nobody can make it say
                await self._look(path, WHOLE_VOCABULARY)
        value = self._values[path].get(piece.id)
        if value is None:
            msg = f"the server listed no value of token {piece.id}: try again"
            raise WireError(msg)
        return value

    async def _single(self, path: Path, token: int) -> None:
        await self._go_near(path)
        said = await self._server.next([*self._context, *path], token, 1)
        self._at = path
        if said.logprob is not None:
            self._values[path][token] = said.logprob

    async def _look(self, path: Path, count: int) -> None:
        """Ask what follows a path; of what stands before all but one token is kept."""
        if len(self._lists.get(path, ())) >= count:
            return
        await self._go_near(path)
        entries = self._lists[path] = await self._ask(path, count)
        self._values[path] = {
            one.id: one.logprob for one in entries if one.logprob is not None
        }

    async def _go_near(self, path: Path) -> None:
        near = 0
        while near < len(path) and self._at[: near + 1] == path[: near + 1]:
            near += 1
        for size in range(near + 1, len(path)):
            await self._ask(path[:size], 1)

    async def _ask(self, path: Path, count: int) -> Sequence[Candidate]:
        said = await self._server.next(
            [*self._context, *path], self._neutral, count, anew=not path
        )
        self._at = path
        return said.top_logprobs or ()
