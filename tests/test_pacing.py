"""Many widgets that grow at once: few messages, and nothing is lost."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.display import pacing, widget
from lpwidgets.wire.records import Delta
from tests.make_generation import META, generation, token
from tests.test_codec import _header

WINDOW_MOST = 30


class Clock:
    """Time that a test moves, and what was to run at some time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.due: list[tuple[float, Any]] = []

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def start(self, seconds: float, act: Any) -> None:
        """Run a function later."""
        self.due.append((self.now + seconds, act))

    def run(self, seconds: float) -> None:
        """Let time pass, and run what is due."""
        end = self.now + seconds
        while self.due and min(self.due)[0] <= end:
            self.due.sort(key=lambda one: one[0])
            self.now, act = self.due.pop(0)
            act()
        self.now = end


class Page:
    """What a page has of some widgets, as it applies frames."""

    def __init__(self, clock: Clock) -> None:
        self.times: list[float] = []
        self.tokens: dict[str, int] = defaultdict(int)
        self.live: dict[str, bool] = {}
        self.seq: dict[str, int] = defaultdict(int)
        self._clock = clock

    def hear(self, addresses: list[list[str]], frames: list[bytes]) -> None:
        """Apply one message."""
        self.times.append(self._clock.now)
        for to, frame in zip(addresses, frames, strict=True):
            header = _header(frame)
            for address, one in zip(to, header["generations"], strict=True):
                if header["kind"] == "append":
                    assert one["seq"] == self.seq[address] + 1
                    assert one["base"][0] == self.tokens[address]
                    self.seq[address] = one["seq"]
                    start, end = one["rows"][0]
                    self.tokens[address] += end - start
                else:
                    self.seq[address] = header["seq"]
                    self.tokens[address] = one["columns"]["token"]["length"]
                self.live[address] = (one if "live" in one else header)["live"]

    def most_in_a_second(self) -> int:
        """Return the most messages of any second."""
        return max(sum(t <= u < t + 1 for u in self.times) for t in self.times)


class Heard(lp.TokensWidget):
    """A widget whose messages a page hears."""

    def __init__(self, page: Page, *shown: lp.Generation) -> None:
        self._page = page
        super().__init__(shown)
        self._page.tokens[self.address] = sum(map(len, shown))
        self.observe(self._on_frame, "frame")

    def _on_frame(self, change: Any) -> None:
        self._page.hear([[self.address]], [change["new"]])

    def send(self, content: Any, buffers: Any = None) -> None:
        """Hear appends, for whichever widget."""
        self._page.hear(content["to"], buffers)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the time that all widgets go by."""
    made = Clock()
    pace = pacing.Pace(made, made.start)
    monkeypatch.setattr(widget, "PACE", pace)
    monkeypatch.setattr("time.monotonic", made)
    return made


def snapshots(n: int) -> list[lp.Generation]:
    """Return an answer of n tokens while it grows."""
    builder, made = AnswerBuilder(META), []
    for i in range(n):
        builder.add(Delta(0, text=f"t{i}", tokens=[token(f"t{i}", -0.5)]))
        made.append(builder.snapshot()[0])
    return made


GROWING = snapshots(40)
OTHER = generation(token("x", -1.0))


def test_two_hundred_widgets_send_at_most_thirty_messages_a_second(
    clock: Clock,
) -> None:
    """Every token arrives, in order, and every end is kept."""
    page = Page(clock)
    widgets = [Heard(page) for _ in range(200)]
    growing = GROWING[:8]
    for snapshot in growing:
        for one in widgets:
            one.grow(snapshot)
        clock.run(0.05)
    assert max(len(growing) - page.tokens[one.address] for one in widgets) <= 3
    for one in widgets:
        one.show(growing[-1])
    clock.run(0.5)
    assert set(page.tokens.values()) == {len(growing)}
    assert set(page.live.values()) == {False}
    clock.run(20)
    assert page.most_in_a_second() <= WINDOW_MOST
    lengths = [
        _header(one.frame)["generations"][0]["columns"]["token"]["length"]
        for one in widgets
    ]
    assert set(lengths) == {len(growing)}
    assert not any(_header(one.frame)["live"] for one in widgets)
    assert clock.due == []


def test_many_widgets_that_show_something_can_show_something_else(
    clock: Clock,
) -> None:
    """What continues it is sent as news, anything else as a whole."""
    page = Page(clock)
    widgets = [Heard(page, GROWING[2]) for _ in range(40)]
    assert set(page.tokens.values()) == {3}
    for k, one in enumerate(widgets):
        one.show(GROWING[9] if k % 2 else OTHER)
    clock.run(20)
    assert [page.tokens[one.address] for one in widgets] == [1, 10] * 20
    assert [one.generations[0].text for one in widgets] == ["x", GROWING[9].text] * 20


def test_one_widget_sends_at_once(clock: Clock) -> None:
    """Without waiting for anything, as long as it does not hurry."""
    page = Page(clock)
    alone = Heard(page)
    for count, snapshot in enumerate(GROWING, 1):
        alone.grow(snapshot)
        assert page.tokens[alone.address] == count
        clock.run(0.06)
    assert page.most_in_a_second() <= 1 / 0.06 + 1


def test_one_widget_in_a_hurry_is_slowed_down(clock: Clock) -> None:
    """The last tokens come by themselves, though nobody calls again."""
    page = Page(clock)
    alone = Heard(page)
    for snapshot in GROWING:
        alone.grow(snapshot)
    assert len(page.times) <= pacing.BURST
    clock.run(0.1)
    assert page.tokens[alone.address] == len(GROWING)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.integers(1, 9), st.sampled_from([0.0, 0.01, 0.2, 1.5])
        ),
        max_size=40,
    )
)
def test_any_order_of_calls_leaves_the_page_right(
    calls: list[tuple[int, int, float]],
) -> None:
    """Whoever grows by how much, and when."""
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(widget, "PACE", pacing.Pace(clock, clock.start))
        patch.setattr("time.monotonic", clock)
        page = Page(clock)
        widgets = [Heard(page) for _ in range(5)]
        lengths = [0] * 5
        for number, more, pause in calls:
            lengths[number] = min(len(GROWING), lengths[number] + more)
            widgets[number].grow(GROWING[lengths[number] - 1])
            clock.run(pause)
        clock.run(2)
        assert [page.tokens[one.address] for one in widgets] == lengths
        assert not page.times or page.most_in_a_second() <= WINDOW_MOST
