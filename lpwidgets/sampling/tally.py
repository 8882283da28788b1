"""What sampling took: drafted, rejected, and the mass that nobody listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

_LITTLE = 5e-3
"""Mass below which nothing is said of it."""


@dataclass
class Tally:
    """Counts, and one value a position: ``overlaps`` and ``unseen`` from 0 to 1."""

    drafted: int = 0
    rejected: int = 0
    overlaps: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)

    def facts(self, way: str) -> dict[str, Any]:
        """Return what `lpwidgets.Meta.sampling` holds."""
        return {
            "way": way,
            "drafted": self.drafted,
            "rejected": self.rejected,
            "overlap": fmean(self.overlaps) if self.overlaps else None,
            "unseen": fmean(self.unseen) if self.unseen else 0.0,
            "most_unseen": max(self.unseen, default=0.0),
        }

    def note(self, name: str, requests: int, kept: int, top: int) -> str:
        """Return it in words."""
        said = f"sampled by {name:.60}: {requests} requests for {kept} tokens"
        if self.drafted:
            said += f", {self.drafted} drafted, {self.rejected} rejected"
        most = max(self.unseen, default=0.0)
        if most < _LITTLE:
            return said
        place = self.unseen.index(most)
        return (
            f"{said}; the sampler needed {fmean(self.unseen):.2g} of the mass that the "
            f"top {top} do not show, on average, and {most:.2g} at token {place}"
        )
