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


@pytest.mark.parametrize("chunk", [2**16, 2**10])
def test_an_event_in_many_chunks_takes_linear_time(chunk: int) -> None:
    """About as long as small events; joining it anew with each chunk takes 30 times."""
    size = 32 * MIB
    one, many = (
        min(seconds(size, chunk, event) for _ in range(3)) for event in (size, 2**11)
    )
    assert one < 20 * many


def test_memory_is_that_of_an_event_not_of_the_stream() -> None:
    """Four times the bytes take no more."""
    assert peak(4 * MIB) < 1.5 * peak(MIB)
