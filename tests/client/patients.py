"""Letting the doctor see a scripted server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lpwidgets as lp

if TYPE_CHECKING:
    import httpx

    from lpwidgets.client.doctor.profile import Profile

URL = "http://127.0.0.1/v1"
CANARY = "canary-key-for-tests-0123456789"


def examine(server: httpx.AsyncBaseTransport, **options: Any) -> Profile:
    """Let the doctor see a server on this machine."""
    options.setdefault("model", "m")
    options.setdefault("progress", lambda _: None)
    return lp.doctor(URL, transport=server, **options)


def verdicts(profile: Profile) -> dict[str, str]:
    """Return the verdict of every check."""
    return {row.check: row.verdict for row in profile.checks}


def ask(client: lp.Client, **options: Any) -> lp.Generation:
    """Ask the honest server for something."""
    options = {"max_tokens": 2, "temperature": 0.5, "seed": 1} | options
    gen = client.generate("Name an animal.", **options)
    assert isinstance(gen, lp.Generation)
    return gen
