"""Frames and metrics at size, beside what people would do by hand.

50,000 tokens with 20 alternatives become a DataFrame: by lpwidgets, from a list of
dicts, and from an Arrow table by PyArrow. Then every token metric over 1,000,000 tokens
with 20 alternatives, with the peak of memory that they take.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lpwidgets.analysis import metrics
from lpwidgets.columns import Columns
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta
from lpwidgets.pieces import Pieces
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

K = 20
WORDS = 50_000
TURNS = 7


def generation(tokens: int) -> Generation:
    """Return so many tokens with 20 alternatives each, of a Zipfian vocabulary."""
    chance = np.random.default_rng(1)
    pieces = [f" w{i}".encode() for i in range(WORDS)]
    ends = np.cumsum([0, *map(len, pieces)]).astype(np.uint32)
    listed = np.minimum(chance.zipf(1.3, tokens * K), WORDS) - 1
    shares = np.sort(chance.dirichlet(np.full(K + 1, 0.2), tokens), axis=1)[:, :0:-1]
    logprob = np.log(np.maximum(shares, 1e-12))
    return Generation(
        Columns(
            pieces=Pieces(np.frombuffer(b"".join(pieces), dtype=np.uint8), ends),
            token=listed[::K].astype(np.int32),
            token_id=listed[::K].astype(np.int32),
            logprob=logprob[:, 0].copy(),
            rank=np.ones(tokens, dtype=np.int32),
            part=np.full(tokens, Part.GENERATED, dtype=np.uint8),
            chosen=np.zeros(tokens, dtype=np.int32),
            alternative_offsets=np.arange(0, tokens * K + 1, K, dtype=np.uint32),
            alternative=listed.astype(np.int32),
            alternative_id=listed.astype(np.int32),
            alternative_logprob=logprob.ravel(),
        ),
        Meta(),
    )


def seconds(work: Callable[[], object]) -> float:
    """Return how long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def tables() -> None:
    """Print how long a million alternatives take to become a DataFrame."""
    gen = generation(1_000_000 // K)
    rows = gen.to_pandas("alternatives").to_dict("records")
    arrow = gen.to_arrow("alternatives")
    ways: dict[str, Callable[[], object]] = {
        "lpwidgets": lambda: gen.to_pandas("alternatives"),
        "list of dicts": lambda: pd.DataFrame(rows),
        "pyarrow": arrow.to_pandas,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, work in ways.items():
            times[name].append(seconds(work))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name:14} {value * 1000:7.0f} ms  {value / median['lpwidgets']:5.1f} ×")


def every_metric() -> None:
    """Print how long all metrics take, and how much memory beyond their values."""
    gen = generation(1_000_000)
    values: list[object] = []
    tracemalloc.start()  # numpy tells it of every array
    took = seconds(lambda: values.extend(m.compute(gen) for m in metrics.every()))
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    size = sum(np.asarray(one).nbytes for one in values) / 2**20
    print(f"{len(values)} metrics of 1,000,000 tokens × {K}: {took:.2f} s, ", end="")
    print(f"peak {peak:.0f} MiB for {size:.0f} MiB of values: {peak / size:.1f} ×")


def main() -> None:
    """Print both."""
    packages = ("pandas", "pyarrow", "numpy")
    print(", ".join(f"{name} {version(name)}" for name in packages))
    tables()
    every_metric()


if __name__ == "__main__":
    main()
