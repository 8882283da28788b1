"""Where requests go: a fixed address, or the embedded engine's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx

from lpwidgets.client.keys import Key, find_key
from lpwidgets.client.providers import ANY_SERVER, Provider, provider
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.local.engine import Lease


class Endpoint(Protocol):
    """A place that answers chat completions."""

    provider: Provider
    key: Key

    def url(self) -> httpx.URL:
        """Return the address; may block while a local engine starts."""


class Remote:
    """A server at a fixed address."""

    def __init__(self, row: Provider, url: httpx.URL, key: Key) -> None:
        self.provider = row
        self.key = key
        self._url = url

    def url(self) -> httpx.URL:
        """Return the address of chat completions."""
        return self._url


class Embedded:
    """The llama.cpp engine on this machine, started at the first request."""

    def __init__(
        self, row: Provider, model: str | None, progress: Callable[[str], None]
    ) -> None:
        self.provider = row
        self.key = Key("", httpx.URL("http://127.0.0.1"))
        self.model = Path(model).stem if model else row.default_model or ""
        self._path = model
        self._progress = progress
        self._lease: Lease | None = None

    def url(self) -> httpx.URL:
        """Return the engine's address, starting it (again) if it does not run.

        Raises
        ------
        EngineError
            It cannot run; the message says what is missing.
        """
        from lpwidgets.local.engine import acquire

        if self._lease is None or not self._lease.alive():
            self._lease = acquire(self._path, progress=self._progress)
        return httpx.URL(self._lease.base_url + self.provider.path)


def endpoint_for(
    name: str | None,
    *,
    base_url: str | None,
    api_key: str | None,
    model: str | None,
    progress: Callable[[str], None],
) -> Endpoint:
    """Return the endpoint that the arguments of a client mean.

    Raises
    ------
    InputError
        They name no server, or none that can be.
    """
    row = provider(name) if name else ANY_SERVER
    if row.name == "local" and base_url is None:
        return Embedded(row, model, progress)
    if row.name == "openai" and base_url is None:
        base_url = os.environ.get("OPENAI_BASE_URL", "").removesuffix("/v1") or None
    root = base_url or row.root
    if root is None:
        msg = (
            "name a provider, such as Client('local') or Client('deepinfra'), "
            "or give base_url='http://127.0.0.1:8000/v1'"
        )
        raise InputError(msg)
    url = _address(root, row.path)
    return Remote(row, url, find_key(row, api_key, url))


def _address(root: str, path: str) -> httpx.URL:
    try:
        url = httpx.URL(root.strip())
    except httpx.InvalidURL as error:
        msg = f"base_url {root!r} is no address ({error}); such as 'http://127.0.0.1:8000/v1'"
        raise InputError(msg) from None
    if url.scheme not in {"http", "https"} or not url.host:
        msg = f"base_url {root!r} lacks http:// or https:// in front of the host"
        raise InputError(msg)
    if url.userinfo or url.query or url.fragment:
        msg = "base_url takes scheme, host, port and path only; a key goes into api_key"
        raise InputError(msg)
    stem = url.path.rstrip("/").removesuffix("/chat/completions")
    tail = path if not path.startswith(stem or "\0") else path.removeprefix(stem)
    return url.copy_with(path=stem + tail)
