"""An exchange that a stop rule may end: the request is closed, its tokens are kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.analysis.stopping import StopRule, Watch
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import STOP_WHEN, Status
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.exchange import Exchange
    from lpwidgets.client.transport import Transport


_BLIND = "stop_when could not judge all of it: a part of the text came without values"


async def watched(
    exchange: Exchange,
    rule: StopRule,
    transport: Transport,
    changed: Callable[[], None],
) -> None:
    """Carry out an exchange of one choice until it ends, or the rule comes true.

    Raises
    ------
    LpError
        Nothing came, and why.
    """
    watch = Watch(rule)

    def look() -> None:
        growing = exchange.result is None
        if watch.at < 0 and watch.look(exchange.snapshot()[0]) and growing:
            exchange.finish(Status.STOPPED)
            work.cancel()
        changed()

    work = asyncio.ensure_future(transport.carry_out(exchange, look))
    try:
        await work
    except asyncio.CancelledError:
        own = asyncio.current_task()
        if watch.at < 0 or (own and own.cancelling()):
            raise
    _note(exchange, watch)
    changed()


def _note(exchange: Exchange, watch: Watch) -> None:
    """Say in the finished answer what the rule did."""
    one = exchange.finish()[0]
    closed = one.status is Status.STOPPED
    note = watch.note(closed=closed)
    if len(one.text.encode("utf-8", "replace")) > len(one.bytes_of(Part.GENERATED)):
        note = "; ".join(filter(None, (note, _BLIND)))
    if not note:
        return
    meta = msgspec.structs.replace(
        one.meta,
        note="; ".join(filter(None, (one.meta.note, note))),
        finish_reason=STOP_WHEN if closed else one.meta.finish_reason,
    )
    exchange.result = Generations([Generation(one.columns, meta, one.texts)])
