"""What DeepInfra's requests may say, and how it words a refusal."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = 20
_STOPS = 16


class Refusal(Exception):  # noqa: N818
    """A request that gets an error for an answer.

    Parameters
    ----------
    status
        The HTTP status code.
    message
        What is wrong, for a person.
    code
        What is wrong, for a program.
    body
        The whole answer, by default an error as OpenAI words it.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "invalid_request_error",
        body: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.body = body or self.as_error()

    def as_error(self) -> dict[str, Any]:
        """Return the error as OpenAI words it."""
        own_fault = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = "server_error" if own_fault else "invalid_request_error"
        error = {"message": self.message, "type": kind, "param": None}
        return {"error": error | {"code": self.code}}


def invalid(name: str, message: str, kind: str) -> Refusal:
    """Return the refusal of one parameter, as FastAPI words it."""
    where = ["body", name] if name else ["body"]
    detail = {"loc": where, "msg": message, "type": kind}
    return Refusal(422, f"{name}: {message}", kind, {"detail": [detail]})


class Field(NamedTuple):
    """What a parameter may be, and the engine's name for it if that differs."""

    kind: str
    low: float | None = None
    high: float | None = None
    engine: str = ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list)
        and len(value) <= _STOPS
        and all(isinstance(one, str) for one in value)
    )


def _has_role(message: dict[str, Any]) -> bool:
    return isinstance(message.get("role"), str)


def _is_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and value != []
        and all(isinstance(one, dict) and _has_role(one) for one in value)
    )


def _is_one_prompt(value: Any) -> bool:
    numbers = isinstance(value, list) and value and all(map(_is_integer, value))
    return isinstance(value, str) or bool(numbers)


def _is_prompt(value: Any) -> bool:
    several = isinstance(value, list) and value and isinstance(value[0], str | list)
    return all(map(_is_one_prompt, value)) if several else _is_one_prompt(value)


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "float": ("a valid number", _is_number),
    "int": ("a valid integer", _is_integer),
    "bool": ("a valid boolean", lambda value: isinstance(value, bool)),
    "string": ("a valid string", lambda value: isinstance(value, str)),
    "list": ("a valid list", lambda value: isinstance(value, list)),
    "dict": ("a valid dictionary", lambda value: isinstance(value, dict)),
    "choice": (
        "a valid string or dictionary",
        lambda value: isinstance(value, str | dict),
    ),
    "texts": (f"a string or a list of at most {_STOPS} strings", _is_texts),
    "messages": ("a list of at least one message with a role", _is_messages),
    "prompt": ("a string, a list of token ids, or a list of these", _is_prompt),
}

SAMPLING = {
    "temperature": Field("float", 0, 2),
    "top_p": Field("float", 0, 1),
    "min_p": Field("float", 0, 1),
    "top_k": Field("int", 0, 999),
    "presence_penalty": Field("float", -2, 2),
    "frequency_penalty": Field("float", -2, 2),
    "repetition_penalty": Field("float", 0.01, 5, "repeat_penalty"),
    "seed": Field("int", -(2**63), 2**63 - 1),
    "stop": Field("texts"),
    "stream": Field("bool"),
    "fail_fast": Field("bool"),
}
OPENAI = SAMPLING | {
    "model": Field("string"),
    "max_tokens": Field("int", 1, 1_000_000),
    "max_completion_tokens": Field("int", 1, 1_000_000, "max_tokens"),
    "n": Field("int", 1, 4),
    "logit_bias": Field("dict"),
    "response_format": Field("dict"),
    "stream_options": Field("dict"),
}


def checked(
    body: dict[str, Any], required: tuple[str, ...], fields: dict[str, Field]
) -> dict[str, Any]:
    """Return the parameters that are known and given, once all of them are right."""
    for name in required:
        if body.get(name) is None:
            raise invalid(name, "Field required", "missing")
    given = {name: body[name] for name in fields if body.get(name) is not None}
    for name, value in given.items():
        _check(name, value, fields[name])
    return given


def _check(name: str, value: Any, field: Field) -> None:
    words, fits = _KINDS[field.kind]
    if not fits(value):
        raise invalid(name, f"Input should be {words}", f"{field.kind}_type")
    if field.low is not None and value < field.low:
        words = f"greater than or equal to {field.low}"
        raise invalid(name, f"Input should be {words}", "greater_than_equal")
    if field.high is not None and not value <= field.high:
        words = f"less than or equal to {field.high}"
        raise invalid(name, f"Input should be {words}", "less_than_equal")
