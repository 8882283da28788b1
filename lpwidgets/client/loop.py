"""One event loop in a daemon thread, so that plain calls work inside a running loop.

A notebook's own loop is busy while a cell runs. The caller's thread waits in short
steps, so that an interrupt ends the wait at once; the request is cancelled over there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

_STEP = 0.1
_GRACE = 0.3


class _Background:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                threading.Thread(
                    target=self._loop.run_forever, name="lpwidgets", daemon=True
                ).start()
            return self._loop


_background = _Background()


class Job(Generic[T]):
    """A coroutine at work in the background loop; `over` is called at its end."""

    def __init__(
        self, work: Coroutine[Any, Any, T], over: Callable[[], None] = lambda: None
    ) -> None:
        self._over = threading.Event()
        self._tell = over
        loop = _background.loop()
        self._future = asyncio.run_coroutine_threadsafe(self._run(work), loop)

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        finally:
            self._over.set()
            self._tell()

    def wait(self) -> T:
        """Wait for the result; an interrupt stops the work and is raised."""
        try:
            while not self._over.wait(_STEP):
                pass
            return self._future.result()
        except BaseException:
            self.stop()
            raise

    def over_within(self, seconds: float) -> bool:
        """Wait at most so long, and say whether the work is over, well or not."""
        return self._over.wait(seconds)

    def stop(self) -> None:
        """Cancel the work and wait a moment until it has cleaned up."""
        if self._future.cancel():
            self._over.wait(_GRACE)
