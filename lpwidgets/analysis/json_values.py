"""What the values and paths of a JSON document say, those that were cut off too."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lpwidgets.errors import InputError
from lpwidgets.pieces import display_text, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.json_paths import Node

Path = tuple[str | int, ...]

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
LITERALS = {b"true": True, b"false": False, b"null": None}
_NAME = re.compile(r"[^\W\d]\w*")
_STEP = re.compile(
    r"""\.(?P<name>\w+)|\[(?P<index>\d+)\]
    |\['(?P<single>(?:[^'\\]|\\.)*)'\]|\["(?P<double>(?:[^"\\]|\\.)*)"\]""",
    re.VERBOSE | re.DOTALL,
)


def value_of(data: bytes, node: Node) -> Any:
    """Return a value in Python: what `json.loads` says where it can.

    What was cut off is as long as it came: a string, or None for a number or literal
    that is none yet; so is an array or object that is not JSON.
    """
    raw = data[node.start : node.stop]
    if node.type == "string":
        return text_of(raw)
    if node.type == "number":
        return _number(raw.decode())
    if node.type in {"boolean", "null"}:
        return LITERALS.get(raw)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        text = text.rstrip("eE+-.")
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return float(text) if text.lstrip("-").isdigit() else None


_decode: Callable[[str], Any] = json.JSONDecoder(strict=False).decode
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
_BAD_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\')


def text_of(raw: bytes) -> str:
    """Return what a string says, one that is cut off too, with its quotes."""
    closed = len(raw) > 1 and raw.endswith(b'"') and _is_closed(raw)
    inner = raw[1:-1] if closed else raw[1:]
    if b"\\" not in inner:
        return display_text(inner)
    text = display_text(inner)
    if not closed:
        text = _HALF_ESCAPE.sub("", text) if _odd(text) else text
    text = _BAD_ESCAPE.sub(lambda m: m[0] if m[1] else r"\\", text)
    said: str = _decode(f'"{text}"')
    return well_formed(said)


def _odd(text: str) -> bool:
    """Whether the last backslash begins an escape."""
    before = text[: text.rfind("\\") + 1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _is_closed(raw: bytes) -> bool:
    before = raw[:-1]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 0


def path_text(path: Path) -> str:
    r"""Write a path.

    >>> path_text(("a", 0, "x y", "it's"))
    "$.a[0]['x y']['it\\'s']"
    """
    return "$" + "".join(map(_step, path))


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _NAME.fullmatch(key):
        return f".{key}"
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def parse_path(text: str) -> Path:
    """Read a path.

    Raises
    ------
    InputError
        It is none.
    """
    keys: list[str | int] = []
    at = 1
    while text.startswith("$") and at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            break
        kind = str(match.lastgroup)
        said = match[kind]
        plain = re.sub(r"\\(.)", r"\1", said, flags=re.DOTALL)
        keys.append(int(said) if kind == "index" else plain)
        at = match.end()
    if at < len(text) or not text.startswith("$"):
        msg = f"a path is written like $.a[0]['x y'], not {text!r:.60}"
        raise InputError(msg)
    return tuple(keys)
