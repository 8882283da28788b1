"""Where candidates come from: one position at a time, or a drafted run of them."""

from __future__ import annotations

import codecs
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol

from lpwidgets.client.llamacpp import LlamaCpp, spelled
from lpwidgets.errors import ServerError, WireError
from lpwidgets.sampling.drafts import tuner_for
from lpwidgets.sampling.streaming import events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from lpwidgets.client.transport import Transport
    from lpwidgets.sampling.candidates import Candidates
    from lpwidgets.sampling.drafts import Draft, Tuner
    from lpwidgets.wire.records import Candidate, Token

    Drafted = tuple[int, list[Candidate]]

_SERVER_FAULT = 500
_CAREFUL = 4
"""Runs after a half character that come in one piece, as that tells every id."""


class Source(Protocol):
    """A model that lists the candidates after given tokens."""

    @property
    def requests(self) -> int:
        """What was asked so far."""

    def tuner(self, sampler: Callable[[Candidates], object]) -> Tuner:
        """Return the drafts that it can make."""

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return the list of one position."""

    def draft(
        self, ids: Sequence[int], count: int, draft: Draft, seed: int, *, whole: bool
    ) -> AsyncGenerator[Drafted, None]:
        """Yield up to `count` drafted tokens, each with the list of its position."""

    def read(
        self, ids: Sequence[int], run: Sequence[Candidate]
    ) -> AsyncGenerator[list[Candidate], None]:
        """Yield the lists of positions as far as one request tells them.

        The first is the one after `ids`, each next one that after a token of `run`.
        """


class LlamaSource:
    """A llama.cpp server as a source.

    Parameters
    ----------
    transport
        The way to it.
    top
        Number of candidates a position.
    """

    def __init__(self, transport: Transport, top: int) -> None:
        self._transport = transport
        self.server = LlamaCpp(transport)
        self._top = top
        self._streams = 0
        self._careful = 0

    @property
    def requests(self) -> int:
        """What was asked so far."""
        return self.server.requests + self._streams

    def tuner(self, sampler: Callable[[Candidates], object]) -> Tuner:
        """Return the drafts that it can make."""
        return tuner_for(self._top, sampler)

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return the list of one position."""
        neutral = (await self.server.facts()).neutral
        return _listed(await self.server.next(ids, neutral, self._top))

    async def draft(
        self, ids: Sequence[int], count: int, draft: Draft, seed: int, *, whole: bool
    ) -> AsyncGenerator[Drafted, None]:
        """Yield up to `count` drafted tokens, each with the list of its position."""
        chain = draft.parameters()
        assert chain  # noqa: S101 — else the server would draft by its own defaults
        options = {"n_probs": self._top, "seed": seed, **chain}
        if whole or self._careful:
            self._careful = max(self._careful - 1, 0)
            async for one in self._in_one_piece(list(ids), count, options):
                yield one
            return
        body = {"prompt": ids, "n_predict": count, "return_tokens": True, **options}
        body |= {"cache_prompt": True, "stream": True, **self.server.pinned}
        self._streams += 1
        said: list[int] = []
        async with aclosing(events(self._transport, "/completion", body)) as found:
            async for event in found:
                if event.predicted > len(said) + len(event.tokens):
                    break
                for token, entry in _pairs(event.tokens, event.entries):
                    said.append(token)
                    yield token, _listed(entry)
                if event.stop:
                    return
        self._careful = _CAREFUL
        yield await self._hidden(list(ids), said, options)

    async def _hidden(
        self, ids: list[int], said: list[int], options: dict[str, Any]
    ) -> Drafted:
        """Return the token that a stream left out after what it said.

        The server keeps back what ends inside a character. Its list tells which one it
        was if only one such token is there, else the same run in one piece.
        """
        listed = await self.peek([*ids, *said])
        silent = [one.id for one in listed if _ends_inside(spelled(one))]
        if len(silent) == 1:
            return silent[0], listed
        again = await self.server.complete(ids, n_predict=len(said) + 1, **options)
        if again.tokens[: len(said)] != said or len(again.tokens) <= len(said):
            msg = "the server says other tokens when it is asked the same again"
            raise WireError(f"{msg}: sample with way='single'")
        return again.tokens[len(said)], listed

    async def _in_one_piece(
        self, ids: list[int], count: int, options: dict[str, Any]
    ) -> AsyncGenerator[Drafted, None]:
        answer = await self.server.complete(ids, n_predict=count, **options)
        entries = iter(answer.entries)
        pieces: Mapping[int, bytes] = {}
        if len(answer.entries) != len(answer.tokens):
            pieces = (await self.server.vocabulary()).pieces
        before = list(ids)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for token in answer.tokens:
            decoder.decode(pieces.get(token, b""))
            if decoder.getstate()[0]:  # it ends inside a character: no entry
                yield token, await self.peek(before)
            else:
                yield token, _listed(_entry_of(token, next(entries, None)))
            before.append(token)

    async def read(
        self, ids: Sequence[int], run: Sequence[Candidate]
    ) -> AsyncGenerator[list[Candidate], None]:
        """Yield the lists of positions as far as one request tells them."""
        ends = (await self.server.facts()).ends
        forced: list[int] = []
        for one in run:
            if one.id in ends or not spelled(one) or _ends_inside(spelled(one)):
                break
            forced.append(one.id)
        if not forced:
            return
        body = {
            "prompt": ids,
            "n_predict": len(forced),
            "n_probs": self._top,
            "grammar": "root ::= " + " ".join(f"<[{one}]>" for one in forced),
        }
        body |= {"samplers": ["top_k"], "top_k": 1, "return_tokens": True}
        body |= {"cache_prompt": True, "stream": True, **self.server.pinned}
        self._streams += 1
        try:
            async with aclosing(events(self._transport, "/completion", body)) as found:
                async for event in found:
                    for token, entry in _pairs(event.tokens, event.entries):
                        yield _listed(entry)
                        if token != forced.pop(0):
                            return
        except ServerError as error:
            if error.status != _SERVER_FAULT:
                raise


def _pairs(tokens: list[int], entries: list[Token]) -> list[tuple[int, Token]]:
    return [
        (token, _entry_of(token, entries[place] if place < len(entries) else None))
        for place, token in enumerate(tokens)
    ]


def _entry_of(token: int, entry: Token | None) -> Token:
    if entry is None or entry.id != token or not entry.top_logprobs:
        msg = (
            "the server sent a token without log probabilities, which it did send "
            "before: there is nothing to sample from"
        )
        raise WireError(msg)
    return entry


def _listed(entry: Token) -> list[Candidate]:
    listed = [one for one in entry.top_logprobs or () if one.logprob is not None]
    if not listed:
        msg = "the server lists no alternatives: there is nothing to sample from"
        raise WireError(msg)
    return listed


def _ends_inside(piece: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(piece)
    return bool(decoder.getstate()[0])
