"""A question whose answer is one JSON object and no generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from lpwidgets.client import exchange
from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpwidgets.meta import Status
    from lpwidgets.wire.records import Failure

T = TypeVar("T")

_MOST_ERROR_BYTES = 2**16


class Carried(Protocol):
    """What a transport can carry out."""

    model: str
    path: str
    content: bytes
    over: bool

    @property
    def has_tokens(self) -> bool:
        """Whether something has arrived that must not be asked for again."""

    @property
    def failure(self) -> Failure | None:
        """The error that the server reported inside its answer."""

    def begin(self, content_type: str) -> bool:
        """Prepare for a new body; return False if it can be no answer."""

    def feed(self, chunk: bytes) -> bool:
        """Take in the next bytes; say whether there is more to look at."""

    def end(self) -> None:
        """Take in what the end of the body completes."""

    def finish(self, status: Status | None = None, error: str = "") -> object:
        """Close the books."""


class Call:
    """One such question; it may be asked again at any time.

    Parameters
    ----------
    path
        Where it is below the root.
    body
        What is sent, as JSON.
    """

    model = ""
    over = False
    has_tokens = False

    def __init__(self, path: str, body: Mapping[str, Any]) -> None:
        self.path = path
        self.content = msgspec.json.encode(body)
        self.failure: Failure | None = None
        self._answer = bytearray()

    def begin(self, content_type: str) -> bool:
        """Forget what came before; JSON is an answer."""
        self._answer.clear()
        return content_type.partition(";")[0].strip().lower() == "application/json"

    def feed(self, chunk: bytes) -> bool:
        """Take in the next bytes.

        Raises
        ------
        WireError
            They are too many.
        """
        self._answer += chunk
        if len(self._answer) > exchange.MAX_BODY_BYTES:
            msg = f"the answer is larger than {exchange.MAX_BODY_BYTES:,} bytes"
            raise WireError(msg)
        return False

    def end(self) -> None:
        """Look whether the server reports an error with status 200."""
        if len(self._answer) < _MOST_ERROR_BYTES:
            self.failure = failure_in(bytes(self._answer))

    def finish(self, status: Status | None = None, error: str = "") -> None:
        """Do nothing: without a whole answer there is none."""

    def answer(self, into: type[T], kind: str) -> T:
        """Return the answer as a struct.

        Raises
        ------
        WireError
            It is not of that kind.
        """
        return decode_json(bytes(self._answer), into, kind)
