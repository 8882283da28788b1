"""Where a text is, what was cut off ahead of it, and how all of that is taken back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.stepping.steps import Step

_UNDONE = 1000
"""Changes that can be taken back."""


class Place(NamedTuple):
    """A text: the first `at` of `steps`; the others are ahead, and can be gone to."""

    steps: tuple[Step, ...] = ()
    at: int = 0

    @property
    def text(self) -> tuple[Step, ...]:
        """The text's tokens."""
        return self.steps[: self.at]

    def then(self, new: Sequence[Step]) -> Place:
        """Return where more tokens lead; what is ahead stays if it is the same."""
        ahead = self.steps[self.at :]
        if list(ahead[: len(new)]) == list(new):
            return Place(self.steps, self.at + len(new))
        return Place((*self.text, *new), self.at + len(new))


class Moves:
    """A place that changes. Every way that was tried is kept.

    Parameters
    ----------
    place
        Where to begin.

    Attributes
    ----------
    tried
        The ways, as far as each went; none begins with another.
    """

    def __init__(self, place: Place) -> None:
        self._before: deque[Place] = deque(maxlen=_UNDONE)
        self._after: list[Place] = []
        self.place = place
        self.tried: list[tuple[Step, ...]] = []
        self._try(place.steps)

    def go(self, place: Place) -> None:
        """Go somewhere else, so that it can be undone."""
        self._before.append(self.place)
        self._after.clear()
        self.amend(place)

    def amend(self, place: Place) -> None:
        """Go on with the last change."""
        self.place = place
        self._try(place.steps)

    def undo(self) -> bool:
        """Take the last change back; return whether there was one."""
        if not self._before:
            return False
        self._after.append(self.place)
        self.place = self._before.pop()
        return True

    def redo(self) -> bool:
        """Make what was taken back again; return whether there was something."""
        if not self._after:
            return False
        self._before.append(self.place)
        self.place = self._after.pop()
        return True

    @property
    def can(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        return bool(self._before), bool(self._after)

    def _try(self, steps: tuple[Step, ...]) -> None:
        for number, known in enumerate(self.tried):
            size = min(len(known), len(steps))
            if known[:size] == steps[:size]:
                if len(known) < len(steps):
                    self.tried[number] = steps
                return
        self.tried.append(steps)
