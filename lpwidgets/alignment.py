"""Which part each token belongs to, from where its bytes stand in the texts.

A stream tells only roughly whether a token is reasoning or answer, and a whole body not
at all. The texts tell exactly: the reasoning comes first, then the answer or refusal.
A prompt that a server sends back is told apart before, and stands in front of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lpwidgets.columns import Columns

_IN_ORDER = (Part.REASONING, Part.GENERATED, Part.REFUSAL)


def align(columns: Columns, texts: Mapping[Part, str]) -> NDArray[np.uint8]:
    """Return each token's part, shape (n,).

    Tokens that came as the prompt, or forced, stay so, and the texts are those of the
    tokens after the prompt. A token that no text contains is special (an end mark, a
    control token), or belongs to a tool call when there is one. If bytes and texts
    disagree, the parts stay as they are. A token without bytes goes with the text that
    follows it.
    """
    prompt = int(np.count_nonzero(columns.part == Part.PROMPT))
    sizes = _sizes(columns)
    ends = np.cumsum(sizes)
    joined = b"".join(columns.pieces.as_bytes[columns.token])
    rest = Part.TOOL if texts.get(Part.TOOL) else Part.SPECIAL
    part = np.full(len(columns), rest, dtype=np.uint8)
    part[:prompt] = Part.PROMPT
    cursor = begin = int(sizes[:prompt].sum())
    first = prompt
    for lane in (lane for lane in _IN_ORDER if texts.get(lane)):
        start, stop = _locate(joined, texts[lane], cursor)
        if start < 0:
            return columns.part
        if start > cursor:
            first = int(np.searchsorted(ends, start, side="right"))
            while first > prompt and not sizes[first - 1]:
                first -= 1
        after = int(np.searchsorted(ends, stop, side="left")) + 1
        part[first:after] = lane
        cursor, first = stop, after
    part[columns.part == Part.FORCED] = Part.FORCED
    return part if cursor > begin or rest is Part.TOOL else columns.part


def _sizes(columns: Columns) -> NDArray[np.int64]:
    ends = columns.pieces.offsets.astype(np.int64)
    return (ends[1:] - ends[:-1])[columns.token]


def _locate(data: bytes, text: str, cursor: int) -> tuple[int, int]:
    """Find a text from the cursor on, white space at its ends trimmed if need be."""
    for wanted in (text, text.strip()):
        sought = wanted.encode("utf-8", "surrogatepass")
        start = data.find(sought, cursor)
        if start >= 0:
            return start, start + len(sought)
    return -1, -1
