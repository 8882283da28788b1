"""The ways in which a server goes on from what was sampled: ids, or a prefill."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lpwidgets.client.llamacpp import is_whole
from lpwidgets.client.prefilled import refuse_new_turn
from lpwidgets.sampling.answering import Answering

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from lpwidgets.client.flight import Flight
    from lpwidgets.client.providers import Provider
    from lpwidgets.generation import Alternative, Generation, TokenRow
    from lpwidgets.sampling.ordering import Order
    from lpwidgets.sampling.sources import Drafted
    from lpwidgets.wire.records import Candidate

_LOST = "\ufffd".encode()
_FIRST = 8
"""Tokens of the first request: it is read to its end, which tells the prompt's."""


class ByIds(Answering):
    """A server whose completions go on from token ids, and list them."""

    def _note(self) -> str:
        return "by token ids: the prompt and every token as they were"

    def _asked(self, ids: Sequence[int]) -> tuple[Any, dict[str, Any]]:
        return list(ids), {"api": self._row.takes_ids}

    def _own(self, ids: Sequence[int]) -> Sequence[int]:
        return ids[len(self._order.prompt["prompt"]) :]

    def _identified(self, token: TokenRow | Alternative) -> Candidate:
        if token.token_id < 0:
            raise self._refused("it lists tokens without ids")
        return self._known(token, token.token_id)

    def _check(self, said: Generation, ids: Sequence[int]) -> None:
        del said, ids


class ByPrefill(Answering):
    """A chat whose answer goes on from what the assistant is said to have begun.

    The server tells no ids: tokens are numbered here, by what they spell.
    """

    knows_ids = False

    def __init__(
        self, order: Order, row: Provider, name: str, flight: Callable[..., Flight]
    ) -> None:
        super().__init__(order, row, name, flight)
        self._numbers: dict[bytes, int] = {}
        self._checks = self._cuts = 0
        self._is_sure = False

    def _note(self) -> str:
        note = "by assistant prefill: the server may cut the beginning otherwise"
        if not self._checks:
            return note
        return f"{note}, as {self._cuts} of {self._checks} requests that tell show"

    async def _run(
        self,
        ids: Sequence[int],
        count: int,
        how: Mapping[str, Any],
        seed: int | None,
        *,
        whole: bool,
    ) -> AsyncGenerator[Drafted, None]:
        """Yield the tokens of one request; the first are looked at as a whole."""
        if self._is_sure:
            run = super()._run(ids, count, how, seed, whole=whole)
            async with aclosing(run) as drafted:
                async for one in drafted:
                    yield one
            return
        count = 1 if ids else min(count, _FIRST)
        run = super()._run(ids, count, how, seed, whole=True)
        async with aclosing(run) as drafted:
            every = [one async for one in drafted]
        for one in every:
            yield one

    def _asked(self, ids: Sequence[int]) -> tuple[Any, dict[str, Any]]:
        way, asked = self._row.prefill, self._order.prompt["messages"]
        assert way is not None  # noqa: S101 — else no such source is made
        api = next(key for key, api in self._row.apis.items() if api.is_chat)
        begun = b"".join(self.pieces[one] for one in ids)
        if not is_whole(begun) or _LOST in begun:
            raise self._refused("what was said ends inside a character")
        text = begun.decode()
        if way.trims and text != text.rstrip():
            why = f"it would drop the white space at the end of {text[-12:]!r}"
            raise self._refused(why)
        if not text:
            return asked, {"api": api}
        begin = {"role": "assistant", "content": text}
        return [*asked, begin], {"api": api, **way.options}

    def _own(self, ids: Sequence[int]) -> Sequence[int]:
        return ids

    def _identified(self, token: TokenRow | Alternative) -> Candidate:
        number = self._numbers.setdefault(token.bytes, len(self._numbers))
        return self._known(token, number)

    def _check(self, said: Generation, ids: Sequence[int]) -> None:
        count = said.meta.usage.prompt_tokens
        if not ids:
            self._prompt_tokens = count
            return
        before, extra = self._prompt_tokens, 0
        if count is not None and before is not None:
            self._checks += 1
            extra = count - before - len(ids)
        refuse_new_turn(said.text, extra, self._name)
        self._is_sure = True
        self._cuts += extra != 0
