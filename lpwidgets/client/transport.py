"""Carrying out an exchange over httpx: retries before the first token, none after."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import stamina

from lpwidgets.client.keys import LOOPBACK
from lpwidgets.client.refusals import (
    connection_fault,
    not_an_answer,
    quote,
    refusal,
    reported,
    wait_before_retry,
)
from lpwidgets.errors import ConnectError, LpError, WireError
from lpwidgets.meta import Status
from lpwidgets.wire.failures import failure_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.endpoint import Endpoint
    from lpwidgets.client.exchange import Exchange

_MAX_ERROR_BYTES = 2**16

_GRACE = 1.0
"""Seconds that a server has to close a stream whose end it has announced."""

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
        self.endpoint = endpoint
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        self._transport = transport
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}

    def prepare(self) -> None:
        """Start what the endpoint needs, in the caller's thread: it may take a while.

        Raises
        ------
        EngineError
            The embedded engine cannot run.
        """
        self.endpoint.url("/")

    async def carry_out(self, exchange: Exchange, changed: Callable[[], None]) -> None:
        """Send the request and feed its answer to the exchange until it is finished.

        `changed` is called whenever there is something new to look at.

        Raises
        ------
        LpError
            Nothing came, and why; without what led to it, which has the key in it. What
            goes wrong after the first token ends up in the result's status instead.
        """
        fault: LpError | None = None
        try:
            await self._with_retries(exchange, changed)
        except LpError as error:
            fault = error.with_traceback(None)
            fault.__context__ = None
        except asyncio.CancelledError:
            exchange.finish(Status.INTERRUPTED)
            raise
        if fault and not exchange.has_tokens:
            raise fault
        if fault:
            broken = isinstance(fault, WireError)
            exchange.finish(Status.ERROR if broken else Status.TRUNCATED, str(fault))
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
        url = await asyncio.to_thread(self.endpoint.url, exchange.path)
        fault: LpError | None = None
        try:
            async with self._client(url).stream(
                "POST",
                url,
                content=exchange.content,
                headers={"content-type": "application/json", "accept": "*/*"},
                auth=self.endpoint.key,
            ) as response:
                await self._read(response, exchange, changed)
        except httpx.HTTPError as error:
            if not exchange.over:
                fault = connection_fault(self.endpoint, error)
        if exchange.failure and not exchange.has_tokens:
            fault = reported(self.endpoint, exchange.failure, exchange.model)
        if fault:
            raise fault

    async def _read(
        self, response: httpx.Response, exchange: Exchange, changed: Callable[[], None]
    ) -> None:
        kind = response.headers.get("content-type", "")
        if response.status_code != httpx.codes.OK or not exchange.begin(kind):
            raise await self._refused(response, exchange.model)
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                async for chunk in response.aiter_bytes():
                    if exchange.feed(chunk):
                        changed()
                    if exchange.over and limit.when() is None:
                        loop = asyncio.get_running_loop()
                        limit.reschedule(loop.time() + _GRACE)
        exchange.end()

    async def _refused(self, response: httpx.Response, model: str) -> LpError:
        body = await _beginning(response)
        if response.status_code != httpx.codes.OK:
            return refusal(
                self.endpoint, response.status_code, response.headers, body, model
            )
        if failure := failure_in(body):
            return reported(self.endpoint, failure, model)
        return not_an_answer(
            self.endpoint, response.headers.get("content-type", ""), body
        )

    def _client(self, url: httpx.URL) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            for ended in [known for known in self._clients if known.is_closed()]:
                del self._clients[ended]
            self._clients[loop] = self._new_client(url)
        return self._clients[loop]

    def _new_client(self, url: httpx.URL) -> httpx.AsyncClient:
        hosts = (f"[{host}]" if ":" in host else host for host in LOOPBACK)
        near = url.scheme == "http" and url.host in LOOPBACK
        try:
            return httpx.AsyncClient(
                verify=not near,  # certificates take longer to load than to answer
                timeout=self._timeout,
                transport=self._transport,
                mounts=dict.fromkeys((f"all://{host}" for host in hosts), None),
                limits=httpx.Limits(max_connections=None),
                headers={"user-agent": "lpwidgets"},
            )
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            msg = (
                "a proxy or certificate setting in the environment is wrong: "
                f"{quote(self.endpoint, str(error))}\n"
                "look at HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE"
            )
            raise ConnectError(msg) from None

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()


async def _beginning(response: httpx.Response) -> bytes:
    """Return how a body begins, as far as it comes."""
    body = b""
    with suppress(httpx.HTTPError):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) >= _MAX_ERROR_BYTES:
                break
    return body[:_MAX_ERROR_BYTES]
