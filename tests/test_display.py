"""The widget's frames while it grows, its head, and the fallbacks without it."""

from __future__ import annotations

import re
from html import escape
from itertools import count
from typing import Any

import pytest
import traitlets

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.display import palette, static_html
from lpwidgets.display.codec import keyframe
from lpwidgets.display.head import head_of
from lpwidgets.display.pacing import Pace
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Delta, Usage
from tests.make_generation import META, generation, token
from tests.test_codec import _header

HELLO = generation(
    token("Hello", -0.1, [("Hello", -0.1), ("Hi", -2.5)]), token(" you", -1.6)
)


class Recorder(lp.TokensWidget):
    """A widget that keeps the messages it sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        self.bytes_sent = 0
        super().__init__(*args, **kwargs)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keep the header of an append."""
        header = _header(buffers[0])
        addresses = [self.address] * len(header["generations"])
        assert content == {"type": "append", "to": [addresses]}
        self.sent.append(header)
        self.bytes_sent += len(buffers[0])


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass between any two messages."""
    pace = Pace(clock=count().__next__)
    monkeypatch.setattr("lpwidgets.display.widget.PACE", pace)


def growing(n: int) -> list[lp.Generation]:
    """Snapshots of an answer of n tokens."""
    builder = AnswerBuilder(META)
    snapshots = []
    for i in range(n):
        builder.add(
            Delta(0, text=f"t{i}", tokens=[token(f"t{i}", -0.5, [("x", -0.5)])])
        )
        snapshots.append(builder.snapshot()[0])
    return snapshots


def test_appends_continue_where_the_page_is() -> None:
    """Numbered without a gap, each from where the last ended."""
    widget = Recorder()
    for snapshot in growing(5):
        widget.grow(snapshot)
    first = _header(widget.frame)
    assert (first["kind"], first["live"], first["seq"]) == ("keyframe", True, 1)
    news = [header["generations"][0] for header in widget.sent]
    assert [one["seq"] for one in news] == [2, 3, 4, 5]
    assert [one["base"][0] for one in news] == [1, 2, 3, 4]


def test_the_end_is_a_keyframe_with_everything() -> None:
    """A view that was opened late, or missed something, is right again."""
    widget = Recorder()
    for snapshot in growing(5):
        widget.grow(snapshot)
    widget.show(HELLO)
    header = _header(widget.frame)
    assert (header["kind"], header["live"], header["seq"]) == ("keyframe", False, 6)
    assert header["generations"][0]["columns"]["token"]["length"] == 2


def test_keyframes_together_cost_no_more_than_twice_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Even when a second passes between any two tokens."""
    clock = iter(range(10_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    widget, keyframes = Recorder(), {}
    for snapshot in growing(400):
        widget.grow(snapshot)
        keyframes[len(widget.frame)] = True
    assert sum(list(keyframes)[:-1]) <= 2 * widget.bytes_sent


def test_several_generations_grow_in_one_widget() -> None:
    """One message carries what is new in each."""
    widget = Recorder()
    for a, b in zip(growing(3), growing(3), strict=True):
        widget.grow([a, b])
    assert [len(header["generations"]) for header in widget.sent] == [2, 2]


def test_an_unknown_color_is_refused_with_the_known_ones() -> None:
    """At construction and when it is set."""
    with pytest.raises(InputError, match="there are: probability"):
        lp.TokensWidget(HELLO, color="certainty")
    widget = lp.TokensWidget(HELLO)
    with pytest.raises((InputError, traitlets.TraitError)):
        widget.color = "certainty"


def test_every_output_has_the_view_and_its_fallbacks() -> None:
    """In one bundle, so that any front end finds what it can show."""
    data, _ = HELLO._repr_mimebundle_()
    assert set(data) == {
        "application/vnd.jupyter.widget-view+json",
        "application/vnd.lpwidgets.v1+json",
        "text/plain",
        "text/html",
    }
    assert data["text/plain"].startswith("<Generation 2 tokens · 'Hello you'")


def test_the_head_says_who_and_how_it_ended() -> None:
    """With figures ready to be shown."""
    head = head_of(generation(token("a", -0.5), usage=Usage(completion_tokens=2)))
    assert (head.provider, head.model, head.status, head.tone) == (
        "local",
        "a-model",
        "complete",
        "good",
    )
    assert [(fact.label, fact.value) for fact in head.facts] == [
        ("tokens", "1"),
        ("perplexity", "1.65"),
    ]
    assert "the server counts 2" in head.facts[0].title
    assert "finish_reason: stop" in head.status_title


def test_text_without_tokens_is_shown_uncoloured() -> None:
    """With the finding that says why."""
    head = head_of(generation(text="No values"))
    assert head.unshown == "No values"
    assert head.findings[0].level == "error"


PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "</span><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' style='x",
    "&lt;b&gt;",
    "\u202e\u2066\u200b\x00",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_static_fallback_never_holds_markup_from_a_model(payload: str) -> None:
    """As token, alternative, unshown text or model: only our own tags and quotes."""
    spoken = generation(token(payload, -1.0, [(payload, -1.0), (payload + "x", -2.0)]))
    silent = generation(text=payload)
    html = static_html.render([spoken, silent])
    ours = {"div", "span", "details", "summary", "ol", "li"}
    assert set(re.findall(r"</?(\w+)", html)) <= ours
    assert not re.findall(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', html))
    assert not set("\u202e\u2066\u200b\x00") & set(html)


def test_the_static_fallback_shows_tokens_and_alternatives() -> None:
    """Values stand in the titles, the figures in the text."""
    html = static_html.render([HELLO])
    assert 'title="Hello 90.5 % | Hi 8.21 %">Hello</span>' in html
    assert "local · a-model · complete · tokens 2 · perplexity 2.34" in html


def test_the_static_fallback_has_its_findings_in_one_line_that_opens() -> None:
    """The worst with the number of the others, then all with their details."""
    made = generation(token("a", None), token("b", -1.0), text="x", finish_reason="")
    html = static_html.render([made])
    assert len(made.findings) == 2
    assert f"<summary>warning: {made.findings[0].text} +1 more</summary>" in html
    assert f"<div>warning: {made.findings[1].text}</div>" in html
    assert all(escape(finding.detail) in html for finding in made.findings)
    assert "<summary>warning" not in static_html.render([HELLO])


def test_a_long_text_is_cut_and_says_so() -> None:
    """Nothing is left out in silence."""
    gen = generation(*(token("x", -1.0) for _ in range(static_html.MAX_TOKENS + 5)))
    assert "5 more tokens not shown" in static_html.render([gen])


def _luminance(code: str) -> float:
    channels = [int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize(
    ("stops", "text"), [(palette.LIGHT, "#111111"), (palette.DARK, "#ffffff")]
)
def test_text_is_readable_on_every_colour_and_the_order_shows_in_lightness(
    stops: tuple[str, ...], text: str
) -> None:
    """Contrast of 4.5 : 1 (WCAG 2.2), and lightness that only goes one way."""
    steps = [_luminance(palette.color(i / 32, stops)) for i in range(33)]
    for step in steps:
        low, high = sorted((step, _luminance(text)))
        assert (high + 0.05) / (low + 0.05) >= 4.5
    assert steps == sorted(steps, reverse=stops is palette.LIGHT)


def test_raw_logits_are_shown_and_break_nothing() -> None:
    """A server that sends them is told about; what they say is kept."""
    gen = generation(token("a", 900.0, [("a", 900.0), ("b", 700.0)]))
    assert "<span" in static_html.render([gen])
    assert keyframe([gen], 0, live=False)
    assert gen[0].logprob == 900.0


def test_an_empty_token_can_be_pointed_at() -> None:
    """The end mark has a probability, too."""
    assert ">∅</span>" in static_html.render(
        [generation(token("a", -0.1), token("", -0.5))]
    )
