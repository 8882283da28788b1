"""Carrying out an exchange over httpx: retries before the first token, none after."""

from __future__ import annotations

import asyncio
import logging
import weakref
from typing import TYPE_CHECKING

import httpx
import stamina

from lpwidgets.client.refusals import (
    connection_fault,
    not_an_answer,
    refusal,
    wait_before_retry,
)
from lpwidgets.errors import ConnectError, ServerError, WireError
from lpwidgets.meta import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.endpoint import Endpoint
    from lpwidgets.client.exchange import Exchange
    from lpwidgets.client.providers import Provider

_MAX_ERROR_BYTES = 2**16

# A logger without a handler prints each retry's name into the notebook.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Transport:
    """Sends exchanges to one endpoint.

    Parameters
    ----------
    endpoint
        Where to.
    timeout
        Seconds without a byte after which the server counts as silent.
    transport
        An httpx transport to use in place of the network.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        self._transport = transport
        self._clients: weakref.WeakKeyDictionary[
            asyncio.AbstractEventLoop, httpx.AsyncClient
        ] = weakref.WeakKeyDictionary()

    @property
    def provider(self) -> Provider:
        """The row of the server that this transport reaches."""
        return self._endpoint.provider

    async def carry_out(self, exchange: Exchange, changed: Callable[[], None]) -> None:
        """Send the request and feed its answer to the exchange until it is finished.

        `changed` is called whenever there is something new to look at.

        Raises
        ------
        LpError
            Nothing came, and why. What goes wrong after the first token ends up in the
            result's status instead.
        """
        try:
            await self._with_retries(exchange, changed)
        except (WireError, ConnectError, ServerError) as error:
            if not exchange.has_tokens:
                raise error from None
            wire = isinstance(error, WireError)
            exchange.finish(Status.ERROR if wire else Status.TRUNCATED, str(error))
        except asyncio.CancelledError:
            exchange.finish(Status.INTERRUPTED)
            raise
        if not exchange.has_tokens and exchange.failure:
            raise ServerError(exchange.failure)
        exchange.finish()
        changed()

    async def _with_retries(
        self, exchange: Exchange, changed: Callable[[], None]
    ) -> None:
        def wait(error: Exception) -> bool | float:
            return False if exchange.has_tokens else wait_before_retry(error)

        retries = stamina.retry_context(
            on=wait, attempts=3, timeout=None, wait_initial=0.5, wait_max=8.0
        )
        async for attempt in retries:
            with attempt:
                await self._attempt(exchange, changed)

    async def _attempt(self, exchange: Exchange, changed: Callable[[], None]) -> None:
        endpoint = self._endpoint
        url = await asyncio.to_thread(endpoint.url)
        headers = {"content-type": "application/json", "accept": "*/*"}
        try:
            async with self._client().stream(
                "POST",
                url,
                content=exchange.content,
                headers=headers,
                auth=endpoint.key,
            ) as response:
                await self._read(response, exchange, changed)
        except httpx.HTTPError as error:
            raise connection_fault(endpoint, error) from None

    async def _read(
        self, response: httpx.Response, exchange: Exchange, changed: Callable[[], None]
    ) -> None:
        kind = response.headers.get("content-type", "")
        if response.status_code != httpx.codes.OK or not exchange.begin(kind):
            body = await _beginning(response)
            if response.status_code == httpx.codes.OK:
                raise not_an_answer(self._endpoint, kind, body)
            raise refusal(
                self._endpoint,
                response.status_code,
                response.headers,
                body,
                exchange.model,
            )
        async for chunk in response.aiter_bytes():
            if exchange.feed(chunk):
                changed()
        exchange.end()

    def _client(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = httpx.AsyncClient(
                timeout=self._timeout,
                transport=self._transport,
                limits=httpx.Limits(max_connections=None),
                headers={"user-agent": "lpwidgets"},
            )
        return self._clients[loop]

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


async def _beginning(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= _MAX_ERROR_BYTES:
            break
    return body[:_MAX_ERROR_BYTES]
