"""One event loop in a daemon thread, so that plain calls work inside a running loop.

A notebook's own loop is busy while a cell runs. The caller's thread waits in short
steps, so that an interrupt ends the wait at once; the request is cancelled over there.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

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
                loop = asyncio.new_event_loop()
                threading.Thread(
                    target=loop.run_forever, name="lpwidgets", daemon=True
                ).start()
                # An interrupt before this line leaves a loop that nobody uses.
                self._loop, self._pid = loop, os.getpid()
            return self._loop


_background = _Background()


class Job(Generic[T]):
    """A coroutine for the background loop; `over` is called at its end.

    It begins with `start`, or with `wait`, in which an interrupt at any moment ends it.
    """

    def __init__(
        self, work: Coroutine[Any, Any, T], over: Callable[[], None] = lambda: None
    ) -> None:
        self._work = work
        self._task: asyncio.Task[T] | None = None
        self._started = False
        self._over = threading.Event()
        self._tell = over
        self._cancellations = _cancellations()
        self._loop = _background.loop()

    def start(self) -> Self:
        """Begin, and return at once."""
        self._started = True
        self._loop.call_soon_threadsafe(self._begin)
        return self

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # asyncio complains when nobody is left to look at it
        self._over.set()
        self._tell()

    @property
    def over(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._over.is_set()

    def attend(self, event: threading.Event, seconds: float) -> bool:
        """Wait for an event, at most so long, and return whether it came.

        Raises
        ------
        KeyboardInterrupt
            Also when the interrupt went to the event loop of this thread: `asyncio.run`
            cancels its task instead, which a call that blocks would never notice.
        """
        end = time.monotonic() + seconds
        while _cancellations() == self._cancellations:
            left = end - time.monotonic()
            if event.wait(min(_STEP, max(0.0, left))):
                return True
            if left <= _STEP:
                return False
        raise KeyboardInterrupt

    def wait(self) -> T:
        """Wait for the result; an interrupt stops the work and is raised."""
        try:
            if not self._started:
                self.start()
            self.attend(self._over, math.inf)
            assert self._task  # noqa: S101 — it is over
            return self._task.result()
        except BaseException:
            self.stop()
            raise

    def there(self, act: Callable[[], object]) -> None:
        """Have the loop call a function after what it is doing, and wait a moment.

        On the loop's own thread there is no waiting for it.
        """
        done = threading.Event()

        def call() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(call)
        if _running_loop() is not self._loop:
            done.wait(_GRACE)

    def cancel(self) -> None:
        """Tell the work to end, and don't wait for it."""
        self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task:
            self._task.cancel()
        else:  # an interrupt came before it began
            self._work.close()
            self._over.set()

    def stop(self) -> None:
        """Cancel the work and wait a moment until it has cleaned up."""
        if not self.over:
            self.cancel()
            self._over.wait(_GRACE)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _cancellations() -> int:
    """Count how often the task that runs in this thread was told to end."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return 0
    return task.cancelling() if task else 0
