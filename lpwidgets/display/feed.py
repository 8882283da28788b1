"""What a page has of a widget's generations, and what it lacks."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.display import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.generation import Generation

KEYFRAME_SECONDS = 1.0


class Update(NamedTuple):
    """A frame, and whether the widget should keep it as its newest truth."""

    frame: bytes
    keep: bool


class Feed:
    """The frames of one widget, in order.

    Parameters
    ----------
    keep
        Makes a keyframe the widget's own; a message.
    carry
        Sends frames to the widgets of some addresses; a message.
    """

    def __init__(
        self,
        keep: Callable[[bytes], None],
        carry: Callable[[list[str], list[bytes]], None],
    ) -> None:
        self.address = f"lpw-{uuid.uuid4().hex}"
        self.carry = carry
        self._keep = keep
        self._generations: Sequence[Generation] = ()
        self._live = True
        self._seq = 0
        self._extents: list[codec.Extent] = []
        self._kept_at = 0.0
        self._kept_size = 0
        self._sent = 0

    def put(self, generations: Sequence[Generation], *, live: bool) -> None:
        """Take what is to be shown next."""
        self._generations, self._live = generations, live

    def advance(self, *, may_keep: bool) -> Update:
        """Return what came since the last time.

        Keyframes that nothing but time asks for come at least a second apart, and not
        before half as much was sent in between as the last one held: all of them
        together cost at most twice the rest.

        Parameters
        ----------
        may_keep
            Whether there is room for such a keyframe now.
        """
        if not self._live or len(self._extents) != len(self._generations):
            return Update(self.keyframe(), keep=True)
        late = time.monotonic() - self._kept_at >= KEYFRAME_SECONDS
        if may_keep and late and self._sent >= self._kept_size / 2:
            return Update(self.keyframe(), keep=True)
        self._seq += 1
        generations, bases = self._generations, self._extents
        self._extents = [codec.Extent.of(one) for one in generations]
        frame = codec.append(generations, bases, self._seq)
        self._sent += len(frame)
        return Update(frame, keep=False)

    def keyframe(self) -> bytes:
        """Return a frame of everything."""
        self._seq += 1
        generations = self._generations
        self._extents = [codec.Extent.of(one) for one in generations]
        return codec.keyframe(generations, self._seq, live=self._live)

    def keep(self, frame: bytes | None = None) -> None:
        """Keep a keyframe, or a new one."""
        frame = frame or self.keyframe()
        self._kept_at, self._kept_size, self._sent = time.monotonic(), len(frame), 0
        self._keep(frame)
