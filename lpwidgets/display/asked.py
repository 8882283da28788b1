"""What a generation was asked, as far as its request tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Mapping

_TURNS = ("messages", "input", "contents")
_TEXTS = ("prompt", "input", "inputs", "text")


def question_of(answer: Generation | str) -> str:
    """Return the last thing the user said, or the prompt; empty where it is unknown."""
    asked = answer.meta.parameters if isinstance(answer, Generation) else {}
    for name in _TURNS:
        turns = asked.get(name)
        if isinstance(turns, list):
            said = [_text(one) for one in turns if _is_users(one)]
            return said[-1] if said else ""
    texts = (asked.get(name) for name in _TEXTS)
    return next((text for text in texts if isinstance(text, str)), "")


def _is_users(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("role", "user") == "user"


def _text(turn: Mapping[str, Any]) -> str:
    """Return the text of a message; its content may come in parts."""
    content = turn.get("content", turn.get("parts"))
    if isinstance(content, list):
        parts = (one.get("text") for one in content if isinstance(one, dict))
        return "\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""
