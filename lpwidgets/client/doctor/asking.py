"""Sending one request of the doctor, and keeping what came as it came."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lpwidgets.client.exchange import Exchange
from lpwidgets.errors import WireError
from lpwidgets.meta import Status
from lpwidgets.wire.records import Delta, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lpwidgets.client.doctor.probes import Probe
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generations
    from lpwidgets.wire.records import Candidate, Record, Token

_BEGINNING = 2**14
_FINGERPRINT = re.compile(rb'"system_fingerprint"\s*:\s*"([^"\\]{1,80})"')


class Entry(NamedTuple):
    """A token as the server wrote it; a `Generation` would tidy it up.

    ``bytes`` is None if none were sent, ``id`` −1, ``logprob`` (nats) None.
    """

    text: str
    bytes: bytes | None = None
    id: int = -1
    logprob: float | None = None
    top: tuple[Entry, ...] = ()

    @property
    def value(self) -> float:
        """The log probability, NaN if none was sent."""
        return math.nan if self.logprob is None else self.logprob


class Answer(NamedTuple):
    """What came for one request.

    Parameters
    ----------
    entries
        The first choice's tokens, those of a repeated prompt included.
    texts
        The text of every choice that came.
    usage
        What the server counted.
    k
        How many alternatives were asked for.
    fingerprint
        What the server calls its build, empty if it does not say.
    """

    entries: tuple[Entry, ...]
    texts: dict[int, str]
    usage: Usage = Usage()
    k: int = 0
    fingerprint: str = ""

    @property
    def text(self) -> str:
        """The first choice's text."""
        return self.texts.get(0, "")


class _Listening(Exchange):
    """An exchange that keeps the records and how the body begins."""

    records: list[Record]
    beginning: bytes

    def begin(self, content_type: str) -> bool:
        self.records, self.beginning = [], b""
        return super().begin(content_type)

    def feed(self, chunk: bytes) -> bool:
        self.beginning = (self.beginning + chunk)[:_BEGINNING]
        return super().feed(chunk)

    def _add(self, answers: Iterable[list[Record]]) -> None:
        super()._add(self._kept(answers))

    def _kept(self, answers: Iterable[list[Record]]) -> Iterator[list[Record]]:
        for records in answers:
            self.records += records
            yield records


async def ask(transport: Transport, probe: Probe, model: str, k: int) -> Answer:
    """Send a request and return what came.

    Parameters
    ----------
    transport, probe, model
        Whom, what, and which model.
    k
        Number of alternatives, where the probe wants most of them.

    Raises
    ------
    LpError
        Nothing came, or not in time, and why.
    """
    row, key = transport.endpoint.provider, transport.endpoint.key
    question = probe.question(row, model, k)
    exchange = _Listening(question, row.name, row.api(probe.api), key)
    await transport.carry_out(exchange, lambda: None)
    generations = exchange.finish()
    if generations[0].status is Status.ERROR:
        raise WireError(generations[0].meta.error)
    return _answer(exchange, generations, question.top_logprobs)


def _answer(exchange: _Listening, generations: Generations, k: int) -> Answer:
    entries: list[Entry] = []
    texts: dict[int, str] = {}
    for delta in exchange.records:
        if isinstance(delta, Delta) and (delta.text or delta.tokens):
            texts[delta.index] = texts.get(delta.index, "") + delta.text
            if delta.index == 0:
                entries += map(_entry, delta.tokens or ())
    found = _FINGERPRINT.search(exchange.beginning)
    build = found[1].decode("utf-8", "replace") if found else ""
    return Answer(tuple(entries), texts, generations[0].meta.usage, k, build)


def _entry(token: Token) -> Entry:
    return _plain(token)._replace(top=tuple(map(_plain, token.top_logprobs or ())))


def _plain(candidate: Candidate) -> Entry:
    sent = candidate.bytes
    try:
        if isinstance(sent, msgspec.Raw):
            raw = bytes(sent)
            sent = (
                msgspec.json.decode(raw, type=tuple[int, ...] | None) if raw else None
            )
        known = None if sent is None else bytes(sent)
    except (ValueError, msgspec.MsgspecError):  # numbers that are no bytes
        known = None
    return Entry(candidate.token, known, candidate.id, candidate.logprob)
