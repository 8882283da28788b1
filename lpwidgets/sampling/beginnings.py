"""Where a text that is sampled on this side begins: its source, prompt and ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lpwidgets.client.llamacpp import LlamaCpp
from lpwidgets.client.rooted import context_ids
from lpwidgets.errors import InputError, LpError
from lpwidgets.sampling.base import Second
from lpwidgets.sampling.candidates import Context
from lpwidgets.sampling.chains import Compose
from lpwidgets.sampling.continued import ByIds, ByPrefill
from lpwidgets.sampling.penalties import DRY, RepetitionPenalty
from lpwidgets.sampling.sources import LlamaSource, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.transport import Transport
    from lpwidgets.sampling.answering import Answering
    from lpwidgets.sampling.ordering import Order

_SECOND_TOP = 4
"""How many times as many candidates a second prompt is asked for."""


@dataclass
class Beginning:
    """What a loop begins with; ``setup`` counts the requests that it took."""

    source: Source
    context: Context
    limit: int
    ends: AbstractSet[int]
    setup: int = 0
    second: Source | None = None
    second_prompt: Sequence[int] = ()

    @property
    def requests(self) -> int:
        """What was asked so far."""
        return self.setup + self.source.requests + getattr(self.second, "requests", 0)


async def on_llamacpp(order: Order, sampler: object, transport: Transport) -> Beginning:
    """Return the beginning on a llama.cpp server.

    Raises
    ------
    LpError
        The prompt leaves no room, or a server did not answer.
    """
    server = LlamaCpp(transport)
    facts = await server.facts()
    context = await _context(server, order.prompt)
    if not context.prompt_ids:
        context = Context(tuple(facts.prefix))
    room = facts.context - len(context.prompt_ids) if facts.context else order.limit
    if room < 1:
        msg = f"the prompt has {len(context.prompt_ids):,} tokens; the model's "
        raise InputError(f"{msg}context holds {facts.context:,}")
    source, ends = LlamaSource(transport, order.top), frozenset(facts.ends)
    limit = min(order.limit, room)
    found = Beginning(source, context, limit, ends, server.requests)
    second = getattr(sampler, "second", None)
    if isinstance(second, Second):
        await source.server.pin(1)
        found.second, found.second_prompt = await _other(order, second, transport)
    return found


async def _context(server: LlamaCpp, asked: dict[str, Any]) -> Context:
    prompt = asked.get("prompt")
    if "messages" in asked:
        prompt = await server.template({"messages": asked["messages"]})
    if isinstance(prompt, list):
        return Context(tuple(prompt))
    pieces = await server.tokenize(str(prompt), first=True)
    return Context(
        tuple(piece.id for piece in pieces), tuple(piece.bytes for piece in pieces)
    )


async def _other(
    order: Order, second: Second, transport: Transport
) -> tuple[Source, list[int]]:
    if second.client is not None:
        transport = second.client.transport
        transport.prepare()
    source = LlamaSource(transport, order.top * _SECOND_TOP)
    await source.server.pin(0)
    prompt = second.prompt
    chat = "messages" in order.prompt or not isinstance(prompt, str)
    if chat and isinstance(prompt, str):
        prompt = [{"role": "user", "content": prompt}]
    asked = {"messages": prompt} if chat else {"prompt": prompt}
    ids = await context_ids(source.server, asked)
    return source, ids or (await source.server.facts()).prefix


def elsewhere(
    order: Order, sampler: object, transport: Transport, flight: Callable[..., Flight]
) -> Beginning:
    """Return the beginning on a server that only answers.

    Raises
    ------
    LpError
        It cannot be sampled from exactly, and why.
    """
    row, name = transport.endpoint.provider, transport.endpoint.name
    prompt = order.prompt.get("prompt")
    source: Answering
    if why := _reason(sampler):
        raise LpError(_refused(name, sampler, why))
    if isinstance(prompt, list) and row.takes_ids:
        source = ByIds(order, row, name, flight)
        context = Context(tuple(prompt))
    elif prompt is not None:
        why = "text may be cut into other tokens; pass token ids, or messages"
        if not row.takes_ids:
            why = "it takes no token ids, and text may be cut into other tokens"
        raise LpError(_refused(name, sampler, why))
    elif row.prefill is None:
        why = "it answers a message of the assistant instead of continuing it"
        raise LpError(_refused(name, sampler, why))
    else:
        source, context = ByPrefill(order, row, name, flight), Context()
    return Beginning(source, context, order.limit, source.ends)


def _reason(sampler: object) -> str:
    """Return what a sampler needs that only llama.cpp tells."""
    if isinstance(getattr(sampler, "second", None), Second):
        return "it compares two prompts, and drafts cannot be read there"
    if isinstance(sampler, Compose):
        return next(filter(None, map(_reason, sampler.steps)), "")
    if isinstance(sampler, RepetitionPenalty | DRY):
        return "it looks at the prompt's tokens, which only the server knows"
    return ""


def _refused(name: str, sampler: object, why: str) -> str:
    return (
        f"{name} cannot be sampled from exactly by {sampler!r:.60}: {why}\n"
        "take Client('local') or Client('llama.cpp', base_url=…), which go on from "
        "token ids"
    )
