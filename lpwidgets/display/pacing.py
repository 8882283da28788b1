"""One pace for all widgets that grow: Jupyter drops what comes too fast.

A message carries what is new in every widget that waits, through the comm of one of
them; its page hands the parts on. So 200 streams cost as many messages as one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.display.feed import Feed

RATE = 20.0
"""Messages a second, over all widgets of this process."""

BURST = 8.0
"""Messages that may go at once after a pause: with `RATE`, below 30 in a second."""

RETRY_SECONDS = 1 / RATE


class Pace:
    """Lets widgets send, at most so many messages a second.

    Parameters
    ----------
    clock
        Seconds.
    start
        Runs a function after so many seconds, in a thread.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        self._clock = clock
        self._start = start or _in_a_thread
        self._door = threading.Lock()
        self._work = threading.RLock()
        self._waiting: dict[Feed, None] = {}
        self._unkept: dict[Feed, None] = {}
        self._is_due = False
        self._budget = BURST
        self._at = clock()

    def ask(self, feed: Feed) -> None:
        """Let a widget send what is new: at once if nobody else waits, else soon."""
        with self._door:
            self._waiting[feed] = None
            alone = len(self._waiting) == 1 and not self._is_due
        if not (alone and self._serve()):
            self._later()

    def _later(self) -> None:
        with self._door:
            if self._is_due:
                return
            self._is_due = True
        self._start(RETRY_SECONDS, self._resume)

    def _resume(self) -> None:
        with self._door:
            self._is_due = False
        if not self._serve():
            self._later()

    def _serve(self) -> bool:
        """Send what may be sent now; return whether that was all."""
        with self._work:
            self._refill()
            if self._budget < 1:
                return False
            with self._door:
                waiting, self._waiting = list(self._waiting), {}
            self._send(waiting)
            self._keep()
            return not self._waiting and not self._unkept

    def _refill(self) -> None:
        now = self._clock()
        self._budget = min(BURST, self._budget + (now - self._at) * RATE)
        self._at = now

    def _send(self, waiting: list[Feed]) -> None:
        carried: list[tuple[Feed, bytes]] = []
        for feed in waiting:
            self._unkept.pop(feed, None)
            # Where several wait, one message is left for what is carried.
            has_room = self._budget >= 1 + (len(waiting) > 1)
            frame, keep = feed.advance(may_keep=has_room)
            if keep and has_room:
                self._budget -= 1
                feed.keep(frame)
                continue
            if keep:
                self._unkept[feed] = None
            carried.append((feed, frame))
        if carried:
            self._budget -= 1
            addresses = [feed.address for feed, _ in carried]
            carried[0][0].carry(addresses, [frame for _, frame in carried])

    def _keep(self) -> None:
        """Let widgets keep what was only carried, as far as messages are left."""
        while self._unkept and self._budget >= 1:
            feed, _ = self._unkept.popitem()
            self._budget -= 1
            feed.keep()


def _in_a_thread(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


PACE = Pace()
"""The one that all widgets share."""
