"""Branching: a generation's beginning, another token, and what the model says then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.client.continuing import (
    Continuation,
    continuation_of,
    inherited,
    tokens_left,
)
from lpwidgets.client.joining import (
    answer_bytes,
    forced_from_list,
    forced_from_token,
    joined,
)
from lpwidgets.client.llamacpp import is_whole
from lpwidgets.client.prefilled import without_echo
from lpwidgets.client.rooted import Root, rooted
from lpwidgets.generation import Generation
from lpwidgets.meta import Status
from lpwidgets.wire.records import Part, Usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.fork import Fork
    from lpwidgets.client.transport import Transport
    from lpwidgets.columns import Columns


class Branching:
    """A branch in the making.

    Parameters
    ----------
    fork
        Where it leaves, and with which token.
    transport
        The way to the server.
    flight
        `lpwidgets.Client.flight`.
    options
        What the caller asks for; everything else is as the generation was sampled.
    """

    def __init__(
        self,
        fork: Fork,
        transport: Transport,
        flight: Callable[..., Flight],
        options: dict[str, Any],
    ) -> None:
        self._fork = fork
        self._transport = transport
        self._make = flight
        self._options = options
        self._columns: Columns | None = None
        self._flight: Flight | None = None
        self._requests = 0
        self._ended = False
        self._rest: Generation | None = None
        self._how = Continuation("", "", "", {})

    async def run(self) -> Generation:
        """Carry it out.

        Raises
        ------
        LpError
            The server cannot continue this beginning exactly, or did not answer.
        """
        row, name = self._transport.endpoint.provider, self._transport.endpoint.name
        forces = row.scoring is not None and not row.scoring.api
        if forces:
            root = await rooted(self._fork, self._transport)
            self._fork, self._ended = root.fork, root.ends
            self._requests = root.requests
            self._how = _by_ids(root)
            forced = forced_from_token(root.token) if root.token else None
        else:
            self._how, forced = continuation_of(self._fork, row, name), None
        kept = self._fork.generation.columns.take(np.arange(self._fork.position))
        own = forced_from_list(self._fork) if forced is None else forced
        self._columns = joined([kept, own])
        if not self._ended:
            self._flight = self._make(self._how.prompt, **self._asked())
            await self._flight.run()
            self._rest = self._continued(self._flight)
        return self.answer()

    def _continued(self, flight: Flight) -> Generation:
        """Return what came, without a beginning that came with it."""
        said = _only(flight)
        if self._how.beginning:
            said = without_echo(said, self._fork, self._how, self._transport)
        return said

    def _asked(self) -> dict[str, Any]:
        row = self._transport.endpoint.provider
        listed = int(self._fork.generation.columns.counts.max(initial=0))
        least, most = row.top_logprobs
        listed = max(least, listed if most is None else min(listed, most))
        return {
            "model": self._fork.generation.meta.model,
            "top_logprobs": listed,
            "max_tokens": tokens_left(self._fork, row.default_max_tokens),
            **inherited(self._fork),
            **self._how.options,
            **self._options,
            "api": self._how.api,
        }

    @property
    def has_tokens(self) -> bool:
        """Whether there is more than the generation itself."""
        return self._columns is not None

    def land(self, error: str = "") -> Generation:
        """Return the branch, cut off where it is if it still grows."""
        if self._flight:
            self._flight.land()
        return self.answer(Status.ERROR if error else Status.INTERRUPTED, error)

    def answer(self, status: Status = Status.STREAMING, error: str = "") -> Generation:
        """Return what there is by now."""
        origin = self._fork.generation
        if self._columns is None:
            return origin
        if self._flight is None:
            over = Status.COMPLETE if self._ended else status
            meta = msgspec.structs.replace(
                origin.meta, usage=Usage(completion_tokens=0)
            )
            meta = msgspec.structs.replace(meta, error=error)
            rest = Generation(self._columns.take(np.arange(0)), meta, {})
            return self._built(rest, over, "stop" if self._ended else "")
        said = self._rest or _only(self._flight)
        return self._built(said, said.status, said.meta.finish_reason)

    def _built(self, rest: Generation, status: Status, reason: str) -> Generation:
        assert self._columns is not None  # noqa: S101 — there is a beginning
        origin, began = self._fork.generation, answer_bytes(self._columns)
        whole = is_whole(began)
        tail = rest.text.encode("utf-8", "surrogatepass") if whole else None
        said = began + (answer_bytes(rest.columns) if tail is None else tail)
        texts = dict(origin.texts or {})
        texts[Part.GENERATED] = said.decode("utf-8", "replace")
        meta = msgspec.structs.replace(
            rest.meta,
            status=status,
            finish_reason=reason,
            dialect=origin.meta.dialect,
            parameters=self._parameters(),
            note="; ".join(filter(None, (self._note(), rest.meta.note))),
            usage=_usage(self._fork, rest.meta.usage),
            requests=self._requests + (rest.meta.requests if self._flight else 0),
            unsorted=origin.meta.unsorted + rest.meta.unsorted,
            choice=0,
            choices=1,
            scored=False,
        )
        return Generation(joined([self._columns, rest.columns]), meta, texts)

    def _parameters(self) -> dict[str, Any]:
        told = self._options.items()
        given = {name: value for name, value in told if value is not None}
        limit = given.pop("max_tokens", None)
        given.pop("top_logprobs", None)
        if limit is not None:
            given["max_tokens"] = len(self._fork.before) + 1 + limit
        return self._fork.generation.meta.parameters | given

    def _note(self) -> str:
        fork = self._fork
        return f"branched at token {fork.position} with {fork.name}, {self._how.note}"


def _only(flight: Flight) -> Generation:
    said = flight.answer()
    assert isinstance(said, Generation)  # noqa: S101 — one choice was asked for
    return said


def _by_ids(root: Root) -> Continuation:
    note = "by token ids: prompt, prefix and token as they were"
    return Continuation(root.ids, "native", note, {})


def _usage(fork: Fork, rest: Usage) -> Usage:
    """Return the counts of all tokens, and the cost of the new ones."""
    old = fork.generation.meta.usage
    said = [row for row in fork.before if row.part is not Part.FORCED]
    new = rest.completion_tokens
    total = None if new is None else len(said) + new
    return msgspec.structs.replace(
        rest, prompt_tokens=old.prompt_tokens, completion_tokens=total
    )
