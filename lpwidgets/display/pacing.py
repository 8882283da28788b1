"""One pace for all widgets that grow: Jupyter drops what comes too fast.

A message carries what is new in every widget that waits, in one frame and through the
comm of one of them; its page hands the parts on. So 200 streams cost little more than
one.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from lpwidgets.display import codec

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.display.feed import Feed
    from lpwidgets.display.news import News

RATE = 25.0
"""Messages a second, over all widgets of this process."""

BURST = 4.0
"""Messages that may go at once after a pause: with `RATE`, below 30 in a second."""

WAIT_SECONDS = 1.5 / RATE
"""What waits is sent together after so long; a third of the messages stay free."""


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
        """Let a widget send what is new: at once if little is sent now, else soon."""
        with self._door:
            self._waiting[feed] = None
        if self._is_due:
            return
        if not self._serve(at_least=BURST - 1):
            self._later()

    def _later(self) -> None:
        with self._door:
            if self._is_due:
                return
            self._is_due = True
        self._start(WAIT_SECONDS, self._resume)

    def _resume(self) -> None:
        with self._door:
            self._is_due = False
        if not self._serve():
            self._later()

    def _serve(self, at_least: float = 1.0) -> bool:
        """Send what may be sent now; return whether that was all.

        Nothing is sent unless there is room for so many messages.
        """
        with self._work:
            self._refill()
            if self._budget < at_least:
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
        news: list[tuple[Feed, News]] = []
        carried: list[tuple[Feed, bytes]] = []
        for feed in waiting:
            self._unkept.pop(feed, None)
            # Where several wait, one message is left for what is carried.
            has_room = self._budget >= 1 + (len(waiting) > 1)
            update = feed.advance(may_keep=has_room)
            if isinstance(update, bytes) and has_room:
                self._budget -= 1
                feed.keep(update)
                continue
            if isinstance(update, bytes):
                carried.append((feed, update))
            else:
                news += [(feed, one) for one in update]
            if isinstance(update, bytes) or feed.ended:
                self._unkept[feed] = None
        addresses = [[feed.address] for feed, _ in carried]
        frames = [frame for _, frame in carried]
        if news:
            addresses.append([feed.address for feed, _ in news])
            frames.append(codec.append([one for _, one in news]))
        if frames:
            self._budget -= 1
            waiting[0].carry(addresses, frames)

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
