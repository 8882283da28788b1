"""`client.stepping`: what a text is made on, or why it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.client.arguments import messages, whole
from lpwidgets.client.arguments import text as as_is
from lpwidgets.client.loop import Job
from lpwidgets.errors import InputError, LpError
from lpwidgets.meta import Meta, Status
from lpwidgets.stepping.ground import Ground, IdsGround, LlamaGround, refused
from lpwidgets.stepping.stepping import Stepping
from lpwidgets.stepping.steps import given
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.client import Client
    from lpwidgets.client.flight import Flight
    from lpwidgets.stepping.steps import Step


class Order(NamedTuple):
    """What is asked; ``prompt`` is ``{"messages": …}`` or ``{"prompt": …}``."""

    prompt: dict[str, Any]
    model: str
    top: int


def begin(
    client: Client,
    prompt: Prompt,
    *,
    text: str | None,
    top_logprobs: int,
    system: str | None,
    model: str,
    api: str | None,
    ends: Sequence[int],
) -> Stepping:
    """Return a text that has not begun; see `lpwidgets.Client.stepping`."""
    row = client.transport.endpoint.provider
    least, most = row.top_logprobs
    top = whole("top_logprobs", top_logprobs, max(least, 1), most, row.name)
    if row.api(api).is_chat:
        asked: dict[str, Any] = {"messages": messages(prompt, system)}
    else:
        asked = {"prompt": as_is(prompt, system)}
    order = Order(asked, model, top)
    client.transport.prepare()
    ground = _ground(client, order, ends)
    steps = [] if text is None else _given(client, order, text)
    meta = Meta(
        provider=row.name,
        model=model,
        dialect="llamacpp",
        parameters={**order.prompt, "n_probs": order.top},
        status=Status.STOPPED,
    )
    return Stepping(steps, meta=meta, ground=ground, client=client)


def _ground(client: Client, order: Order, ends: Sequence[int]) -> Ground:
    row, name = client.transport.endpoint.provider, client.transport.endpoint.name
    if row.scoring is not None and not row.scoring.api:
        ground = LlamaGround(client.transport, order.top)
        Job(ground.begin(order.prompt)).wait()
        return ground
    if not row.takes_ids:
        why = "it takes no token ids, and text may be cut into other tokens"
        raise LpError(refused(name, why))
    prompt = order.prompt.get("prompt")
    if not isinstance(prompt, list):
        why = "only it knows the ids of this prompt"
        hint = "pass the prompt as a list of token ids, with api='completions'"
        raise InputError(refused(name, why, hint))
    if not ends:
        why = "nothing says which tokens end a text"
        raise InputError(refused(name, why, "pass their ids as ends=[…]"))

    def one_more(ids: list[int]) -> Flight:
        asked: Any = ids
        return client.flight(
            asked,
            api=row.takes_ids,
            model=order.model,
            max_tokens=1,
            top_logprobs=order.top,
        )

    return IdsGround(one_more, prompt, ends, name, top=order.top)


def _given(client: Client, order: Order, text: str) -> list[Step]:
    """Return a text's tokens as the model scores them."""
    prompt = order.prompt.get("messages", order.prompt.get("prompt"))
    scored = client.score(
        text, prompt=prompt, model=order.model, top_logprobs=order.top
    )
    return list(given(row for row in scored if row.part is not Part.PROMPT))
