"""What a page has of a widget's generations, and what it lacks."""

from __future__ import annotations

import time
import uuid
from itertools import zip_longest
from typing import TYPE_CHECKING

from lpwidgets.display import codec
from lpwidgets.display.head import Head, changes, head_of
from lpwidgets.display.news import Extent, News, continues

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.generation import Generation

KEYFRAME_SECONDS = 1.0
HEAD_SECONDS = 0.25
"""The figures above the tokens change no faster than they can be read."""


class Feed:
    """The frames of one widget, in order.

    Parameters
    ----------
    keep
        Makes a keyframe the widget's own; a message.
    carry
        Sends frames, each with the addresses of its generations' widgets; a message.
    shown
        What the page has to begin with.
    """

    def __init__(
        self,
        keep: Callable[[bytes], None],
        carry: Callable[[list[list[str]], list[bytes]], None],
        shown: Sequence[Generation] = (),
    ) -> None:
        self.address = f"lpw-{uuid.uuid4().hex}"
        self.carry = carry
        self._keep = keep
        self._generations = self._shown = shown
        self.ended = False
        self._seq = 0
        self._kept_at = 0.0
        self._kept = 0
        self._heads: list[Head] = []
        self._told_at = 0.0

    def put(self, generations: Sequence[Generation], *, live: bool) -> None:
        """Take what is to be shown next."""
        self._generations, self.ended = generations, not live

    def advance(self, *, may_keep: bool) -> list[News] | bytes:
        """Return what came since the last time, or a keyframe for the widget to keep.

        Keyframes that nothing but time asks for come at least a second apart, and not
        before there is half as much again as the last one held: all of them together
        cost at most three times the rest.

        Parameters
        ----------
        may_keep
            Whether there is room for such a keyframe now.
        """
        generations, before = self._generations, self._shown
        now = time.monotonic()
        late = now - self._kept_at >= KEYFRAME_SECONDS
        due = late and sum(map(len, generations)) >= 1.5 * self._kept
        if (may_keep and (due or self.ended)) or not self._only_grew(generations):
            return self.keyframe()
        told = self._heads
        few = len(told) < len(generations)
        if few or self.ended or now - self._told_at >= HEAD_SECONDS:
            self._tell(generations)
        self._seq += 1
        self._shown = generations
        return [
            News(
                one,
                Extent() if old is None else Extent.of(old),
                self._seq,
                changes(head, known),
                not self.ended,
            )
            for one, old, head, known in zip_longest(
                generations, before, self._heads, told
            )
        ]

    def _only_grew(self, generations: Sequence[Generation]) -> bool:
        """Whether the page can make these of what it has; snapshots are trusted."""
        if len(self._shown) > len(generations):
            return False
        return not self.ended or all(map(continues, generations, self._shown))

    def keyframe(self) -> bytes:
        """Return a frame of everything."""
        self._seq += 1
        self._shown = self._generations
        self._tell(self._shown)
        live = not self.ended
        return codec.keyframe(self._shown, self._seq, live=live, heads=self._heads)

    def _tell(self, generations: Sequence[Generation]) -> None:
        self._told_at = time.monotonic()
        self._heads = [head_of(one) for one in generations]

    def keep(self, frame: bytes | None = None) -> None:
        """Keep a keyframe, or a new one."""
        frame = frame or self.keyframe()
        self._kept_at = time.monotonic()
        self._kept = sum(map(len, self._shown))
        self._keep(frame)
