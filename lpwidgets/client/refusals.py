"""From HTTP answers and network faults to errors that say what to do next."""

from __future__ import annotations

import math
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx

from lpwidgets.errors import (
    AuthError,
    BusyError,
    ConnectError,
    RequestError,
    ServerError,
    WireError,
)
from lpwidgets.wire.failures import failure_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lpwidgets.client.endpoint import Endpoint

MAX_RETRY_AFTER = 30.0
"""Seconds; a server that asks for a longer wait is not asked again."""

_REFUSED = "the server does not take this request: change what it names"
_BY_STATUS: dict[int, tuple[type[ServerError], str]] = {
    400: (RequestError, _REFUSED),
    401: (AuthError, "the key is missing or wrong: check {key}"),
    402: (AuthError, "the account needs credit or a payment method"),
    403: (AuthError, "the key may not do that: check {key} and the model {model!r}"),
    404: (RequestError, "check the model {model!r} and base_url (does it end in /v1?)"),
    405: (RequestError, "nothing answers chat completions there: check base_url"),
    408: (BusyError, "the server gave up waiting: try again"),
    409: (BusyError, "the server is occupied: try again"),
    413: (RequestError, "the prompt is too large for this server: shorten it"),
    422: (RequestError, _REFUSED),
    429: (
        BusyError,
        "too many requests, also after retries: wait, or send fewer at once",
    ),
    503: (BusyError, "the server is busy or still loads the model: try again soon"),
}


def refusal(
    endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes, model: str
) -> ServerError:
    """Return the error that an HTTP status other than 200 means."""
    who = name_of(endpoint)
    if 300 <= status < 400:  # noqa: PLR2004
        where = headers.get("location", "another address")
        return RequestError(
            f"{who} redirects to {where}: give that as base_url", status
        )
    otherwise = (
        (BusyError, "the server has a fault of its own: try again later")
        if status >= 500  # noqa: PLR2004
        else (RequestError, _REFUSED)
    )
    error, advice = _BY_STATUS.get(status, otherwise)
    if b"insufficient_quota" in body:
        error, advice = _BY_STATUS[402]
    said = endpoint.key.scrub(_said(headers, body))
    advice = advice.format(model=model, key=_key_name(endpoint))
    return error(
        f"{who} answered {status}: {said}\n{advice}",
        status,
        retry_after=_retry_after(headers),
    )


def connection_fault(endpoint: Endpoint, error: httpx.HTTPError) -> ConnectError:
    """Return the error that a failed connection means."""
    who = name_of(endpoint)
    causes = list(_causes(error))
    text = " ".join(str(cause) for cause in causes).lower()
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return ConnectError(
            f"{who} went silent: try again, or allow more with timeout=…"
        )
    if isinstance(error, httpx.TimeoutException):
        return ConnectError(
            f"{who} accepts no connection: can it be reached from here?"
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ConnectError(
            f"no trusted TLS connection to {who}: {causes[-1]}\n"
            "for your own certificate set SSL_CERT_FILE, for a plain server use http://"
        )
    if any(sign in text for sign in _UNKNOWN_HOST):
        return ConnectError(
            f"no host of that name: {who}; check base_url and the network"
        )
    if isinstance(error, httpx.ConnectError):
        return ConnectError(
            f"nothing listens at {who}: start the server, check base_url"
        )
    return ConnectError(
        f"the connection to {who} broke: {causes[-1]!r}", transient=True
    )


_UNKNOWN_HOST = (
    "name or service not",
    "nodename",
    "getaddrinfo",
    "name resolution",
    "no address",
)


def not_an_answer(endpoint: Endpoint, content_type: str, body: bytes) -> WireError:
    """Return the error for an answer with status 200 that is no JSON and no stream."""
    excerpt = endpoint.key.scrub(
        " ".join(body[:200].decode("utf-8", "replace").split())
    )
    return WireError(
        f"{name_of(endpoint)} answered with {content_type or 'no content type'}, "
        f"not with JSON: {excerpt[:80]!r}\n"
        "check base_url (does it end in /v1?), and for a login page or proxy"
    )


def wait_before_retry(error: Exception) -> bool | float:
    """Say whether to try again: no, yes, or after how many seconds."""
    if isinstance(error, ConnectError):
        return error.transient
    if not isinstance(error, BusyError):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= MAX_RETRY_AFTER else False


def name_of(endpoint: Endpoint) -> str:
    """Return how messages call a server: its provider, its host if not the usual."""
    host = endpoint.url().netloc.decode("ascii")
    row = endpoint.provider
    if not row.name:
        return host
    usual = row.root is None or host in row.root
    return row.name if usual else f"{row.name} at {host}"


def _key_name(endpoint: Endpoint) -> str:
    variables = endpoint.provider.key_variables
    return f"{variables[0]} or api_key" if variables else "api_key"


def _said(headers: Mapping[str, str], body: bytes) -> str:
    failure = failure_in(body)
    if failure:
        return failure.message[:300]
    kind = headers.get("content-type", "").partition(";")[0]
    text = " ".join(body[:200].decode("utf-8", "replace").split())[:80]
    return f"{text!r} ({kind})" if text else "(an empty body)"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After`` in its forms: milliseconds, seconds, a date."""
    if headers.get("x-should-retry") == "false":
        return math.inf
    value = headers.get("retry-after", "")
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        return max(0.0, float(value)) if value else None
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
