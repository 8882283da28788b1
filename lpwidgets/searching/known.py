"""What is known of an answer's branches, kept as long as the client lives."""

from __future__ import annotations

import hashlib
import weakref
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.meta import Status
from lpwidgets.searching.budget import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.deciding import Branch
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation

    Known = dict[tuple[int, int], Generation | str]

_KNOWN: weakref.WeakKeyDictionary[Transport, dict[str, Known]] = (
    weakref.WeakKeyDictionary()
)
_REMEMBERED = 64
"""Answers whose branches are kept."""


def known_of(
    transport: Transport, generation: Generation, options: dict[str, Any]
) -> Known:
    """Return what is known of an answer's branches, a dict that takes what will be.

    It is a branch, or why there is none, by the position and the place in its list.
    """
    columns, meta = generation.columns, generation.meta
    digest = hashlib.sha256()
    for array in columns.arrays():
        digest.update(array.tobytes())
    said = (meta.model, meta.parameters, options, generation.text)
    digest.update(msgspec.json.encode(said, enc_hook=repr))
    kept = _KNOWN.setdefault(transport, {})
    known = kept[digest.hexdigest()] = kept.pop(digest.hexdigest(), {})
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
    return known


def notes_on(generation: Generation, branches: Sequence[Branch]) -> list[str]:
    """Return what a reader has to know of branches."""
    notes = []
    if not branches:
        notes.append("no alternative was tried")
    if generation.meta.parameters.get("temperature") != 0:
        notes.append(
            "sampled, not at temperature 0: chance alone may change how a text goes on"
        )
    cut = sum(
        one.generation is not None and one.generation.status is Status.LENGTH
        for one in branches
    )
    if cut:
        notes.append(
            f"{counted(cut, 'text')} cut off by max_tokens, perhaps before the answer"
        )
    if failed := [one for one in branches if one.error]:
        why = failed[0].error.partition("\n")[0]
        notes.append(f"{len(failed)} could not be tried: {why}")
    return notes
