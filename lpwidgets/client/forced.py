"""Forced decoding on llama.cpp: the model's own value of every token of a text.

A grammar of token ids makes the server say a whole run of tokens in one request, and it
reports the model's values for each. It cannot for tokens that end a generation, nor for
a token that completes no character, nor for U+0000, of which llama.cpp dies; nor may a
run start inside a character: there a request tells one position. A token that is part
of a character is looked up in the list of alternatives of the position.

Everything goes in order and one token at a time, as when the model writes: engines
compute several positions at once with other rounding (0.2 nats were seen).
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.client.llamacpp import WHOLE_VOCABULARY, is_whole, renamed
from lpwidgets.errors import ServerError
from lpwidgets.wire.records import Token

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from lpwidgets.client.llamacpp import LlamaCpp, Piece

RUN = 128
"""Tokens a request; more would only be slower to interrupt."""

_LOOKS = (64, 512, 4096, WHOLE_VOCABULARY)
"""Alternatives asked for, one after the other, until the token is among them."""


class Step(NamedTuple):
    """Tokens `start` to `stop` of a text, told by one request.

    ``told`` are the positions that the server reports. `as_run` says whether a grammar
    is needed.
    """

    start: int
    stop: int
    told: tuple[int, ...]
    as_run: bool


def steps(pieces: Sequence[bytes], alone: Container[int] = ()) -> Iterator[Step]:
    """Cut a text's tokens into what one request can tell.

    Parameters
    ----------
    pieces
        The bytes of each token.
    alone
        Positions of tokens that no grammar can say.
    """
    run: list[int] = []
    told: list[int] = []
    for place, (opens, completes, closes) in enumerate(_edges(pieces)):
        sayable = completes and place not in alone and b"\0" not in pieces[place]
        fits = sayable and (opens or bool(run))
        if run and (not fits or (len(run) >= RUN and opens)):
            yield Step(run[0], place, tuple(told), as_run=True)
            run, told = [], []
        if not fits:
            yield Step(place, place + 1, (), as_run=False)
            continue
        run.append(place)
        told += [place] if closes else []
    if run:
        yield Step(run[0], len(pieces), tuple(told), as_run=True)


def _edges(pieces: Sequence[bytes]) -> Iterator[tuple[bool, bool, bool]]:
    """Yield whether each token starts between characters, completes one, ends so."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    closes = True
    for piece in pieces:
        opens, completes = closes, bool(decoder.decode(piece))
        closes = not decoder.getstate()[0]
        yield opens, completes, closes


class Forced:
    """A text after a context, whose tokens' values are asked for.

    Parameters
    ----------
    server
        Whom to ask.
    context
        The ids of what stands before the text, at least one.
    pieces
        The text's tokens.
    top
        Number of alternatives a token.
    """

    def __init__(
        self,
        server: LlamaCpp,
        context: Sequence[int],
        pieces: Sequence[Piece],
        top: int,
    ) -> None:
        self._server = server
        self._context = list(context)
        self._pieces = pieces
        self._top = top
        self._ids = [piece.id for piece in pieces]

    async def all(self, told: Callable[[int], None]) -> list[Token]:
        """Return the tokens with their values; `told` hears how many there are."""
        ends = (await self._server.facts()).ends
        alone = [place for place, token in enumerate(self._ids) if token in ends]
        known: dict[int, Token] = {}
        for step in steps([piece.bytes for piece in self._pieces], alone):
            known |= await self._step(step)
            told(step.stop)
        for place in reversed(range(len(self._pieces))):  # from the end: all is cached
            if place not in known:
                known[place] = await self.at(place)
        return [known[place] for place in range(len(self._pieces))]

    async def _step(self, step: Step) -> dict[int, Token]:
        if not step.as_run:
            return {step.start: await self.at(step.start, anew=step.start == 0)}
        entries = await self._run(step)
        if [entry.id for entry in entries] != [self._ids[place] for place in step.told]:
            return {place: await self.at(place) for place in range(*step[:2])}
        return {
            place: renamed(entry, self._pieces[place], self._top)
            for place, entry in zip(step.told, entries, strict=True)
        }

    async def _run(self, step: Step) -> list[Token]:
        """Return what is reported of a run, nothing where a grammar cannot say it."""
        run = self._ids[step.start : step.stop]
        try:
            return await self._server.force(
                self.before(step.start), run, self._top, anew=step.start == 0
            )
        except ServerError as error:
            if error.status != 500:  # noqa: PLR2004
                raise
            return []

    async def at(self, place: int, *, anew: bool = False) -> Token:
        """Return one token with its values."""
        piece = self._pieces[place]
        if is_whole(piece.bytes):
            entry = await self._server.next(
                self.before(place), piece.id, self._top, anew=anew
            )
            return renamed(entry, piece, self._top)
        neutral = (await self._server.facts()).neutral
        for count in _LOOKS:
            entry = await self._server.next(
                self.before(place), neutral, max(count, self._top), anew=anew
            )
            listed = entry.top_logprobs or []
            found = next((one for one in listed if one.id == piece.id), None)
            if found is not None:
                break
        logprob = found.logprob if found else None
        return renamed(Token(logprob=logprob, top_logprobs=listed), piece, self._top)

    def before(self, place: int) -> list[int]:
        """Return the ids of all that stands before a token."""
        return self._context + self._ids[:place]
