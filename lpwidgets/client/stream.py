"""`Stream`: an answer looked at while it comes."""

from __future__ import annotations

import math
import threading
import weakref
from typing import TYPE_CHECKING, Any, NoReturn, Self

from lpwidgets.client.loop import Job
from lpwidgets.errors import AttributeInputError
from lpwidgets.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lpwidgets.client.flight import Answer, Flight


class Stream:
    """Growing snapshots of an answer, the last one finished.

    An iterator, and a context manager whose end closes the request, as does letting go
    of it. A slow reader misses snapshots, never tokens.

    Parameters
    ----------
    flight
        The call, which starts at once.
    keep
        Called with the answer when it is over, or closed.
    """

    def __init__(self, flight: Flight, keep: Callable[[Answer], None]) -> None:
        self._flight = flight
        self._keep = keep
        self._changed = threading.Event()
        self._job = Job(flight.run(self._changed.set), self._changed.set).start()
        self._let_go = weakref.finalize(self, _abandon, self._job, flight, keep)
        self.over = False
        """Whether the answer is finished, or was closed."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.over:
            raise StopIteration
        try:
            self.wait(math.inf)
            latest = self.latest
        except BaseException:
            self.close()
            raise
        return latest

    @property
    def latest(self) -> Any:
        """What there is by now."""
        return self._flight.answer()

    def wait(self, seconds: float) -> bool:
        """Wait for something new, at most so long; say whether there is.

        Raises
        ------
        LpError
            Nothing came, and why.
        """
        if self.over:
            return True
        try:
            new = self._job.attend(self._changed, seconds)
            self._changed.clear()
            if self._job.over:
                self.over = True
                self._let_go.detach()
                self._keep(self._job.wait())
        except BaseException:
            self.close()
            raise
        return new

    def close(self) -> None:
        """Close the request; what had arrived is then the client's `last`."""
        if not self.over:
            self.over = True
            self._let_go.detach()
            self._job.stop()
            self._keep(self._flight.land())

    def __getattr__(self, name: str) -> NoReturn:
        if not hasattr(Generation, name) or name.startswith("_"):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        raise AttributeInputError(
            f"a stream has no {name} itself, the answers that it yields do: "
            f"for so_far in stream: so_far.{name}\n"
            f"the newest: stream.latest.{name}; without streaming: client.generate(…)"
        )

    def __repr__(self) -> str:
        return f"<Stream{', over' if self.over else ''}: {self.latest!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _abandon(job: Job[Answer], flight: Flight, keep: Callable[[Answer], None]) -> None:
    """End what nobody holds any more.

    Garbage is collected anywhere, also where an exchange has its lock: to land it there
    would wait for that lock for ever. The loop does it between two steps.
    """
    job.there(lambda: keep(flight.land()))
    job.cancel()
