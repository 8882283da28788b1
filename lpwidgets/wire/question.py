"""What is asked, in no dialect yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T", dict[str, Any], list[Any])


class Question(Struct, frozen=True, kw_only=True):
    """A request as the caller means it, with what its server calls things.

    Parameters
    ----------
    prompt
        Messages for a chat, text for a dialect that takes the prompt as it is.
    model, top_logprobs, n, stream
        As in `lpwidgets.Client.generate`.
    limit
        Largest number of generated tokens, None for the server's own.
    limit_name
        What the server calls it.
    asks_usage
        Whether usage in a stream has to be asked for by ``stream_options``.
    parameters
        Everything else, under the names that the server knows; None is left out.
    """

    prompt: str | Sequence[Mapping[str, Any]]
    model: str
    top_logprobs: int = 0
    n: int = 1
    stream: bool = True
    limit: int | None = None
    limit_name: str = "max_tokens"
    asks_usage: bool = False
    parameters: Mapping[str, Any] = {}

    def common(self) -> dict[str, Any]:
        """Return the fields that the OpenAI-style dialects share."""
        body: dict[str, Any] = {
            "model": self.model,
            self.limit_name: self.limit,
            "n": self.n if self.n > 1 else None,
            "stream": self.stream or None,
        }
        if self.stream and self.asks_usage:
            body["stream_options"] = {"include_usage": True}
        return without_none({**body, **self.parameters})


class Asked:
    """What knows the question of the answer it reads.

    Parameters
    ----------
    question
        None when an answer is read that somebody else asked for.
    """

    def __init__(self, question: Question | None = None) -> None:
        self.question = question


def take(given: dict[str, Any], name: str, kind: type[T]) -> T:
    """Take an option of a caller out of the others; an empty one if it is not there.

    Raises
    ------
    InputError
        It is of another type.
    """
    value = given.pop(name, None)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        msg = f"{name}={value!r:.60}: it is a {kind.__name__}"
        raise InputError(msg)
    return value


def without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without the fields that are None."""
    return {name: value for name, value in body.items() if value is not None}
