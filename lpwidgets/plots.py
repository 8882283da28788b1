"""Pictures of generations, drawn by Altair, readable on light and dark pages.

JupyterLab draws them without network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lpwidgets.analysis import metrics
from lpwidgets.analysis.agreement import clusters
from lpwidgets.charts import altair, themed
from lpwidgets.errors import InputError
from lpwidgets.frames.tables import PART_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import altair as alt
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

KINDS = ("text", "distribution", "agreement")
_MAIN = "#d9702b"
_MOST_MARKS = 2_000
_WIDTH, _HEIGHT = 480, 160
_BINS = 40
_MOST_LETTERS = 60


def plot(
    generations: Sequence[Generation], metric: str = "surprisal", kind: str = ""
) -> alt.Chart:
    """Return a chart of a metric.

    Parameters
    ----------
    generations
        What is drawn, one row each.
    metric
        A token metric, such as ``"surprisal"``.
    kind
        ``"text"``: along the text, a bar a token. ``"distribution"``: how many tokens
        have which value. ``"agreement"``: how many generations say the same, whatever
        the metric. By default the first for one generation, else the second.

    Raises
    ------
    InputError
        There is no such metric or kind, or nothing to draw.
    MissingPackageError
        Altair is not installed.
    """
    chosen = kind or ("text" if len(generations) == 1 else "distribution")
    if chosen not in KINDS:
        msg = f"there is no kind {kind!r}; there are: {', '.join(KINDS)}"
        raise InputError(msg)
    if chosen == "agreement":
        return themed(_agreement(generations))
    found = metrics.get(metric)
    values = [found.compute(one) for one in generations]
    if not any(np.isfinite(one).any() for one in values):
        msg = f"there is nothing to draw: no token has a known {found.label}"
        raise InputError(msg)
    if chosen == "text":
        return themed(_along(generations, values, found))
    return themed(_distribution(values, found))


def _along(
    generations: Sequence[Generation],
    values: list[NDArray[np.float64]],
    metric: metrics.Metric,
) -> Any:
    alt = altair()
    rows = [
        _marks(one, value).assign(answer=f"answer {number + 1}")
        for number, (one, value) in enumerate(zip(generations, values, strict=True))
    ]
    chart = (
        alt.Chart(pd.concat(rows, ignore_index=True))
        .mark_rect(color=_MAIN)
        .encode(
            x=alt.X("start:Q", title="token"),
            x2="stop:Q",
            y=alt.Y("value:Q", title=_title(metric), scale=_scale(alt, metric)),
            y2=alt.Y2(datum=metric.certain),
            tooltip=[
                alt.Tooltip("token:N"),
                alt.Tooltip("value:Q", title=metric.label, format=".3f"),
                alt.Tooltip("part:N"),
                alt.Tooltip("start:Q", title="position"),
            ],
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    if len(rows) > 1:
        chart = chart.facet(row=alt.Row("answer:N", title=None))
    return chart


def _marks(generation: Generation, values: NDArray[np.float64]) -> Any:
    """Return a row a mark: of very many tokens, the least certain of each stretch."""
    count = len(values)
    step = -(-count // _MOST_MARKS) or 1
    starts = np.arange(0, count, step)
    surprise = -generation.columns.logprob
    order = np.lexsort((-np.nan_to_num(surprise, nan=-1.0), np.arange(count) // step))
    chosen = order[np.searchsorted(np.arange(count)[order] // step, starts // step)]
    columns = generation.columns
    return pd.DataFrame(
        {
            "start": starts,
            "stop": np.minimum(starts + step, count),
            "token": columns.pieces.as_text[columns.token[chosen]],
            "part": PART_NAMES[columns.part[chosen]],
            "value": values[chosen],
        }
    )


def _distribution(values: list[NDArray[np.float64]], metric: metrics.Metric) -> Any:
    alt = altair()
    known = [one[np.isfinite(one)] for one in values]
    edges = np.histogram_bin_edges(np.concatenate(known), bins=_BINS)
    rows = [
        pd.DataFrame(
            {
                "low": edges[:-1],
                "high": edges[1:],
                "tokens": np.histogram(one, edges)[0],
                "answer": f"answer {number + 1}",
            }
        )
        for number, one in enumerate(known)
    ]
    frame = pd.concat(rows, ignore_index=True)
    chart = (
        alt.Chart(frame[frame.tokens > 0])
        .mark_rect(color=_MAIN)
        .encode(
            x=alt.X("low:Q", title=_title(metric), scale=alt.Scale(zero=False)),
            x2="high:Q",
            y=alt.Y("tokens:Q", title="tokens"),
            y2=alt.Y2(datum=0),
            tooltip=["low:Q", "high:Q", "tokens:Q"],
        )
        .properties(width=_WIDTH, height=_HEIGHT if len(rows) == 1 else 60)
    )
    if len(rows) > 1:
        chart = chart.facet(row=alt.Row("answer:N", title=None), spacing=8)
    return chart


def _agreement(generations: Sequence[Generation]) -> Any:
    alt = altair()
    if not generations:
        raise InputError("there are no answers to compare: generate(…, n=4) gives some")
    texts = [one.text for one in generations]
    label = clusters(texts)
    first = {int(number): texts[i] for i, number in reversed(list(enumerate(label)))}
    frame = pd.DataFrame(
        {"answer": [_short(first[int(number)]) for number in label], "cluster": label}
    )
    counted = frame.groupby(["cluster", "answer"]).size().reset_index(name="answers")
    whole = alt.Axis(format="d", tickMinStep=1)
    y = alt.Y("answer:N", title=None, sort="-x", axis=alt.Axis(labelLimit=300))
    return (
        alt.Chart(counted)
        .mark_bar(color=_MAIN, height=14)
        .encode(
            x=alt.X("answers:Q", title="answers", axis=whole),
            y=y,
            tooltip=["answer:N", "answers:Q"],
        )
        .properties(width=_WIDTH // 3, height=alt.Step(22))
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_LETTERS else line[: _MOST_LETTERS - 1] + "…"


def _title(metric: metrics.Metric) -> str:
    return f"{metric.label} [{metric.unit}]" if metric.unit else metric.label


def _scale(alt: Any, metric: metrics.Metric) -> Any:
    low, high = metric.domain
    bounded = low is not None and high is not None
    return alt.Scale(domain=[low, high]) if bounded else alt.Scale(zero=True)
