"""What a page asks of the kernel: which tokens meet a condition, and a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.display.stretches import stretches
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Alternative, Generation

Answer = dict[str, Any]
"""The condition, runs as in `stretches`, and what is wrong with the condition."""


def answer(generations: Sequence[Generation], condition: str) -> Answer:
    """Return the tokens that meet a condition; an empty one is met by none.

    Raises
    ------
    InputError
        It is no condition, and which word of it is wrong.
    """
    runs = stretches(generations, condition) if condition else []
    return {"condition": condition, "runs": runs, "error": ""}


def refusal(condition: str, error: InputError) -> Answer:
    """Return the answer to what is no condition."""
    return {"condition": condition, "runs": [], "error": str(error)}


def choice(
    generations: Sequence[Generation], message: dict[str, Any]
) -> tuple[Generation, int, Alternative]:
    """Return what was clicked: in which generation, where, which alternative.

    Raises
    ------
    InputError
        There is no such token, or alternative.
    """
    generation = _at(generations, message.get("generation"))
    row = _at(generation, message.get("position"))
    alternative = _at(row.alternatives, message.get("alternative"))
    return generation, row.position, alternative


def _at(items: Any, index: Any) -> Any:
    if isinstance(index, int) and 0 <= index < len(items):
        return items[index]
    msg = f"the page chose number {index!r:.40} of {len(items)}: it shows other tokens"
    raise InputError(msg)
