"""What a text answers: a function, a regular expression, or a path into its JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from lpwidgets.analysis.agreement import normalised
from lpwidgets.analysis.json_paths import scan
from lpwidgets.analysis.json_values import parse_path, value_of
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from lpwidgets.analysis.json_values import Path

    Answer: TypeAlias = "Callable[[str], Hashable] | str | re.Pattern[str] | None"


def reader(answer: Answer) -> Callable[[str], Hashable]:
    r"""Return what finds the answer in a text.

    Parameters
    ----------
    answer
        A function; a path such as ``"$.total"``; a regular expression, whose last match
        counts, by its first group if it has one; or None for all of the text, case,
        white space and a full stop aside.

    Raises
    ------
    InputError
        It is none of these.

    >>> reader(None)(" Paris. "), reader(r"= (\d+)")("1 = 1, so 2 = 2")
    ('paris', '2')
    >>> reader("$.city")('{"city": "Rome"}'), reader("$.city")("no JSON")
    ('Rome', None)
    """
    if answer is None:
        return normalised
    if isinstance(answer, str) and answer.startswith("$"):
        return _by_path(parse_path(answer))
    if isinstance(answer, str | re.Pattern):
        return _by_pattern(answer)
    if callable(answer):
        return _checked(answer)
    msg = (
        f"answer={answer!r:.60}: it is a function of a text, a regular expression, or "
        "a path such as '$.total'"
    )
    raise InputError(msg)


def _by_path(path: Path) -> Callable[[str], Hashable]:
    def read(text: str) -> Hashable:
        data = text.encode("utf-8", "surrogatepass")
        found = next((node for node in scan(data) if node.path == path), None)
        value = None if found is None else value_of(data, found)
        return json.dumps(value) if isinstance(value, dict | list) else value

    return read


def _by_pattern(pattern: str | re.Pattern[str]) -> Callable[[str], Hashable]:
    try:
        regex = re.compile(pattern)
    except re.error as error:
        msg = f"answer={pattern!r:.60}: this is no regular expression: {error}"
        raise InputError(msg) from None

    def read(text: str) -> Hashable:
        match = None
        for match in regex.finditer(text):  # noqa: B007 — the last one counts
            pass
        return None if match is None else match[1 if regex.groups else 0]

    return read


def _checked(answer: Callable[[str], Hashable]) -> Callable[[str], Hashable]:
    def read(text: str) -> Hashable:
        try:
            found = answer(text)
            hash(found)
        except Exception as error:
            kind = type(error).__name__
            msg = f"answer failed on {text!r:.60}: {kind}: {error!s:.200}"
            hint = "it is a function of a text to something hashable, such as text"
            raise InputError(f"{msg}\n{hint}") from error
        return found

    return read
