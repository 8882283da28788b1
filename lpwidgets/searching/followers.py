"""What may follow a beginning given as token ids, on servers that take those."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from lpwidgets.errors import LpError
from lpwidgets.generation import Generation
from lpwidgets.wire.records import Candidate, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.client.flight import Flight
    from lpwidgets.sampling.sources import Source
    from lpwidgets.searching.beams import Hypothesis


class Followers(Protocol):
    """Lists the candidates after beginnings."""

    @property
    def requests(self) -> int:
        """What was asked so far."""

    async def after(self, open_ones: Sequence[Hypothesis]) -> list[Sequence[Candidate]]:
        """Return the list of each beginning, most likely first."""


class InOrder:
    """A llama.cpp server, asked for one beginning after the other.

    What stands before is still computed from the step before, so that only the newest
    tokens are; several slots at once may round otherwise.

    Parameters
    ----------
    source
        Who lists them.
    prompt
        The ids of the prompt.
    """

    def __init__(self, source: Source, prompt: Sequence[int]) -> None:
        self._source = source
        self._prompt = list(prompt)

    @property
    def requests(self) -> int:
        """What was asked so far."""
        return self._source.requests

    async def after(self, open_ones: Sequence[Hypothesis]) -> list[Sequence[Candidate]]:
        """Return the list of each beginning."""
        peek = self._source.peek
        return [await peek([*self._prompt, *one.ids]) for one in open_ones]


class AtOnce:
    """A server whose completions take ids, asked for all beginnings at once.

    Parameters
    ----------
    flight
        Makes the call for one more token after ids.
    prompt
        The ids of the prompt.
    name
        The server, for messages.
    """

    def __init__(
        self, flight: Callable[[list[int]], Flight], prompt: Sequence[int], name: str
    ) -> None:
        self._make = flight
        self._prompt = list(prompt)
        self._name = name
        self.requests = 0
        """What was asked so far."""

    async def after(self, open_ones: Sequence[Hypothesis]) -> list[Sequence[Candidate]]:
        """Return the list of each beginning.

        Raises
        ------
        LpError
            A server did not answer, or listed no tokens with ids and values.
        """
        self.requests += len(open_ones)
        return await asyncio.gather(*map(self._after, open_ones))

    async def _after(self, one: Hypothesis) -> Sequence[Candidate]:
        said = await self._make([*self._prompt, *one.ids]).run()
        assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
        row = next((row for row in said if row.part is not Part.PROMPT), None)
        listed = row.alternatives if row else ()
        known = [found for found in listed if found.logprob == found.logprob]
        if not known or any(found.token_id < 0 for found in known):
            what = "tokens without ids" if known else "no alternatives with values"
            msg = (
                f"{self._name} lists {what} after {len(one.ids)} tokens: a beam cannot "
                "go on exactly\ntake 'local' or 'llama.cpp'"
            )
            raise LpError(msg)
        return [
            Candidate(found.token, found.logprob, tuple(found.bytes), found.token_id)
            for found in known
        ]
