"""One signature for a method and the work that it starts."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    P = ParamSpec("P")
    R = TypeVar("R")


def signature_of(
    prototype: Callable[P, Any],
) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a method the parameters of another, for readers, completion and mypy."""

    def lend(method: Callable[..., R]) -> Callable[P, R]:
        signature = inspect.signature(prototype)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            return_annotation=inspect.signature(method).return_annotation
        )
        return method

    return lend
