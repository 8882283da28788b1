"""The errors of lpwidgets: one small tree, and every message says what to do next."""

from __future__ import annotations


class LpError(Exception):
    """Any error that lpwidgets raises on purpose; its message says what to do."""


class InputError(LpError, ValueError):
    """An argument that cannot work, found before anything was sent."""


class AttributeInputError(InputError, AttributeError):
    """An attribute of something else; also an `AttributeError`, as Python expects."""


class IndexInputError(InputError, IndexError):
    """A position that is not there; also an `IndexError`, as Python expects."""


class MissingKeyError(InputError):
    """The provider wants a key and none was found, or it must not travel this way."""


class ConnectError(LpError):
    """No connection: nothing listens, the name is unknown, TLS failed, or it timed out.

    Parameters
    ----------
    message
        What went wrong and what to do next.
    transient
        Whether the same request may succeed a moment later.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class ServerError(LpError):
    """The server answered with an error.

    Parameters
    ----------
    message
        What went wrong and what to do next.
    status
        The HTTP status code, None for an error inside a stream.
    retry_after
        Seconds that the server asks to wait, None if it says nothing.
    """

    def __init__(
        self,
        message: str,
        status: int | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class AuthError(ServerError):
    """The server refused the key, or the account behind it (401, 402, 403)."""


class RequestError(ServerError):
    """The server refused the request itself (400, 404, 413, 422); it would again."""


class BusyError(ServerError):
    """The server is busy or limits the rate (408, 409, 429, 5xx), after retries too."""


class WireError(LpError):
    """The answer is not what the dialect says it should be."""


class SamplerError(InputError):
    """A sampler raised, or returned what is no choice and no distribution."""


class FrameError(LpError):
    """Bytes that are not a frame, or a frame of an unknown version."""


class EngineError(LpError):
    """The embedded model could not be started or died."""


class CheckFailed(LpError, AssertionError):  # noqa: N818 - a check fails, it is no error
    """An answer is not as sure as it was asked to be.

    Parameters
    ----------
    message
        What was asked, and what was measured.
    measured
        The values that were measured, by how the check writes them; NaN unknown.
    """

    def __init__(self, message: str, measured: object = None) -> None:
        super().__init__(message)
        self.measured = measured


class MissingPackageError(LpError, ImportError):
    """An optional package is needed; the message has the command that installs it."""
