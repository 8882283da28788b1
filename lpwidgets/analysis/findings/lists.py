"""Whether the sampled token stands in its list, and each alternative once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.analysis.findings.finding import Finding, check, counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.analysis.findings.evidence import Evidence

_ROUNDING = 0.01
"""By how much, in nats, the same value may differ in two places of an answer."""


@check
def sampled_below(evidence: Evidence) -> Finding | None:
    """Count where the model took a token less likely than all it lists."""
    below = evidence.unlisted & evidence.sampled & (evidence.counts > 1)
    below &= ~(evidence.columns.logprob > evidence.least + _ROUNDING)
    number = int(below.sum())
    if not number:
        return None
    return Finding(
        "info",
        f"the sampled token is less likely than the listed ones at {number:,} of "
        f"{counted(int(evidence.sampled.sum()), 'position')}",
        "its rank is unknown there; its own value is known, and it stands below the "
        "others in its list",
    )


@check
def sampled_elsewhere(evidence: Evidence) -> Finding | None:
    """Count where a list lacks the sampled token, which by its value is in it."""
    columns = evidence.columns
    absent = evidence.unlisted & (columns.logprob > evidence.least + _ROUNDING)
    rows = np.flatnonzero(absent)
    if not len(rows):
        return None
    row, pieces = int(rows[0]), columns.pieces.as_bytes
    start = int(columns.alternative_offsets[row])
    first = start + int(columns.chosen[row] == 0)
    token, top = (
        piece.decode("utf-8", "backslashreplace")
        for piece in (pieces[columns.token[row]], pieces[columns.alternative[first]])
    )
    return Finding(
        "warning",
        f"the lists lack the sampled token at {len(rows):,} of "
        f"{counted(len(absent), 'position')}, though it is likelier than what they "
        "have",
        f"the server may spell tokens differently in its lists: token {row + 1} is "
        f"{token!r}, listed first is {top!r}; then it counts twice there, and entropy "
        "and unseen mass are too low",
    )


@check
def duplicates(evidence: Evidence) -> Finding | None:
    """Count where a list has the same alternative twice."""
    columns = evidence.columns
    has_id = columns.alternative_id >= 0
    same_id = _repeated(evidence, columns.alternative_id, has_id)
    same_text = _repeated(evidence, columns.alternative, ~has_id)
    if same_id:
        return Finding(
            "warning",
            f"the same token is listed twice at {counted(same_id, 'position')}",
            "by its id; entropy and unseen mass count it twice there",
        )
    if same_text:
        return Finding(
            "info",
            f"two alternatives have the same text at {counted(same_text, 'position')}",
            "different tokens may spell the same; without ids from the server nobody "
            "can tell which is which",
        )
    return None


@check
def out_of_order(evidence: Evidence) -> Finding | None:
    """Count the lists that did not come with the likeliest first."""
    number = evidence.meta.unsorted
    if not number:
        return None
    return Finding(
        "info",
        f"the alternatives of {counted(number, 'position')} came out of order",
        "they were sorted by their log probabilities, the likeliest first",
    )


def _repeated(
    evidence: Evidence, codes: NDArray[np.int32], use: NDArray[np.bool_]
) -> int:
    """Count the lists in which a code stands more than once."""
    if not use.any():
        return 0
    keys = (evidence.columns.row[use] << 32) | codes[use]
    keys.sort()
    twice = keys[1:][keys[1:] == keys[:-1]]
    return len(np.unique(twice >> 32))
