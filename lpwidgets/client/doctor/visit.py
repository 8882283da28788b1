"""`doctor` and `profile_of`: asking a server what it does, and reading that again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lpwidgets.client.arguments import model_name, seconds
from lpwidgets.client.doctor.checks import rows
from lpwidgets.client.doctor.plan import agree, is_near, plan_of
from lpwidgets.client.doctor.profile import Profile, Row
from lpwidgets.client.doctor.rounds import Round
from lpwidgets.client.doctor.store import load, save
from lpwidgets.client.endpoint import Embedded, endpoint_for, origin_of
from lpwidgets.client.keys import given_key
from lpwidgets.client.loop import Job
from lpwidgets.client.providers import ANY_SERVER, provider
from lpwidgets.client.transport import Transport
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from lpwidgets.client.endpoint import Endpoint

_TOTAL = 3
"""How many times its timeout a whole answer may take; each has a few tokens."""


def _tell(line: str) -> None:
    passing = line.endswith("…")
    print(f"\r{line:<72}", end="" if passing else "\n", flush=True)  # noqa: T201


def doctor(
    server: str | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    model: str | None = None,
    yes: bool = False,
    timeout: float = 30.0,
    transport: httpx.AsyncBaseTransport | None = None,
    progress: Callable[[str], None] = _tell,
) -> Profile:
    """Ask a server a dozen tiny questions and return what it really does.

    The cost is shown first. A server on another machine is asked only after somebody
    agreed to it. The profile is kept in the user's cache, and later generations of the
    same server and model have the gist of it in ``meta.profile``.

    Parameters
    ----------
    server
        A provider, see `Client`, or a ``base_url``.
    base_url, api_key, transport
        As for `Client`.
    model
        The model to ask; without it the provider's default.
    yes
        Agrees to the requests, and to what they cost, without being asked.
    timeout
        Seconds without a byte after which a server counts as silent; a whole answer
        may take three times that.
    progress
        Called with a line on the cost, and while it goes on.

    Returns
    -------
    Profile
        One row a check; shown as a table.

    Raises
    ------
    InputError
        The arguments name no server or model, or nobody agreed.
    LpError
        The server cannot be reached, is busy, or knows neither key nor model.
    """
    key = given_key(api_key)
    del api_key  # a traceback with local variables would show it
    name, base_url = _place(server, base_url)
    endpoint = endpoint_for(
        name, base_url=base_url, key=key, model=model_name(model), progress=progress
    )
    asked = _model(endpoint, model)
    plan = plan_of(endpoint, asked)
    if not yes and not is_near(endpoint):
        agree(plan, progress)
    else:
        progress(plan)
    wait = seconds(timeout)
    way = Transport(endpoint, wait, _TOTAL * wait, transport)
    way.prepare()
    profile = _visit(way, asked, progress)
    try:
        save(profile)
    except OSError as error:
        progress(f"the profile could not be kept: {error.strerror}")
    return profile


def profile_of(
    server: str | None = None,
    *,
    base_url: str | None = None,
    model: str | None = None,
) -> Profile | None:
    """Return the newest profile of a server and model, None if there is none.

    Nothing is sent, and no key is needed.

    Parameters
    ----------
    server, base_url, model
        As for `doctor`.

    Raises
    ------
    InputError
        The arguments name no server or model.
    """
    name, base_url = _place(server, base_url)
    row = provider(name) if name else ANY_SERVER
    origin = origin_of(name, base_url)
    asked = model_name(model) or row.default_model
    if asked is None:
        raise InputError(_NAME_A_MODEL.format(row.name or origin))
    return load(origin, Path(asked).stem if origin == "local" and model else asked)


def _visit(way: Transport, model: str, progress: Callable[[str], None]) -> Profile:
    endpoint = way.endpoint
    answers = Job(Round(way, model, progress).run()).wait()
    progress(f"{answers.requests} requests sent")
    scrub = endpoint.key.scrub
    return Profile(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        provider=endpoint.provider.name,
        origin=endpoint.origin,
        model=model,
        server=scrub(answers.fingerprint),
        requests=answers.requests,
        checks=tuple(_scrubbed(row, scrub) for row in rows(answers)),
    )


def _scrubbed(row: Row, scrub: Callable[[str], str]) -> Row:
    return msgspec.structs.replace(row, evidence=scrub(row.evidence))


_NAME_A_MODEL = "name a model: {} has no default; pass model=…"


def _place(server: str | None, base_url: str | None) -> tuple[str | None, str | None]:
    """Return provider and base_url, of which `server` may be either."""
    if isinstance(server, str) and "://" in server:
        if base_url is not None:
            msg = "two addresses: give one of them, and maybe a provider's name"
            raise InputError(msg)
        return None, server
    return server, base_url


def _model(endpoint: Endpoint, model: str | None) -> str:
    if "chat" not in endpoint.provider.apis:
        msg = (
            f"the doctor asks servers of OpenAI's kind; {endpoint.name} has no such api"
        )
        raise InputError(msg)
    if isinstance(endpoint, Embedded):
        return endpoint.model
    chosen = model_name(model) or endpoint.provider.default_model
    if chosen is None:
        raise InputError(_NAME_A_MODEL.format(endpoint.name))
    return chosen
