"""The doctor's round: one request after the other, and what came of all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.client.doctor.asking import ask
from lpwidgets.client.doctor.probes import FIRST, probes_for, tries
from lpwidgets.errors import LpError, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.doctor.asking import Answer
    from lpwidgets.client.transport import Transport

_PATIENCE = 2
"""Failures in a row, other than refusals, after which a server is left alone."""

_NOT_FOUND = 404
_RATES = ("x-ratelimit-", "ratelimit")
_CHAT = "/chat/completions"


@dataclass
class Answers:
    """Everything that the server said, for the checks to look at.

    Parameters
    ----------
    given
        Answers by the name of their probe.
    refused
        Why there is none, by the name of the probe.
    k_refused
        Numbers of alternatives that the server did not take, and its words.
    headers
        Headers about rate limits, names in lower case.
    described
        What it says of itself at addresses that have no model behind them.
    requests
        How many were sent.
    """

    given: dict[str, Answer] = field(default_factory=dict)
    refused: dict[str, LpError] = field(default_factory=dict)
    k_refused: dict[int, LpError] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    requests: int = 0

    def __getitem__(self, name: str) -> Answer:
        """Return an answer; raise why there is none."""
        if name in self.refused:
            raise self.refused[name]
        return self.given[name]

    @property
    def fingerprint(self) -> str:
        """What the server calls its build, empty if it does not say."""
        found = (answer.fingerprint for answer in self.given.values())
        return next(filter(None, found), "")


class Round:
    """Ask one server everything.

    Parameters
    ----------
    transport
        The way to it.
    model
        Which model.
    tell
        Called with a line while it goes on.
    """

    def __init__(
        self, transport: Transport, model: str, tell: Callable[[str], None]
    ) -> None:
        self._transport = transport
        self._row = transport.endpoint.provider
        self._model = model
        self._tell = tell
        self._failures = 0
        self.answers = Answers()

    async def run(self) -> Answers:
        """Ask, and return what came.

        Raises
        ------
        LpError
            The server cannot be reached, is busy, or knows neither key nor model.
        """
        try:
            await self._run()
        finally:
            await self._transport.close()
        return self.answers

    async def _run(self) -> None:
        probes = probes_for(self._row)
        most = await self._first()
        chatless = self.answers.refused.get(FIRST)
        for name, probe in list(probes.items())[1:]:
            if chatless and probe.api == "chat":
                self.answers.refused[name] = chatless
                continue
            self._tell(f"{self.answers.requests + 1} of {len(probes) + 2}: {name} …")
            await self._ask(name, most)
            if self._failures >= _PATIENCE:
                last = self.answers.refused[name]
                rest = probes.keys() - self.answers.given.keys()
                self.answers.refused |= dict.fromkeys(rest, last)
                return
        await self._describe()

    async def _first(self) -> int:
        """Return the number of alternatives that the server takes."""
        k = 0
        for k in tries(self._row):
            await self._ask(FIRST, k)
            error = self.answers.refused.get(FIRST)
            if error is None:
                break
            if not isinstance(error, RequestError) or error.status == _NOT_FOUND:
                raise error
            self.answers.k_refused[k] = error
        return k

    async def _ask(self, name: str, k: int) -> None:
        answers, probe = self.answers, probes_for(self._row)[name]
        answers.requests += 1
        answers.refused.pop(name, None)
        try:
            answers.given[name] = await ask(self._transport, probe, self._model, k)
            self._failures = 0
        except LpError as error:
            answers.refused[name] = error
            refused = isinstance(error, RequestError)
            self._failures = 0 if refused else self._failures + 1
        for header, said in self._transport.headers.items():
            if header.startswith(_RATES):
                answers.headers[header] = said

    async def _describe(self) -> None:
        """Read what the server says of this model and of itself."""
        root = self._row.api("chat").path.removesuffix(_CHAT)
        models = await self._look(f"{root}/models")
        data = models.get("data") if isinstance(models, dict) else None
        listed = data if isinstance(data, list) else []
        for one in listed:
            this = isinstance(one, dict) and one.get("id") == self._model
            if this or len(listed) == 1:
                self.answers.described["/models"] = one
        if any(api.dialect == "llamacpp" for api in self._row.apis.values()):
            self.answers.described["/props"] = await self._look("/props")

    async def _look(self, path: str) -> Any:
        self.answers.requests += 1
        with suppress(LpError, msgspec.DecodeError, RecursionError):
            return msgspec.json.decode(await self._transport.look(path))
        return {}
