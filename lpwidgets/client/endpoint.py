"""Where requests go: a fixed address, or the embedded engine's."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx

from lpwidgets.client.keys import Key, find_key, origin
from lpwidgets.client.providers import ANY_SERVER, Provider, provider
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.local.engine import Lease


class Endpoint(Protocol):
    """A place that answers chat completions; messages call it ``name``."""

    provider: Provider
    key: Key
    name: str
    origin: str
    """Scheme, host and port; ``"local"`` for the embedded engine."""

    def url(self, path: str) -> httpx.URL:
        """Return the address of a path; may block while a local engine starts."""


class Remote:
    """A server at a fixed address."""

    def __init__(self, row: Provider, root: str, key: Key | None) -> None:
        url = _address(root, row.api(None).path)
        self.provider = row
        self.key = find_key(row, key, url)
        self.name = _name(row, url)
        self.origin = _origin(url)
        self._root = root

    def url(self, path: str) -> httpx.URL:
        """Return the address of a path below the root."""
        return _address(self._root, path)


class Embedded:
    """The llama.cpp engine on this machine, started at the first request."""

    def __init__(
        self, row: Provider, model: str | None, progress: Callable[[str], None]
    ) -> None:
        self.provider = row
        self.key = Key("")
        self.name = self.origin = row.name
        self.model = Path(model).stem if model else row.default_model or ""
        self._path = model
        self._progress = progress
        self._lease: Lease | None = None

    def url(self, path: str) -> httpx.URL:
        """Return an address at the engine, starting it (again) if it does not run.

        Raises
        ------
        EngineError
            It cannot run; the message says what is missing.
        """
        from lpwidgets.local.engine import acquire

        if self._lease is None or not self._lease.alive():
            self._lease = acquire(self._path, progress=self._progress)
        return httpx.URL(self._lease.base_url + path)


def endpoint_for(
    name: str | None,
    *,
    base_url: str | None,
    key: Key | None,
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
    return Remote(row, _root(row, base_url), key)


def origin_of(name: str | None, base_url: str | None) -> str:
    """Return the origin of the endpoint that these arguments of a client mean.

    Raises
    ------
    InputError
        They name no server, or none that can be.
    """
    row = provider(name) if name else ANY_SERVER
    if row.name == "local" and base_url is None:
        return row.name
    return _origin(_address(_root(row, base_url), "/"))


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _root(row: Provider, base_url: str | None) -> str:
    if row.name == "openai" and base_url is None:
        base_url = os.environ.get("OPENAI_BASE_URL") or None
    root = row.root if base_url is None else base_url
    if root is None:
        msg = (
            "name a provider, such as Client('local') or Client('deepinfra'), "
            "or give base_url='http://127.0.0.1:8000/v1'"
        )
        raise InputError(msg)
    return root


def _address(root: str, path: str) -> httpx.URL:
    """Return the address of `path` below a root, which may have a part of it already.

    Messages quote no more than a host and a path: people paste keys into the wrong
    argument.
    """
    url = _parsed(root)
    if url.scheme not in {"http", "https"} or not url.host:
        known = root.strip() if _HOST_FIRST.fullmatch(root.strip()) else ""
        msg = (
            "base_url lacks http:// or https:// in front of the host; "
            f"give it such as base_url='http://{known or '127.0.0.1:8000/v1'}'"
        )
        raise InputError(msg)
    if url.userinfo or url.query or url.fragment:
        msg = (
            "base_url takes scheme, host, port and path only; a key goes into api_key\n"
            f"{_EXAMPLE}"
        )
        raise InputError(msg)
    stem = url.path.rstrip("/")
    stem = stem.removesuffix("/completions").removesuffix("/chat")
    path, _, query = path.partition("?")
    steps = path.split("/")
    heads = ("/".join(steps[:count]) for count in range(len(steps), 0, -1))
    shared = next(head for head in heads if stem.endswith(head))
    path = stem.removesuffix(shared) + path
    return url.copy_with(path=path, query=query.encode() or None)


def _parsed(root: str) -> httpx.URL:
    try:
        url = httpx.URL(root.strip())
        url.raw_host.decode("ascii").encode("idna")  # a label may be too long
        possible = (url.port or 1) in range(1, 2**16)
    except (AttributeError, TypeError, UnicodeError, httpx.InvalidURL):
        possible = False
    if not possible or any(map(str.isspace, root.strip())) or "%20" in url.host:
        msg = f"base_url is no address; {_EXAMPLE}"
        raise InputError(msg)
    return url


_EXAMPLE = "give it such as base_url='http://127.0.0.1:8000/v1'"
_HOST_FIRST = re.compile(r"[\w.-]+(:\d+|/)[\w./-]*")


def _name(row: Provider, url: httpx.URL) -> str:
    host = url.netloc.decode("ascii")
    if not row.name:
        return host
    usual = row.root is not None and origin(url) == origin(httpx.URL(row.root))
    return row.name if usual else f"{row.name} at {host}"
