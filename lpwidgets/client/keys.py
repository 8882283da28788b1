"""Keys: found once, bound to one origin, added while sending, shown nowhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import httpx

from lpwidgets.errors import MissingKeyError

if TYPE_CHECKING:
    from collections.abc import Generator

    from lpwidgets.client.providers import Provider

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Key(httpx.Auth):
    """A bearer key that only a request to its own origin gets, while it is sent."""

    __slots__ = ("_origin", "_value")

    def __init__(self, value: str, origin: httpx.URL) -> None:
        self._value = value
        self._origin = _origin(origin)

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response]:
        """Add the key, and take it away again once the request was sent."""
        if _origin(request.url) == self._origin and self._value:
            request.headers["Authorization"] = f"Bearer {self._value}"
        yield request
        request.headers.pop("Authorization", None)

    def scrub(self, text: str) -> str:
        """Return a text without the key in it."""
        return text.replace(self._value, "…") if self._value else text

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Key(…)"

    def __reduce__(self) -> NoReturn:
        msg = "a key is never pickled: make the Client where it is used"
        raise TypeError(msg)


def find_key(provider: Provider, api_key: str | None, url: httpx.URL) -> Key:
    """Return the key for requests to `url`: the argument, else the environment's.

    The environment's keys belong to the provider's own host; another ``base_url`` gets
    only a key that was passed with it.

    Raises
    ------
    MissingKeyError
        The provider needs a key and there is none, or the key would travel unencrypted.
    """
    own_host = provider.root is None or _origin(url) == _origin(
        httpx.URL(provider.root)
    )
    value = api_key
    if value is None and own_host:
        found = (os.environ.get(name, "") for name in provider.key_variables)
        value = next((candidate for candidate in found if candidate), None)
    value = (value or "").strip()
    if not value and provider.needs_key and own_host:
        msg = (
            f"no key for {provider.name}: set the environment variable "
            f"{provider.key_variables[0]} before starting Jupyter, or pass api_key=…\n"
            "without any key: lpwidgets.Client('local')"
        )
        raise MissingKeyError(msg)
    _check_travel(value, url)
    return Key(value, url)


def _check_travel(value: str, url: httpx.URL) -> None:
    if not value.isascii() or any(c.isspace() or not c.isprintable() for c in value):
        msg = "the key holds spaces or characters that no key has; was it copied whole?"
        raise MissingKeyError(msg)
    if value and url.scheme == "http" and url.host not in _LOOPBACK:
        msg = (
            f"the key would travel unencrypted to {url.host}: use https://, "
            "or api_key='' to send none"
        )
        raise MissingKeyError(msg)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default
