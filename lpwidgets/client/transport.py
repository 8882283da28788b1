"""Carrying out an exchange over httpx: retries before the first token, none after."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import stamina

from lpwidgets.client.doctor.store import Briefs
from lpwidgets.client.keys import LOOPBACK
from lpwidgets.client.refusals import (
    connection_fault,
    not_an_answer,
    out_of_time,
    quote,
    refusal,
    reported,
    unreadable,
    wait_before_retry,
)
from lpwidgets.errors import ConnectError, LpError, WireError
from lpwidgets.meta import Status
from lpwidgets.wire.failures import failure_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from lpwidgets.client.call import Carried
    from lpwidgets.client.endpoint import Endpoint

_MAX_ERROR_BYTES = 2**16
_MAX_LOOK_BYTES = 2**22

MAX_CONNECT = 10.0
"""Seconds after which a connection that is not there yet will not come."""

_CODINGS = {"", "identity", "gzip", "deflate"}
"""What unpacks to a thousand times its size at most; two at once are a million."""

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
    total_timeout
        Seconds that an answer may take from first to last, retries included.
    transport
        An httpx transport to use in place of the network.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        timeout: float,
        total_timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._timeout = httpx.Timeout(timeout, connect=min(timeout, MAX_CONNECT))
        self._total = total_timeout
        self._transport = transport
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
        self.briefs = Briefs(endpoint.origin)
        self.headers: dict[str, str] = {}
        """Headers of the newest answer, their names in lower case."""

    def prepare(self) -> None:
        """Start what the endpoint needs, in the caller's thread: it may take a while.

        Raises
        ------
        EngineError
            The embedded engine cannot run.
        """
        self.endpoint.url("/")

    async def carry_out(self, exchange: Carried, changed: Callable[[], None]) -> None:
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
            async with asyncio.timeout(self._total):
                await self._with_retries(exchange, changed)
        except TimeoutError:
            if not (exchange.over and exchange.has_tokens):
                fault = out_of_time(self.endpoint, self._total)
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
        self, exchange: Carried, changed: Callable[[], None]
    ) -> None:
        def wait(error: Exception) -> bool | float:
            return False if exchange.has_tokens else wait_before_retry(error)

        async for attempt in _attempts(wait):
            with attempt:
                await self._attempt(exchange, changed)

    async def _attempt(self, exchange: Carried, changed: Callable[[], None]) -> None:
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
                response.stream = _Closing(response.stream)
                await self._read(response, exchange, changed)
        except httpx.HTTPError as error:
            if not exchange.over:
                fault = connection_fault(self.endpoint, error)
        if exchange.failure and not exchange.has_tokens:
            fault = reported(self.endpoint, exchange.failure, exchange.model)
        if fault:
            raise fault

    async def _read(
        self, response: httpx.Response, exchange: Carried, changed: Callable[[], None]
    ) -> None:
        kind = response.headers.get("content-type", "")
        scrub = self.endpoint.key.scrub
        self.headers = {name: scrub(said) for name, said in response.headers.items()}
        fits = response.status_code == httpx.codes.OK and _unpacks(response)
        if not (fits and exchange.begin(kind)):
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
        if not _unpacks(response):
            return unreadable(self.endpoint, response.headers["content-encoding"])
        if failure := failure_in(body):
            return reported(self.endpoint, failure, model)
        return not_an_answer(
            self.endpoint, response.headers.get("content-type", ""), body
        )

    async def look(self, path: str) -> bytes:
        """Return what a GET request finds, empty if the server has nothing there.

        Raises
        ------
        ConnectError
            No server answered.
        """
        async for attempt in _attempts(wait_before_retry):
            with attempt:
                body = await self._found(path)
        return body

    async def _found(self, path: str) -> bytes:
        url = await asyncio.to_thread(self.endpoint.url, path)
        try:
            async with (
                asyncio.timeout(self._total),
                self._client(url).stream("GET", url, auth=self.endpoint.key) as found,
            ):
                found.stream = _Closing(found.stream)
                if found.status_code != httpx.codes.OK:
                    return b""
                return await _beginning(found, _MAX_LOOK_BYTES)
        except TimeoutError:
            fault = out_of_time(self.endpoint, self._total)
        except httpx.HTTPError as error:
            fault = connection_fault(self.endpoint, error)
        raise fault  # out here, without what led to it

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
                headers={
                    "user-agent": "lpwidgets",
                    "accept-encoding": "gzip, deflate",
                },
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


class _Closing(httpx.AsyncByteStream):
    """A body that is closed to its end, also in a task that is cancelled meanwhile.

    httpcore shields that from anyio's cancellation, not from asyncio's: the connection
    would stay open, and count as one in use, for ever.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        chunks: AsyncIterator[bytes] = self._stream.__aiter__()
        return chunks

    async def aclose(self) -> None:
        await asyncio.shield(self._stream.aclose())


def _attempts(
    wait: Callable[[Exception], bool | float],
) -> AsyncIterator[stamina.Attempt]:
    """Return up to three attempts, as long as one ends in what may pass.

    The first connection to break was likely an old one, which the server closed just
    when it was used again: a new one is tried at once.
    """
    first = iter([True])

    def again(error: Exception) -> bool | float:
        after = wait(error)
        broken = isinstance(error, ConnectError) and next(first, False)
        return 0.0 if after and broken else after

    return stamina.retry_context(
        on=again, attempts=3, timeout=None, wait_initial=0.5, wait_max=8.0
    ).__aiter__()


async def _beginning(response: httpx.Response, most: int = _MAX_ERROR_BYTES) -> bytes:
    """Return how a body begins, as far as it comes."""
    body = b""
    if not _unpacks(response):
        return body
    with suppress(httpx.HTTPError):
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) >= most:
                break
    return body[:most]


def _unpacks(response: httpx.Response) -> bool:
    """Say whether a body is packed, if at all, in a way that was asked for."""
    return response.headers.get("content-encoding", "").strip().lower() in _CODINGS
