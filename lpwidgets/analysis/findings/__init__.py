"""What is missing or odd about a generation, in words a user can act on.

One decorated function a check. Nothing is changed by a finding: values stay as they
came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.analysis.findings import answer, counts, lists, server, spelling, values
from lpwidgets.analysis.findings.evidence import Evidence
from lpwidgets.analysis.findings.finding import CHECKS, Finding
from lpwidgets.meta import Status

if TYPE_CHECKING:
    from lpwidgets.generation import Generation

__all__ = [
    "Finding",
    "answer",
    "counts",
    "find",
    "lists",
    "server",
    "spelling",
    "values",
]

_ORDER = ("error", "warning", "info")


def find(generation: Generation) -> tuple[Finding, ...]:
    """Return every finding about a generation, worst first.

    There is none while it grows: what is missing may still come.
    """
    if generation.status is Status.STREAMING:
        return ()
    evidence = Evidence(generation)
    found = [finding for check in CHECKS if (finding := check(evidence))]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.level)))
