"""What a text is made on: a server that lists what may follow given token ids."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from lpwidgets.client.forced import Forced
from lpwidgets.client.rooted import context_ids
from lpwidgets.client.scoring import spelling_of
from lpwidgets.errors import InputError, LpError
from lpwidgets.generation import Generation
from lpwidgets.sampling.sources import LlamaSource
from lpwidgets.wire.records import Candidate, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.llamacpp import Piece
    from lpwidgets.client.transport import Transport
    from lpwidgets.wire.records import Token


class Ground(Protocol):
    """A prompt, and who lists what may follow it.

    ``prompt`` are its ids, ``ends`` those that end a text, ``room`` the largest number
    of tokens after the prompt, None unknown; ``top`` candidates are listed a position.
    ``drafts`` drafts runs of tokens, if
    anything does. ``tells_all`` says whether the value of a token that is not listed
    can be asked for.
    """

    prompt: tuple[int, ...]
    ends: frozenset[int]
    room: int | None
    top: int
    drafts: LlamaSource | None
    tells_all: bool

    @property
    def requests(self) -> int:
        """What was asked so far."""

    async def spell(self, text: str, said: Sequence[int]) -> list[Token]:
        """Return a text's tokens after the prompt and ids, with their values."""

    async def value(self, text: str, said: Sequence[int]) -> Token:
        """Return a text's first token with its value, a space before it or not."""

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return what may follow ids, those of the prompt included."""


class LlamaGround:
    """A llama.cpp server.

    Parameters
    ----------
    transport
        The way to it.
    top
        Candidates a position.
    """

    tells_all = True

    def __init__(self, transport: Transport, top: int) -> None:
        self.drafts: LlamaSource | None = (source := LlamaSource(transport, top))
        self._source, self._server = source, source.server
        self.top = top
        self.prompt: tuple[int, ...] = ()
        self.ends: frozenset[int] = frozenset()
        self.room: int | None = None

    async def begin(self, asked: Mapping[str, Any]) -> None:
        """Look at the prompt.

        Raises
        ------
        InputError
            It leaves no room in the model's context.
        """
        facts = await self._server.facts()
        ids = await context_ids(self._server, asked) or facts.prefix
        self.prompt, self.ends = tuple(ids), frozenset(facts.ends)
        if facts.context:
            self.room = facts.context - len(ids)
            if self.room < 1:
                msg = f"the prompt has {len(ids):,} tokens; the model's context holds "
                raise InputError(f"{msg}{facts.context:,}")

    @property
    def requests(self) -> int:
        """What was asked so far."""
        return self._source.requests

    async def spell(self, text: str, said: Sequence[int]) -> list[Token]:
        """Return a text's tokens after the prompt and ids, with their values."""
        pieces = await self._pieces(text)
        return await self._forced(pieces, said).all(lambda _: None)

    async def value(self, text: str, said: Sequence[int]) -> Token:
        """Return a text's first token with its value, a space before it or not."""
        spaced = [] if text[0].isspace() else [f" {text}"]
        tokens = [await self._first(one, said) for one in (text, *spaced)]
        return max(tokens, key=lambda one: -inf if one.logprob is None else one.logprob)

    async def _first(self, text: str, said: Sequence[int]) -> Token:
        pieces = await self._pieces(text)
        return await self._forced(pieces[:1], said).at(0)

    async def _pieces(self, text: str) -> list[Piece]:
        return spelling_of(await self._server.tokenize(text), text)

    def _forced(self, pieces: Sequence[Piece], said: Sequence[int]) -> Forced:
        return Forced(self._server, [*self.prompt, *said], pieces, self.top)

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return what may follow ids."""
        return await self._source.peek(ids)


class IdsGround:
    """Another server whose completions take ids.

    Parameters
    ----------
    flight
        Makes the call for one more token after ids.
    prompt, ends
        Ids.
    name
        The server, for messages.
    top
        Candidates a position.
    """

    tells_all = False
    drafts: LlamaSource | None = None

    def __init__(
        self,
        flight: Callable[[list[int]], Flight],
        prompt: Sequence[int],
        ends: Sequence[int],
        name: str,
        *,
        top: int,
    ) -> None:
        self.top = top
        self._make = flight
        self._name = name
        self.prompt = tuple(prompt)
        self.ends = frozenset(ends)
        self.room: int | None = None
        self.requests = 0

    async def peek(self, ids: Sequence[int]) -> list[Candidate]:
        """Return the list of one position.

        Raises
        ------
        LpError
            The server did not answer, or listed no tokens with ids and values.
        """
        self.requests += 1
        said = await self._make([*ids]).run()
        assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
        row = next((row for row in said if row.part is not Part.PROMPT), None)
        known = [
            Candidate(one.token, one.logprob, tuple(one.bytes), one.token_id)
            for one in (row.alternatives if row else ())
            if one.logprob == one.logprob
        ]
        if not known or any(one.id < 0 for one in known):
            what = "tokens without ids" if known else "no alternatives with values"
            why = f"it lists {what}"
            raise LpError(refused(self._name, why))
        return known

    async def spell(self, text: str, said: Sequence[int]) -> list[Token]:
        """Refuse: only llama.cpp tells what tokens a text has."""
        del said
        self._refuse(text)

    async def value(self, text: str, said: Sequence[int]) -> Token:
        """Refuse, as `spell`."""
        del said
        self._refuse(text)

    def _refuse(self, text: str) -> NoReturn:
        msg = f"{self._name} does not say which tokens {text!r:.40} has"
        raise LpError(f"{msg}: pick one that is listed, or take 'local' or 'llama.cpp'")


def refused(name: str, why: str, hint: str = "take 'local' or 'llama.cpp'") -> str:
    """Return why a text cannot be made on a server."""
    return f"{name} cannot go on exactly from tokens of your choice: {why}\n{hint}"
