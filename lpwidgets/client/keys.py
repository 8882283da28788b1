"""Keys: found once, bound to one origin, added while sending, shown nowhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NoReturn

import httpx

from lpwidgets.errors import InputError, MissingKeyError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lpwidgets.client.providers import Provider

LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts that are this machine."""

_TELLING = 8
"""Characters; a beginning of a key that long is hidden as well as the whole."""


class Key(httpx.Auth):
    """A key that only a request to its own origin gets, while it is sent.

    Parameters
    ----------
    value
        The key, empty for none.
    url
        An address at the origin that it is for; without one it goes nowhere.
    header
        The header that carries it, and what stands in front of it there.
    """

    __slots__ = ("_header", "_origin", "_prefix", "_value")

    def __init__(
        self,
        value: str,
        url: httpx.URL | None = None,
        header: tuple[str, str] = ("Authorization", "Bearer "),
    ) -> None:
        self._value = value.strip()
        self._origin = origin(url) if url else None
        self._header, self._prefix = header

    def bound_to(self, url: httpx.URL, header: tuple[str, str]) -> Key:
        """Return the key for an origin, to be sent in this header.

        Raises
        ------
        MissingKeyError
            It is no key, or it would travel unencrypted.
        """
        if not all("!" <= character <= "~" for character in self._value):
            msg = (
                "the key holds spaces or characters that no key has: copy it once more"
            )
            raise MissingKeyError(msg)
        if self and url.scheme == "http" and url.host not in LOOPBACK:
            msg = (
                f"the key would travel unencrypted to {url.host}: use https://, "
                "or api_key='' to send none"
            )
            raise MissingKeyError(msg)
        return Key(self._value, url, header)

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response]:
        """Add the key, and take it away again once the request was sent."""
        if self and origin(request.url) == self._origin:
            request.headers[self._header] = self._prefix + self._value
        try:
            yield request
        finally:
            request.headers.pop(self._header, None)

    def scrub(self, text: str) -> str:
        """Return a text without the key, or a telling beginning of it."""
        for end in range(len(self._value), min(_TELLING, len(self._value)) - 1, -1):
            text = text.replace(self._value[:end] or "\0", "…")
        return text

    def scrub_json(self, data: bytes) -> bytes:
        """Return an event or body without the key, which a server may echo anywhere."""
        if not self._value or self._value.encode() not in data:
            return data
        try:
            return json.dumps(self._scrubbed(json.loads(data))).encode()
        except (ValueError, RecursionError):
            return data.replace(self._value.encode(), "…".encode())

    def _scrubbed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {self.scrub(k): self._scrubbed(v) for k, v in value.items()}
        if not isinstance(value, list):
            return value
        try:
            text = bytes(value).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            return [self._scrubbed(item) for item in value]
        if self._value not in text:  # it is no token's bytes, or of another token
            return value
        return list(self.scrub(text).encode("utf-8", "surrogateescape"))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> NoReturn:
        msg = "a key is never pickled: make the Client where it is used"
        raise TypeError(msg)


def given_key(api_key: str | None) -> Key | None:
    """Wrap the key that a caller gave, so that no traceback shows it.

    Raises
    ------
    InputError
        It is no text.
    """
    if api_key is None or isinstance(api_key, str):
        return None if api_key is None else Key(api_key)
    del api_key
    msg = "api_key is text, such as os.environ['DEEPINFRA_API_KEY']"
    raise InputError(msg)


def find_key(row: Provider, given: Key | None, url: httpx.URL) -> Key:
    """Return the key for requests to `url`: the given one, else the environment's.

    The environment's keys belong to the provider's own host; another ``base_url`` gets
    only a key that was passed with it.

    Raises
    ------
    MissingKeyError
        The provider needs a key and there is none, or it must not travel this way.
    """
    own_host = row.root is None or origin(url) == origin(httpx.URL(row.root))
    if given is None and own_host:
        found = (Key(os.environ.get(name, "")) for name in row.key_variables)
        given = next(filter(None, found), None)
    if not given and row.needs_key and own_host:
        msg = (
            f"no key for {row.name}: set the environment variable "
            f"{row.key_variables[0]} before starting Jupyter, or pass api_key=…\n"
            "without any key: lpwidgets.Client('local')"
        )
        raise MissingKeyError(msg)
    return (given or Key("")).bound_to(url, row.key_header)


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port, which together are whom one talks to."""
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default
