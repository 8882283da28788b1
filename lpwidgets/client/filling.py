"""One choice of an answer of llama.cpp, and the tokens of it that were not reported."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.builder import GenerationBuilder
from lpwidgets.client.forced import Forced
from lpwidgets.client.splits import Entry, agree, spellings
from lpwidgets.errors import LpError
from lpwidgets.wire.records import Candidate, Delta, Part, Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lpwidgets.client.llamacpp import LlamaCpp, Piece
    from lpwidgets.client.splits import Spelling
    from lpwidgets.generation import Generation, TokenRow

_CHANGES = {
    *("samplers", "logit_bias", "grammar", "json_schema", "response_format", "tools"),
    *("repeat_penalty", "presence_penalty", "frequency_penalty", "dry_multiplier"),
    *("xtc_probability", "mirostat"),
}
"""Parameters after which min-p does not tell which tokens could be sampled."""

_LOOK = 64
"""Alternatives among which the tokens that end a generation are looked for."""


class Filling:
    """A choice, spelled out token by token.

    Parameters
    ----------
    server
        The llama.cpp that gave it.
    generation
        The choice as it came.
    """

    def __init__(self, server: LlamaCpp, generation: Generation) -> None:
        self._server = server
        self._generation = generation
        self._asked = generation.meta.parameters
        rows = [row for row in generation if row.part is not Part.PROMPT]
        self._rows = [row for row in rows if row.bytes or row.part is not Part.SPECIAL]
        self._ending = rows[len(self._rows) :]
        self._spelled: list[Spelling] = []
        self._found: dict[int, Token] = {}
        self._unknown = 0
        self._closed = False
        self._end: Token | None = None

    @property
    def count(self) -> int:
        """Number of tokens that are known."""
        return sum(map(len, self._spelled)) + len(self._ending)

    @property
    def note(self) -> str:
        """What was done."""
        filled = self.count - len(self._rows) - len(self._ending) + self._closed
        if not filled:
            return ""
        rest = f", {self._unknown} could not be" if self._unknown else ""
        what = "token" if filled == 1 else "tokens"
        return f"{filled} {what} that the server did not report, filled in{rest}"

    def reckon(self, expected: int | None) -> None:
        """Compare what was found with how many tokens the server counted, if it did.

        Raises
        ------
        LpError
            It counted fewer.
        """
        left = int(self._end is not None) if expected is None else expected - self.count
        if left < 0:
            msg = (
                f"this answer is spelled with {self.count} tokens or more, but the "
                f"server counted {expected}"
            )
            raise LpError(msg)
        self._closed = left == 1 and self._end is not None
        self._unknown = left - self._closed

    async def find(self) -> None:
        """Find out which tokens were not reported, and their values.

        Raises
        ------
        LpError
            No way to spell an entry leads to the values that were reported.
        """
        context = await self._context()
        entries = [_entry(row) for row in self._rows]
        options = [await self._options(entry) for entry in entries]
        self._spelled = [option[0] for option in options]
        kept = 0
        while True:
            forced = Forced(self._server, context, self._pieces(), self._top())
            await self._look_up(forced, kept)
            wrong = self._first_wrong(entries)
            if wrong is None:
                return
            options[wrong] = options[wrong][1:]
            if not options[wrong]:
                msg = (
                    "the model has other values now than it reported, so that nothing "
                    "tells which tokens are missing: was it asked otherwise?"
                )
                raise LpError(msg)
            kept = sum(map(len, self._spelled[:wrong]))
            self._spelled[wrong] = options[wrong][0]
            self._found = {at: one for at, one in self._found.items() if at < kept}

    async def _context(self) -> list[int]:
        await self._server.facts()  # says so if this is no llama.cpp
        asked = self._asked
        prompt: Any = asked.get("prompt")
        if "messages" in asked:
            prompt = await self._server.template(asked)
        if not isinstance(prompt, str):
            return list(prompt)
        pieces = await self._server.tokenize(prompt, first=True)
        return [piece.id for piece in pieces]

    async def _options(self, entry: Entry) -> list[Spelling]:
        if entry.bytes.isascii():
            return [_alone(entry)]
        found = spellings(entry, await self._server.vocabulary())
        return found or [_alone(entry)]

    def _pieces(self) -> list[Piece]:
        return [piece for spelling in self._spelled for piece in spelling]

    def _top(self) -> int:
        listed = (len(_listed(row)) for row in self._rows)
        return max(1, *listed, 1)

    async def _look_up(self, forced: Forced, kept: int) -> None:
        """Find values from the end on: then each request computes one position."""
        if self._may_end():
            self._end = await self._find_end(forced)
        for at in reversed([at for at in self._split() if at >= kept]):
            self._found[at] = await forced.at(at)

    def _split(self) -> Iterable[int]:
        """Yield the positions of tokens that share an entry."""
        at = 0
        for spelling in self._spelled:
            if len(spelling) > 1:
                yield from range(at, at + len(spelling))
            at += len(spelling)

    def _first_wrong(self, entries: Iterable[Entry]) -> int | None:
        at = 0
        for number, (entry, spelling) in enumerate(
            zip(entries, self._spelled, strict=True)
        ):
            at += len(spelling)
            known = self._found.get(at - 1)
            if known is not None and not agree(entry.values, _values(known)):
                return number
        return None

    def _may_end(self) -> bool:
        """Say whether a token that ended it may have been left out."""
        stopped = self._generation.meta.finish_reason == "stop"
        return stopped and not self._ending and not self._asked.get("stop")

    async def _find_end(self, forced: Forced) -> Token:
        facts = await self._server.facts()
        before = forced.before(self.count)
        top = self._top()
        entry = await self._server.next(before, facts.usual_end, max(top, _LOOK))
        values = _values(entry)
        lowest = self._lowest(values, facts.min_p)
        listed = entry.top_logprobs or []
        told = len(listed) < _LOOK or (listed[-1].logprob or 0.0) < lowest
        could = [end for end in facts.ends if values.get(end, -math.inf) >= lowest]
        if len(facts.ends) > 1 and not (told and could == [facts.usual_end]):
            return Token(bytes=())
        return Token("", entry.logprob, (), entry.id, listed[:top])

    def _lowest(self, values: Mapping[int, float], usual: float) -> float:
        """Return the log probability below which nothing was sampled."""
        if _CHANGES & self._asked.keys():
            return -math.inf
        likeliest = max(values.values())
        if self._asked.get("temperature") == 0:
            return likeliest
        least = self._asked.get("min_p", usual)
        return likeliest + math.log(least) if least > 0 else -math.inf

    def generation(self) -> Generation:
        """Return the choice with what was found."""
        whole = self._generation
        builder = GenerationBuilder()
        for part, text in (whole.texts or {}).items():
            builder.add(Delta(0, part, text))
        for row in whole:
            if row.part is Part.PROMPT:
                builder.add(Delta(0, Part.PROMPT, "", [_token(row, row.bytes)]))
        at = 0
        for row, spelling in zip(self._rows, self._spelled, strict=True):
            last = at + len(spelling) - 1
            tokens = [self._found[place] for place in range(at, last)]
            tokens.append(_token(row, spelling[-1].bytes))
            builder.add(Delta(0, row.part, "", tokens))
            at = last + 1
        ending = [_token(row, row.bytes) for row in self._ending]
        ending += [self._end] if self._closed and self._end else []
        ending += [Token(bytes=())] * self._unknown
        builder.add(Delta(0, Part.SPECIAL, "", ending))
        return builder.snapshot(whole.meta)


def _alone(entry: Entry) -> Spelling:
    from lpwidgets.client.llamacpp import Piece

    return (Piece(entry.id, tuple(entry.bytes)),)


def _listed(row: TokenRow) -> list[Candidate]:
    """Return the alternatives as they came: a row adds a token that was not listed."""
    return [
        Candidate(one.token, _known(one.logprob), tuple(one.bytes), one.token_id)
        for one in row.alternatives
        if row.rank or one.token_id != row.token_id
    ]


def _entry(row: TokenRow) -> Entry:
    values = {one.id: one.logprob for one in _listed(row) if one.logprob is not None}
    if not math.isnan(row.logprob):
        values[row.token_id] = row.logprob
    return Entry(row.token_id, row.bytes, values)


def _values(token: Token) -> dict[int, float]:
    known = (token, *(token.top_logprobs or ()))
    return {one.id: one.logprob for one in known if one.logprob is not None}


def _token(row: TokenRow, data: bytes) -> Token:
    text = data.decode("utf-8", "replace")
    value = _known(row.logprob)
    return Token(text, value, tuple(data), row.token_id, _listed(row))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
