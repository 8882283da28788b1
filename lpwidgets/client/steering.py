"""Answers that take several requests: whatever ends them, what there is stays."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lpwidgets.generation import Generation


class Work(Protocol):
    """A generation in the making."""

    @property
    def has_tokens(self) -> bool:
        """Whether there is something to keep."""

    async def run(self) -> Generation:
        """Carry it out."""

    def answer(self) -> Generation:
        """Return what there is by now."""

    def land(self, error: str = "") -> Generation:
        """End it where it is, and return what there is."""


@contextmanager
def kept(work: Work, keep: Callable[[Generation], None]) -> Iterator[None]:
    """Pass what there is at the end to `keep`, whether the work ended well or not."""
    try:
        yield
    except BaseException as error:
        if work.has_tokens:
            keep(work.land(str(error) if isinstance(error, Exception) else ""))
        raise
    keep(work.answer())
