"""From HTTP answers and network faults to errors that say what to do next."""

from __future__ import annotations

import math
import ssl
import time
from contextlib import suppress
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
    from lpwidgets.wire.records import Failure

MAX_RETRY_AFTER = 30.0
"""Seconds; a server that asks for a longer wait is not asked again."""

_QUOTED = 300
"""Characters of a server's own words in a message."""

_REFUSED = "the server does not take this request: change what it names"
_BY_STATUS: dict[int, tuple[type[ServerError], str]] = {
    400: (RequestError, _REFUSED),
    401: (AuthError, "{key}"),
    402: (AuthError, "the account needs credit or a payment method"),
    403: (AuthError, "{key}; or it may not use the model {model!r}"),
    404: (RequestError, "check the model {model!r} and base_url (does it end in /v1?)"),
    405: (RequestError, "nothing answers chat completions there: check base_url"),
    408: (BusyError, "the server gave up waiting: try again"),
    409: (BusyError, "the server is occupied: try again"),
    413: (RequestError, "the prompt is too large for this server: shorten it"),
    422: (RequestError, _REFUSED),
    429: (BusyError, "too many requests: wait{wait}, or send fewer at once"),
    503: (BusyError, "the server is busy or still loads the model: try again soon"),
}

_SIGNS = {b"insufficient_quota": 402, b"API_KEY_INVALID": 401}
"""What a body says more exactly than its status: OpenAI's 429, Gemini's 400."""


def refusal(
    endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes, model: str
) -> ServerError:
    """Return the error that an HTTP status other than 200 means."""
    if 300 <= status < 400:  # noqa: PLR2004
        where = quote(endpoint, headers.get("location", "another address"))
        return RequestError(
            f"{endpoint.name} redirects to {where}: give that as base_url", status
        )
    retry_after = _retry_after(headers)
    meant = next((code for sign, code in _SIGNS.items() if sign in body), status)
    error, advice = _meaning(endpoint, meant, model, retry_after)
    said = _said(endpoint, headers, body)
    msg = f"{endpoint.name} answered {status}: {said}\n{advice}"
    return error(msg, status, retry_after=retry_after)


def reported(endpoint: Endpoint, failure: Failure, model: str) -> ServerError:
    """Return the error that a failure inside an answer of status 200 means."""
    status = int(failure.code) if failure.code in map(str, range(400, 600)) else None
    error, advice = (
        _meaning(endpoint, status, model)
        if status
        else (ServerError, "try again, or another model or provider")
    )
    said = quote(endpoint, failure.message)
    return error(f"{endpoint.name} reported: {said}\n{advice}", status)


def connection_fault(endpoint: Endpoint, error: httpx.HTTPError) -> ConnectError:
    """Return the error that a failed connection means."""
    who = _place(endpoint, error)
    causes = list(_causes(error))
    last = quote(endpoint, str(causes[-1]) or type(causes[-1]).__name__)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
        return ConnectError(
            f"{who} went silent: try again, or allow more with timeout=…"
        )
    if isinstance(error, httpx.TimeoutException):
        is_full = isinstance(error, httpx.PoolTimeout)
        none = "accepts no connection: can it be reached from here?"
        full = "has all its connections in use: allow the transport more"
        return ConnectError(f"{who} {full if is_full else none}")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ConnectError(
            f"no trusted TLS connection to {who}: {last}\n"
            "for your own certificate set SSL_CERT_FILE, for a plain server use http://"
        )
    text = " ".join(str(cause) for cause in causes).lower()
    if any(sign in text for sign in _UNKNOWN_HOST):
        return ConnectError(
            f"no host of that name: {who}; check base_url and the network"
        )
    if isinstance(error, httpx.ConnectError):
        return ConnectError(
            f"nothing listens at {who}: start the server there, or say where it is "
            "with base_url=…"
        )
    return ConnectError(
        f"the connection to {who} broke ({last}): try again", transient=True
    )


def _place(endpoint: Endpoint, error: httpx.HTTPError) -> str:
    """Return whom one talks to, and where that is."""
    try:
        host = error.request.url.netloc.decode("ascii")
    except RuntimeError:  # it has no request
        return endpoint.name
    return endpoint.name if host in endpoint.name else f"{endpoint.name} ({host})"


_UNKNOWN_HOST = (
    "name or service not",
    "nodename",
    "getaddrinfo",
    "name resolution",
    "no address",
)


def not_an_answer(endpoint: Endpoint, content_type: str, body: bytes) -> WireError:
    """Return the error for an answer with status 200 that is no JSON and no stream."""
    kind = quote(endpoint, content_type, 80) or "no content type"
    return WireError(
        f"{endpoint.name} answered with {kind}, "
        f"not with JSON: {_excerpt(endpoint, body)!r}\n"
        "check base_url (does it end in /v1?), and for a login page or proxy"
    )


def unreadable(endpoint: Endpoint, coding: str) -> WireError:
    """Return the error for an answer packed in a way that was not asked for."""
    return WireError(
        f"{endpoint.name} answered with content-encoding {quote(endpoint, coding, 80)},"
        " though only gzip or deflate was asked for: look for a proxy in between"
    )


def out_of_time(endpoint: Endpoint, total: float | None) -> ConnectError:
    """Return the error for an answer that takes too long as a whole."""
    return ConnectError(
        f"{endpoint.name} was not done after total_timeout={total} seconds: "
        "ask for fewer tokens, or allow more"
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


def quote(endpoint: Endpoint, text: str, length: int = _QUOTED) -> str:
    """Return a server's words on one line, printable, not too long, without the key."""
    line = endpoint.key.scrub(" ".join(text.split()))
    return "".join(c if c.isprintable() else "�" for c in line[:length])


def _meaning(
    endpoint: Endpoint, status: int, model: str, retry_after: float | None = None
) -> tuple[type[ServerError], str]:
    otherwise = (
        (BusyError, "the server has a fault of its own: try again later")
        if status >= 500  # noqa: PLR2004
        else (RequestError, _REFUSED)
    )
    error, advice = _BY_STATUS.get(status, otherwise)
    known = retry_after is not None and math.isfinite(retry_after)
    wait = f" {retry_after:.0f} s" if known else ""
    return error, advice.format(model=model, key=_key_advice(endpoint), wait=wait)


def _key_advice(endpoint: Endpoint) -> str:
    row = endpoint.provider
    variable = next(iter(row.key_variables), "")
    if endpoint.key:
        return f"the key is wrong: check {variable + ' or ' if variable else ''}api_key"
    if variable and row.root and endpoint.name != row.name:
        host = httpx.URL(row.root).host
        return f"no key was sent: pass api_key=… ({variable} is for {host} only)"
    return f"no key was sent: {f'set {variable} or ' if variable else ''}pass api_key=…"


def _said(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> str:
    failure = failure_in(body)
    if failure:
        return quote(endpoint, failure.message)
    kind = headers.get("content-type", "").partition(";")[0]
    text = _excerpt(endpoint, body)
    return f"{text!r} ({quote(endpoint, kind, 80)})" if text else "(an empty body)"


def _excerpt(endpoint: Endpoint, body: bytes) -> str:
    return quote(endpoint, body[:400].decode("utf-8", "replace"), 80)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After`` in its forms: milliseconds, seconds, a date."""
    if headers.get("x-should-retry") == "false":
        return math.inf
    with suppress(KeyError, ValueError):
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    value = headers.get("retry-after", "")
    with suppress(ValueError):
        return max(0.0, float(value))
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
