"""Server-sent events: a second implementation agrees, and the time stays linear."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.sse_oracle import MIB, compare, peak, seconds

PARSER = Path(__file__).parents[2] / "js" / "node_modules" / "eventsource-parser"


@pytest.mark.skipif(
    not (PARSER.exists() and shutil.which("node")), reason="make setup installs it"
)
def test_random_streams_give_the_events_of_eventsource_parser() -> None:
    """The npm package that gets every case of the standard right."""
    events, differ = compare(5_000, seed=2_026)
    assert events > 2_000
    assert differ == []


@pytest.mark.parametrize("event", [32 * MIB, 512], ids=["one event", "many events"])
@pytest.mark.parametrize("chunk", [2**16, 2**10])
def test_four_times_the_bytes_take_about_four_times_as_long(
    chunk: int, event: int
) -> None:
    """Quadratic time would be sixteen times; the best of three is beside noise."""
    short, long = (
        min(seconds(size, chunk, min(event, size)) for _ in range(3))
        for size in (8 * MIB, 32 * MIB)
    )
    assert long < 12 * short


def test_memory_is_that_of_an_event_not_of_the_stream() -> None:
    """Four times the bytes take no more."""
    assert peak(4 * MIB) < 1.5 * peak(MIB)
