"""What callers may pass, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from typing import Any, SupportsIndex, TypeAlias

from lpwidgets.errors import InputError

Prompt: TypeAlias = str | Sequence[Mapping[str, Any]]

_OF_THE_CLIENT = {"api_key", "base_url", "timeout", "transport", "extra_headers"}


def messages(prompt: Prompt, system: str | None) -> list[dict[str, Any]]:
    """Return a prompt as messages, the system's first.

    Raises
    ------
    InputError
        It is empty, or none.
    """
    if isinstance(prompt, str):
        if not prompt:
            msg = "the prompt is empty: write what the model should answer"
            raise InputError(msg)
        listed: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    elif isinstance(prompt, Mapping | bytes) or not isinstance(prompt, Iterable):
        msg = f"the prompt is text or a list of messages, not {type(prompt).__name__}"
        raise InputError(msg)
    else:
        listed = [_message(item, i) for i, item in enumerate(prompt)]
        if not listed:
            msg = "the list of messages is empty: give at least one"
            raise InputError(msg)
    return [{"role": "system", "content": system}, *listed] if system else listed


def text(prompt: Prompt, system: str | None) -> str:
    """Return a prompt for an API that has no messages.

    Raises
    ------
    InputError
        It is empty, or there are messages in it.
    """
    if not isinstance(prompt, str) or system:
        msg = (
            "this api takes text as it is: write messages and system as the model's "
            "chat template does, or use api='chat'"
        )
        raise InputError(msg)
    return str(messages(prompt, None)[0]["content"])


def _message(item: object, index: int) -> dict[str, Any]:
    if not isinstance(item, Mapping) or "role" not in item:
        msg = (
            f"message {index} is {item!r:.60}; a message is "
            "{'role': 'user', 'content': '…'}"
        )
        raise InputError(msg)
    return dict(item)


def refuse_misplaced(options: Mapping[str, Any]) -> None:
    """Refuse what would be sent to the server, and kept in meta, by mistake.

    Raises
    ------
    InputError
        Something of the client's is among a call's options.
    """
    for name in sorted(_OF_THE_CLIENT & options.keys()):
        msg = f"{name} goes into the client: Client(…, {name}=…)"
        raise InputError(msg)


def whole(
    name: str, value: object, smallest: int, largest: int | None, who: str = ""
) -> int:
    """Return a whole number within its bounds.

    Raises
    ------
    InputError
        It is none.
    """
    number = index(value) if isinstance(value, SupportsIndex) else smallest - 1
    fits = smallest <= number and (largest is None or number <= largest)
    if isinstance(value, bool) or not fits:
        bounds = (
            f"{smallest} or more" if largest is None else f"{smallest} to {largest}"
        )
        whom = f" for {who}" if who else ""
        msg = f"{name}={value!r:.60}: it is a whole number, {bounds}{whom}"
        raise InputError(msg)
    return number


def seconds(timeout: object) -> float:
    """Return a timeout as a number.

    Raises
    ------
    InputError
        It is none, or not above 0.
    """
    real = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not (real and isinstance(timeout, int | float) and timeout > 0):
        msg = f"timeout={timeout!r:.60}: it is a number of seconds above 0, such as 120"
        raise InputError(msg)
    return float(timeout)
