"""What callers may pass, checked before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from operator import index
from os import PathLike
from typing import Any, SupportsFloat, SupportsIndex, TypeAlias

from lpwidgets.errors import InputError

Prompt: TypeAlias = str | Sequence[Mapping[str, Any]]

OPTIONS = (
    *("model", "top_logprobs", "max_tokens", "temperature", "seed", "n", "system"),
    *("stop", "stream", "api", "complete", "stop_when"),
)
"""What a call knows by itself, all that is sent as it is aside."""

_NEARLY = 0.88
"""How alike a misspelling is, 1 the same; ``min_tokens`` is 0.8 of max_tokens."""

_OTHERS = {"models"}
"""What is nearly one of ours, and an option of some server."""

_OF_THE_CLIENT = {
    *("api_key", "base_url", "extra_headers", "timeout", "total_timeout", "transport")
}


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
    check(system is None or isinstance(system, str), "system", system, "text")
    return [{"role": "system", "content": system}, *listed] if system else listed


def text(prompt: Prompt, system: str | None) -> Any:
    """Return a prompt for an API that has no messages: text, or ids of tokens.

    Raises
    ------
    InputError
        It is empty, or there are messages in it.
    """
    if isinstance(prompt, list) and prompt and not system and all(map(_is_id, prompt)):
        return prompt
    if not isinstance(prompt, str) or system:
        msg = (
            "this api takes text as it is: write messages and system as the model's "
            "chat template does, or use api='chat'"
        )
        raise InputError(msg)
    return str(messages(prompt, None)[0]["content"])


def _is_id(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item >= 0


def _message(item: object, index: int) -> dict[str, Any]:
    role = item.get("role") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(role, str) or len(item) == 1:
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


def refuse_misspelled(options: Mapping[str, Any]) -> None:
    """Refuse what a server would take without a word, and ignore.

    Raises
    ------
    InputError
        An option is nearly one that is known, or a number is where it has no effect.
    """
    for option in options.keys() - _OTHERS:
        for name in get_close_matches(option, OPTIONS, 1, _NEARLY):
            msg = f"there is no option {option!r}; did you mean {name}=…?"
            raise InputError(msg)
    count = options.get("logprobs")
    if isinstance(count, int) and not isinstance(count, bool):
        msg = f"logprobs={count}: say how many as top_logprobs={count}"
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


def model_name(model: object) -> str | None:
    """Return a model's name or path as text, None for none.

    Raises
    ------
    InputError
        It is neither.
    """
    if isinstance(model, PathLike):
        model = model.__fspath__()
    said = "text, such as 'deepseek-ai/DeepSeek-V3', or the path of a GGUF file"
    check(model is None or isinstance(model, str), "model", model, said)
    return str(model) if model and str(model).strip() else None


def parameters(
    *,
    max_tokens: object,
    least_tokens: int,
    temperature: object,
    seed: object,
    stop: object,
) -> dict[str, Any]:
    """Return what is sent when given, checked.

    Raises
    ------
    InputError
        A number is none, or out of its range; or ``stop`` is no text.
    """
    if max_tokens is not None:
        whole("max_tokens", max_tokens, least_tokens, None)
    if temperature is not None:
        said = "a number from 0, such as 0.7"
        check(_is_finite(temperature), "temperature", temperature, said)
    if seed is not None:
        is_whole = isinstance(seed, SupportsIndex) and not isinstance(seed, bool)
        check(is_whole, "seed", seed, "a whole number, such as 1")
    texts = [stop] if isinstance(stop, str) or stop is None else stop
    fits = isinstance(texts, Sequence) and all(
        one is None or isinstance(one, str) for one in texts
    )
    check(fits, "stop", stop, "text or a list of texts, such as ['.']")
    return {"temperature": temperature, "seed": seed, "stop": stop}


def _is_finite(value: Any) -> bool:
    number = isinstance(value, SupportsFloat) and not isinstance(value, str | bool)
    return number and math.isfinite(float(value)) and float(value) >= 0


def check(fits: bool, name: str, value: object, expected: str) -> None:
    """Refuse an argument that is not what is expected of it.

    Raises
    ------
    InputError
        It does not fit.
    """
    if not fits:
        msg = f"{name}={value!r:.60}: it is {expected}"
        raise InputError(msg)


def seconds(timeout: object, name: str = "timeout") -> float:
    """Return a timeout as a number.

    Raises
    ------
    InputError
        It is none, or not above 0.
    """
    real = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not (real and isinstance(timeout, int | float) and timeout > 0):
        msg = f"{name}={timeout!r:.60}: it is a number of seconds above 0, such as 120"
        raise InputError(msg)
    return float(timeout)
