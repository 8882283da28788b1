"""Answers that take several requests: whatever ends them, what there is stays."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Work(Protocol[T_co]):
    """An answer in the making."""

    @property
    def has_tokens(self) -> bool:
        """Whether there is something to keep."""

    async def run(self) -> T_co:
        """Carry it out."""

    def answer(self) -> T_co:
        """Return what there is by now."""

    def land(self, error: str = "") -> T_co:
        """End it where it is, and return what there is."""


class Search(Work[T_co], Protocol[T_co]):
    """Work that says before what it may take."""

    def estimate(self) -> str:
        """Return that in words."""


@contextmanager
def kept(work: Work[T], keep: Callable[[T], None]) -> Iterator[None]:
    """Pass what there is at the end to `keep`, whether the work ended well or not."""
    try:
        yield
    except BaseException as error:
        if work.has_tokens:
            keep(work.land(str(error) if isinstance(error, Exception) else ""))
        raise
    keep(work.answer())
