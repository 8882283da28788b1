"""Helpers for tests of what a model says, in pytest or anywhere else."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.analysis.scores import sampled
from lpwidgets.errors import CheckFailed, InputError
from lpwidgets.generation import Generation
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Run = Sequence[Generation] | Sequence[Sequence[Generation]]
    Values = NDArray[np.float64]

LEAST = 8
"""Answers of each run without which a position is not tested."""

_NAMED = 2


class Moved(NamedTuple):
    """One test: a position of a prompt's answers, or −1 for the mean over an answer.

    ``token`` is the one that the first run had there most often. ``shift`` is how much
    more surprised the second run was, in nats (Hodges–Lehmann estimate); ``p_value`` is
    that of the Mann–Whitney test, ``p_adjusted`` after Holm's correction.
    """

    prompt: int
    position: int
    token: str
    n_a: int
    n_b: int
    shift: float
    shift_bits: float
    p_value: float
    p_adjusted: float
    moved: bool


def assert_same_distribution(
    a: Run, b: Run, *, alpha: float = 0.01, tolerance: float = 0.01
) -> pd.DataFrame:
    """Compare two runs of the same prompts, and say which tokens moved.

    The surprisal of the tokens at each position, and its mean over each answer, is
    compared by a Mann–Whitney test; Holm's correction keeps the chance of any false
    alarm below `alpha`, however many positions there are. Runs need not have sampled
    the same tokens: from one distribution come the same surprisals.

    Parameters
    ----------
    a, b
        Answers to one prompt, at least 8 each, such as `Generations`; or one such list
        for each of several prompts, in the same order.
    alpha
        Chance of a false alarm.
    tolerance
        Shifts up to this, nats, do not count: no two machines round alike.

    Returns
    -------
    DataFrame
        One row a test, with the fields of `Moved`.

    Raises
    ------
    CheckFailed
        A position moved; its ``measured`` is that frame. It is an `AssertionError`.
    InputError
        There are too few answers, or not as many prompts in both.

    References
    ----------
    Mann and Whitney 1947; Holm 1979; Hodges and Lehmann 1963.
    """
    import pandas as pd

    pairs = list(zip(_prompts(a), _prompts(b), strict=False))
    if len(_prompts(a)) != len(_prompts(b)):
        msg = f"the runs have {len(_prompts(a))} and {len(_prompts(b))} prompts"
        raise InputError(f"{msg}; compare answers to the same ones")
    tests = [one for number, pair in enumerate(pairs) for one in _tests(number, *pair)]
    if not tests:
        sizes = [(len(x), len(y)) for x, y in pairs]
        msg = f"too few answers to compare: {sizes!s:.60}"
        raise InputError(f"{msg}; at least {LEAST} of each run need values")
    adjusted = holm([one.p_value for one in tests])
    rows = [
        one._replace(p_adjusted=p, moved=bool(p < alpha and abs(one.shift) > tolerance))
        for one, p in zip(tests, adjusted, strict=True)
    ]
    frame = pd.DataFrame(rows)
    moved = [row for row in rows if row.moved]
    if moved:
        raise CheckFailed(_said(moved, len(rows), alpha), frame)
    return frame


def _said(moved: list[Moved], tested: int, alpha: float) -> str:
    moved = sorted(moved, key=lambda row: -abs(row.shift))
    rest = len(moved) - _NAMED
    lines = [f"{len(moved)} of {tested} tests say that tokens moved (alpha {alpha:g})"]
    shown = "; ".join(map(_line, moved[:_NAMED]))
    lines.append(f"  {shown}" + (f"; and {rest} more" if rest > 0 else ""))
    return "\n".join(lines)


def _line(row: Moved) -> str:
    prompt = f"prompt {row.prompt}, " if row.prompt else ""
    where = "the whole answer" if row.position < 0 else f"position {row.position}"
    token = f" {row.token!r}" if row.position >= 0 else ""
    shift = f"{row.shift:+.3g} nats ({row.shift_bits:+.3g} bits)"
    return f"{prompt}{where}{token} {shift}, p {row.p_adjusted:.2g}"


def _prompts(run: Run) -> list[list[Generation]]:
    answers = [one for one in run if isinstance(one, Generation)]
    lists = [list(one) for one in run if not isinstance(one, Generation)]
    if answers and lists:
        msg = "a run is a list of answers, or a list of such lists, not both"
        raise InputError(msg)
    return lists or [answers]


def _tests(prompt: int, a: list[Generation], b: list[Generation]) -> Iterator[Moved]:
    ours, theirs = [-sampled(one) for one in a], [-sampled(one) for one in b]
    means = [
        _known([run.mean() for run in runs if len(run)]) for runs in (ours, theirs)
    ]
    if min(map(len, means)) >= LEAST:
        yield _test(prompt, -1, "", *means)
    for position in range(max(map(len, [*ours, *theirs]), default=0)):
        x, y = (
            _known([run[position] for run in runs if len(run) > position])
            for runs in (ours, theirs)
        )
        if min(len(x), len(y)) >= LEAST:
            yield _test(prompt, position, _token(a, position), x, y)


def _known(values: list[float]) -> Values:
    found = np.array(values, dtype=np.float64)
    return found[~np.isnan(found)]


def _token(answers: list[Generation], position: int) -> str:
    """Return the token that most answers have at a position among the sampled ones."""
    counts: Counter[bytes] = Counter()
    for one in answers:
        columns = one.columns
        own = np.flatnonzero(~np.isin(columns.part, (Part.PROMPT, Part.FORCED)))
        if len(own) > position:
            counts[columns.pieces[columns.token[own[position]]]] += 1
    return display_text(counts.most_common(1)[0][0])


def _test(prompt: int, position: int, token: str, x: Values, y: Values) -> Moved:
    shift = float(np.median(y[:, None] - x[None, :]))
    p_value = mann_whitney(x, y)
    bits = shift / math.log(2.0)
    return Moved(
        prompt, position, token, len(x), len(y), shift, bits, p_value, 1.0, moved=False
    )


def mann_whitney(x: Values, y: Values) -> float:
    """Return the two-sided p value of the rank-sum test, by its normal approximation.

    Ties are corrected for, and continuity, as `scipy.stats.mannwhitneyu` does.

    >>> round(mann_whitney(np.arange(8.0), np.arange(8.0) + 4.5), 4)
    0.0074
    """
    both = np.concatenate([x, y])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n, m = len(x), len(y)
    size = n + m
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    ties = float((counts**3 - counts).sum()) / (size * (size - 1))
    variance = n * m / 12 * (size + 1 - ties)
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values corrected for how many there are (Holm 1979).

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    order = np.argsort(p_values)
    raw = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    result = np.empty(len(p_values))
    result[order] = np.minimum(np.maximum.accumulate(raw), 1.0)
    return [float(value) for value in result]
