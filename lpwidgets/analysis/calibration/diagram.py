"""The reliability diagram: how often answers of a score are right, as frame and chart.

DeGroot & Fienberg (1983); Niculescu-Mizil & Caruana (2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis.calibration.measures import bin_starts, sums_at_mass, tally

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

_Z = 1.959963984540054
_SIZE = 280
_GREY, _BLUE = "#7a7a7a", "#3d8fd1"
"""As far from white as from JupyterLab's dark; the text's contrast is 4.3 : 1."""


def bin_frame(
    scores: Values, correct: NDArray[np.bool_], bins: int, *, equal_mass: bool
) -> pd.DataFrame:
    """Return a row a bin: its edges, answers, mean score, accuracy and its interval.

    ``low`` and ``high`` are the 95 % interval of the accuracy (Wilson 1927). A bin
    without answers has NaN; with bins of equal mass answers on an edge are shared.
    """
    import pandas as pd

    of = tally(scores, correct)
    edges = np.linspace(0.0, 1.0, bins + 1)
    parts = (of.count, of.right, of.count * of.scores)
    if equal_mass:
        share = np.arange(bins + 1) / bins
        wanted = of.total[:, None] * share
        mass = of.count.cumsum(axis=1)
        sums = [sums_at_mass(mass, part, wanted)[0] for part in parts]
        edges = np.quantile(scores, share, method="inverted_cdf")
    else:
        starts = bin_starts(of.scores, bins)
        sums = [np.append(0.0, part[0].cumsum())[starts] for part in parts]
    count, right, total = (np.diff(one) for one in sums)
    count = np.round(count, 9)
    known = np.where(count > 0, count, np.nan)
    low, high = wilson(right / known, known)
    return pd.DataFrame(
        {
            "lower": edges[:-1],
            "upper": edges[1:],
            "count": count,
            "score": total / known,
            "accuracy": right / known,
            "low": low,
            "high": high,
        }
    )


def wilson(share: Any, count: Any) -> tuple[Any, Any]:
    """Return the ends of the 95 % interval of a share of `count` (Wilson 1927)."""
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = share * (1 - share) / count + _Z**2 / (4 * count**2)
    half = _Z * np.sqrt(np.maximum(half, 0.0)) / (1 + _Z**2 / count)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def chart(points: pd.DataFrame, counts: pd.DataFrame, title: str, alt: Any) -> Any:
    """Return an Altair chart of one `bin_frame` above another's counts.

    The ground is transparent, so that it is readable on light and dark pages.
    """
    above = _accuracies(points[points["count"] > 0], alt).properties(title=title)
    below = _histogram(counts, alt)
    return (
        alt.vconcat(above, below, spacing=8)
        .configure(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_GREY, titleColor=_GREY, gridColor=_GREY, gridOpacity=0.25,
            domainColor=_GREY, tickColor=_GREY, titleFontWeight="normal",
        )
        .configure_title(color=_GREY, anchor="start", fontWeight="normal")
    )  # fmt: skip


def _accuracies(rows: pd.DataFrame, alt: Any) -> Any:
    def axis(title: str | None) -> dict[str, Any]:
        ticks = alt.Axis(format="%", tickCount=5)
        return {"scale": alt.Scale(domain=[0, 1]), "axis": ticks, "title": title}

    score = alt.X("score:Q", **axis(None))
    ends = alt.Data(values=[{"score": 0, "accuracy": 0}, {"score": 1, "accuracy": 1}])
    shares = ("score", "accuracy", "low", "high")
    tooltip = [
        alt.Tooltip("count:Q", format=",.4~r"),
        *(alt.Tooltip(f"{name}:Q", format=".1%") for name in shares),
    ]
    accuracy = alt.Y("accuracy:Q", **axis("share that is right"))
    ideal = alt.Chart(ends).mark_line(color=_GREY, strokeDash=[4, 4])
    base = alt.Chart(rows).encode(x=score, tooltip=tooltip)
    bars = base.mark_rule(color=_BLUE, strokeWidth=2)
    dots = base.mark_circle(color=_BLUE, opacity=1, size=70)
    layers = (
        ideal.encode(x=score, y=accuracy)
        + bars.encode(y=alt.Y("low:Q"), y2="high:Q")
        + dots.encode(y=accuracy)
    )
    return layers.properties(width=_SIZE, height=_SIZE)


def _histogram(rows: pd.DataFrame, alt: Any) -> Any:
    width = alt.Scale(domain=[0, 1])
    ticks = alt.Axis(format="%", tickCount=5)
    return (
        alt.Chart(rows)
        .mark_bar(color=_BLUE, opacity=0.7)
        .encode(
            x=alt.X("lower:Q", scale=width, axis=ticks, title="score"),
            x2="upper:Q",
            y=alt.Y("count:Q", axis=alt.Axis(tickCount=3), title="answers"),
            y2=alt.datum(0),
            tooltip=[alt.Tooltip("count:Q", format=",")],
        )
        .properties(width=_SIZE, height=_SIZE // 5)
    )
