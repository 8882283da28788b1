"""Interrupts of a real kernel; `benchmarks/interrupts.py` does a hundred of them."""

from __future__ import annotations

import pytest

from benchmarks.interrupts import interrupt_all


@pytest.mark.notebook
def test_interrupts_at_random_instants_lose_nothing_and_leave_nothing() -> None:
    """The prompt is back, what had arrived is kept, and no request runs on."""
    outcomes = interrupt_all(["generate", "stream", "magic"] * 3, seed=7)
    for one in outcomes:
        assert one.ended.startswith("KeyboardInterrupt"), one
        assert one.back < 0.5 or one.way == "generate", one
        assert one.back < 1, one  # IPython draws a traceback, on a busy machine
        assert (one.lost, one.exact) == (0, True), one
        assert one.closed < 1, one
    assert sum(one.kept for one in outcomes) > 50
