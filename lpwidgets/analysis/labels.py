"""From the log probabilities of spellings to a distribution over labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.analysis.choices import Choice, Choices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lpwidgets.analysis.choices import Measured, Spelling


def choices_of(
    measured: Measured, model: str, provider: str, prior: Mapping[str, float] | None
) -> Choices:
    """Return the distribution; ``prior`` has each label's share without content.

    The correction divides by the prior and makes the sum 1 again (contextual
    calibration, Zhao et al. 2021: W = diag(prior)⁻¹, b = 0).
    """
    bounds = {label: _bounds(some) for label, some in measured.spellings.items()}
    total = _Total(bounds)
    weights = {}
    if prior:
        weights = {
            label: total.share(label)[0] / prior[label] if prior[label] else math.nan
            for label in bounds
        }
    whole = math.fsum(weights.values())
    found = []
    for label, (low, high) in bounds.items():
        logs = _sum_logs(one.low for one in measured.spellings[label])
        exact = low == high
        share_low, share_high = total.share(label)
        choice = Choice(
            label,
            logs if exact else math.nan,
            low if exact else math.nan,
            low,
            high,
            share_low if share_low == share_high else math.nan,
            share_low,
            share_high,
            prior[label] if prior else math.nan,
            weights[label] / whole if weights and whole else math.nan,
            tuple(measured.spellings[label]),
        )
        found.append(choice)
    others = tuple(measured.others)
    notes = (*measured.notes, *_other_case(bounds, others))
    about = (measured.way, model, provider, measured.requests, notes)
    return Choices(tuple(found), others, *about)


def _other_case(
    labels: Iterable[str], others: Iterable[tuple[str, float]]
) -> Iterator[str]:
    """Say which likely tokens are labels but for their case."""
    folded = {label.strip().casefold() for label in labels}
    found = [text.strip() for text, _ in others if text.strip().casefold() in folded]
    if found:
        listed = ", ".join(repr(text) for text in dict.fromkeys(found))
        yield f"likely, and a label but for its case: {listed}; see ignore_case=True"


class _Total:
    """All labels together, for shares."""

    def __init__(self, bounds: Mapping[str, tuple[float, float]]) -> None:
        self._bounds = bounds

    def share(self, label: str) -> tuple[float, float]:
        """Return the bounds of a label's share of the mass on all labels."""
        low, high = self._bounds[label]
        rest = [self._bounds[one] for one in self._bounds if one != label]
        least = math.fsum(one[0] for one in rest)
        most = math.fsum(one[1] for one in rest)
        return _part(low, most), _part(high, least)


def _part(own: float, rest: float) -> float:
    return own / (own + rest) if own + rest > 0 else math.nan


def _bounds(some: Iterable[Spelling]) -> tuple[float, float]:
    listed = list(some)
    low = math.exp(_sum_logs(one.low for one in listed))
    if all(one.low == one.high for one in listed):
        return low, low
    return low, min(1.0, math.exp(_sum_logs(one.high for one in listed)))


def _sum_logs(logs: Iterable[float]) -> float:
    values = list(logs)
    most = max(values, default=-math.inf)
    if most == -math.inf:
        return -math.inf
    return most + math.log(math.fsum(math.exp(one - most) for one in values))


def apart(
    paths: Mapping[Any, tuple[Sequence[Any], float]],
) -> dict[Any, float]:
    """Return each path's log probability, without what goes on to another path.

    Parameters
    ----------
    paths
        For each event its tokens and their log probability, nats. Where one's tokens
        begin with all of another's, it is taken off that one.
    """
    events = {key: (tuple(tokens), value) for key, (tokens, value) in paths.items()}
    left = {}
    for key, (tokens, value) in events.items():
        longer = [
            one
            for one in events.values()
            if len(one[0]) > len(tokens) and one[0][: len(tokens)] == tokens
        ]
        nearest = [
            one
            for one in longer
            if not any(
                len(mid[0]) < len(one[0]) and one[0][: len(mid[0])] == mid[0]
                for mid in longer
            )
        ]
        gone = _sum_logs(nested for _, nested in nearest)
        left[key] = _minus(value, gone)
    return left


def _minus(value: float, gone: float) -> float:
    """Return ln(eᵛ − eᵍ), −inf where rounding leaves nothing."""
    if gone == -math.inf:
        return value
    return value + math.log1p(-math.exp(gone - value)) if gone < value else -math.inf
