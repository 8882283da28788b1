"""The labels of a choice, and the ways in which a model may write each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lpwidgets.errors import InputError

_BEFORE = ("", " ", "\n")
"""What may stand before a label: an answer begins so after many prompts."""


def spellings(labels: Any, *, ignore_case: bool = False) -> dict[str, tuple[str, ...]]:
    """Return each label's spellings: alone, after a space, and after a newline.

    Parameters
    ----------
    labels
        Texts that an answer can begin with.
    ignore_case
        Whether ``yes``, ``Yes`` and ``YES`` are one.

    Raises
    ------
    InputError
        They are no labels, or two of them cannot be told apart.
    """
    if isinstance(labels, str) or not isinstance(labels, Iterable):
        msg = f"labels are a list, such as ['yes', 'no'], not {labels!r:.40}"
        raise InputError(msg)
    listed = [_checked(label) for label in labels]
    found = {label: _of(label, ignore_case=ignore_case) for label in listed}
    if not found:
        msg = "there are no labels: give what to choose from, such as ['yes', 'no']"
        raise InputError(msg)
    owner: dict[str, str] = {}
    for label in listed:
        for text in found[label]:
            if text in owner:
                raise InputError(_alike(owner[text], label, text))
        owner |= dict.fromkeys(found[label], label)
    return found


def _checked(label: object) -> str:
    if not isinstance(label, str):
        msg = f"a label is text, not {label!r:.40}: for a number write '1'"
        raise InputError(msg)
    if not label.strip():
        msg = f"a label is empty: {label!r:.40}: there is no token to look for"
        raise InputError(msg)
    if label != label.rstrip():
        msg = (
            f"the label {label!r:.40} ends in space, which belongs to the token that "
            f"comes next: write {label.rstrip()!r:.40}"
        )
        raise InputError(msg)
    try:
        label.encode()
    except UnicodeEncodeError:
        msg = f"the label {label!r:.40} has a lone surrogate: that is no text"
        raise InputError(msg) from None
    return label


def _of(label: str, *, ignore_case: bool) -> tuple[str, ...]:
    core = label.lstrip()
    cases = [core]
    if ignore_case:
        cases += [core.lower(), core.upper(), core.capitalize()]
    return tuple(before + case for case in dict.fromkeys(cases) for before in _BEFORE)


def _alike(first: str, second: str, text: str) -> str:
    if first == second:
        return f"the label {first!r:.40} is there twice"
    return (
        f"the labels {first!r:.40} and {second!r:.40} can both be written "
        f"{text!r:.40}: leave one out"
    )
