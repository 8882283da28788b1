"""What a visit will cost, said before the first request, and the consent to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lpwidgets.client.doctor.probes import probes_for, tokens_in, tokens_out
from lpwidgets.client.endpoint import Embedded
from lpwidgets.client.keys import LOOPBACK
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.client.endpoint import Endpoint

_LOOKS = 2  # what the server says of itself


def plan_of(endpoint: Endpoint, model: str) -> str:
    """Return in one line what would be sent, and whether that costs money."""
    probes = probes_for(endpoint.provider)
    count = len(probes) + _LOOKS
    cost = ""
    if not is_near(endpoint):
        charges = endpoint.provider.needs_key
        cost = ", which charges for them" if charges else ", which may charge for them"
    tokens = f"{tokens_in(probes)} tokens in and at most {tokens_out(probes)} out"
    return (
        f"up to {count} requests to {endpoint.name} for {model}, about {tokens}{cost}"
    )


def is_near(endpoint: Endpoint) -> bool:
    """Say whether the server is on this machine."""
    return isinstance(endpoint, Embedded) or endpoint.url("/").host in LOOPBACK


def agree(plan: str, tell: Callable[[str], None]) -> None:
    """Ask the person at the keyboard.

    Raises
    ------
    InputError
        They do not want to, or nobody is there.
    """
    answer = _asked(f"{plan[0].upper()}{plan[1:]}. Send them? [y/N] ", tell)
    if answer is None:
        msg = (
            f"nothing was sent; the doctor would send {plan}\n"
            "to let it: lpwidgets.doctor(…, yes=True), or lpwidgets doctor … --yes"
        )
        raise InputError(msg)
    if answer.strip().lower() not in {"y", "yes"}:
        msg = "nothing was sent"
        raise InputError(msg)


def _asked(question: str, tell: Callable[[str], None]) -> str | None:
    """Return what somebody typed, None if there is nobody to type."""
    if not (_in_kernel() or (sys.stdin and sys.stdin.isatty())):
        return None
    tell(question)
    try:
        return input()
    except (EOFError, NotImplementedError):  # a kernel without a person before it
        return None


def _in_kernel() -> bool:
    """Say whether a notebook's page can be asked in place of a terminal."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")
