"""The widget of a text made token by token: what it shows, hides, does, and leaves."""

from __future__ import annotations

import math
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import lpwidgets as lp
from lpwidgets.display.step_html import MAX_TOKENS
from lpwidgets.errors import InputError
from tests.make_generation import generation, token
from tests.sampling.fake import Fake

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

HALF = math.log(0.5)
LIST = [(" sea", HALF, 1), (" sky", 2 * HALF, 2)]
EVIL = '<img src=x onerror="alert(1)">\u202e\0'
GEN = generation(*(token(*LIST[k % 2][:2], LIST, k % 2 + 1) for k in range(6)))


class Slow(Fake):
    """A server that can be told to fail, and counts."""

    fails = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the model does, or with an error."""
        response = await super().handle_async_request(request)
        response.status_code = 400 if self.fails else 200
        return response


def stepping(server: Slow | None = None) -> lp.Stepping:
    """Return a text on a server of the tests' own."""
    transport = server or Slow()
    client = lp.Client("llama.cpp", base_url="http://127.0.0.1:9", transport=transport)
    prompt: Any = [5]
    return client.stepping(prompt, api="completions", top_logprobs=3)


def wait(done: Callable[[], bool]) -> None:
    """Wait for something that a thread does."""
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def tell(widget: lp.StepWidget, **message: Any) -> None:
    """Do something as the page does it, and wait until it is done."""
    before = widget.state["seq"]
    widget._handle_custom_msg({"at": widget.state["at"], **message}, [])
    wait(lambda: widget.state["seq"] > before and not widget._working)


def settled(text: lp.Stepping, **options: Any) -> lp.StepWidget:
    """Return a widget that has asked for what it shows."""
    widget = lp.StepWidget(text, **options)
    wait(lambda: not widget._working)
    return widget


def test_the_page_steps_and_the_text_follows() -> None:
    """Everything that a click or a key does, in order."""
    text = stepping()
    widget = settled(text)
    assert len(widget.state["listed"]["token"]) == 3
    tell(widget, type="pick", rank=2)
    assert len(text) == widget.state["at"] == 1
    assert widget.state["text"]["how"] == ["picked"]
    tell(widget, type="write", text="a")
    assert widget.state["text"]["how"] == ["picked", "written"]
    tell(widget, type="run", tokens=3)
    assert (len(text), widget.state["running"]) == (5, False)
    tell(widget, type="rewind", position=1)
    assert (widget.state["at"], widget.state["ahead"]) == (1, 4)
    assert len(widget.state["text"]["token"]) == 5
    tell(widget, type="undo")
    tell(widget, type="redo")
    tell(widget, type="next")
    assert widget.state["at"] == 2
    assert widget.state["listed"]["unseen"] == pytest.approx(text.unseen, abs=1e-5)
    widget.close()


def test_what_python_does_is_shown() -> None:
    """With the candidates, asked for aside; a closed widget hears no more."""
    text = stepping()
    widget = settled(text)
    text.pick(1)
    wait(lambda: widget.state["at"] == 1 and widget.state["listed"] is not None)
    widget.close()
    text.pick(1)
    assert widget.state["at"] == 1


def test_a_click_on_what_is_no_longer_there_does_nothing() -> None:
    """Two quick clicks are one; what is no message is refused in words."""
    text = stepping()
    widget = settled(text)
    for _ in range(3):
        widget._handle_custom_msg({"type": "pick", "rank": 1, "at": 0}, [])
    wait(lambda: not widget._working)
    assert len(text) == 1
    for odd in (
        {"type": "pick"},
        {"type": "dance"},
        {"type": "rewind", "position": "x"},
    ):
        tell(widget, **odd)
        assert widget.state["error"]
    widget._handle_custom_msg("text", [])
    tell(widget, type="pick", rank=99)
    assert "rank=99" in widget.state["error"]
    tell(widget, type="pick", rank=1)
    assert (widget.state["error"], len(text)) == ("", 2)


def test_an_error_of_the_server_is_shown_and_nothing_is_lost() -> None:
    """It goes on when the server answers again."""
    server = Slow()
    text = stepping(server)
    widget = settled(text)
    tell(widget, type="pick", rank=1)
    server.fails = True
    for message in ({"type": "run", "tokens": 3}, {"type": "write", "text": "a"}):
        tell(widget, **message)
        assert "400" in widget.state["error"]
        assert widget.state["at"] == 1
    data, _ = widget._repr_mimebundle_()
    assert "<Stepping 1 tokens" in data["text/plain"]
    server.fails = False
    tell(widget, type="run", tokens=2)
    assert (widget.state["error"], len(text)) == ("", 3)


@pytest.mark.engine
def test_a_run_is_followed_at_a_pace_and_stopped(client: lp.Client) -> None:
    """At most 20 messages a second, and the stop does not wait its turn."""
    text = client.stepping("Count up.", top_logprobs=5)
    widget = settled(text, options={"sampler": lambda _: 0})
    times: list[float] = []
    widget.observe(lambda _: times.append(time.monotonic()), "state")
    widget._handle_custom_msg({"type": "run", "tokens": 999, "at": 0}, [])
    wait(lambda: len(times) > 4)
    assert widget.state["running"]
    widget._handle_custom_msg({"type": "stop"}, [])
    wait(lambda: not widget._working)
    assert not widget.state["running"]
    assert widget.state["at"] == len(text) < 999
    took = times[-1] - times[0]
    assert len(times) <= 30 * took + 3


def test_what_is_to_be_guessed_never_reaches_the_page() -> None:
    """Neither the candidates nor what is ahead, until the guess is made."""
    game = lp.guessing(GEN)
    widget = settled(game)
    assert widget.teach
    assert widget.state["listed"] is None
    assert (widget.state["text"]["token"], widget.state["ahead"]) == ([], 6)
    html, _ = widget._repr_mimebundle_()
    assert "sea" not in html["text/html"] + html["text/plain"]
    tell(widget, type="guess", text="sky")
    state: Any = widget.state
    assert state["review"]["token"] == [" sea", " sky"]
    assert (state["guess"]["guess"], state["guess"]["came"]) == (" sky", " sea")
    assert state["log"] == [[2.0, 1.0, False, False]]
    assert state["score"]["guesses"] == 1
    assert state["text"]["token"] == [" sea"]
    tell(widget, type="next")
    nothing = [widget.state[name] for name in ("review", "guess")]
    assert nothing == [None, None]
    tell(widget, type="guess", text="zebra")
    state = widget.state
    assert state["guess"]["at_least"]
    widget.set_state({"teach": False})
    wait(lambda: not widget._working)
    state = widget.state
    assert len(state["text"]["token"]) == 6
    assert state["listed"]["token"] == [" sea", " sky"]


def test_a_guess_at_a_model_asks_for_nothing_before() -> None:
    """And shows what it was up against after."""
    text = stepping()
    widget = settled(text, teach=True)
    assert widget.state["listed"] is None
    assert text.known() is None
    tell(widget, type="guess", text="a")
    assert len(widget.state["review"]["token"]) == 3
    assert widget.state["at"] == 1


class _Open(HTMLParser):
    """The tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag, and refuse what would run."""
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "title"}


def test_what_is_saved_is_readable_and_escaped() -> None:
    """The text, its candidates and the guesses; nothing that a model said runs."""
    evil = [(EVIL, HALF), ("\n", 2 * HALF), (b"\xf0\x9f", 3 * HALF)]
    gen = generation(token(EVIL, HALF, evil), token(b"\xf0\x9f", None, evil))
    game = lp.guessing(gen)
    game.guess("x")
    game.next()
    shown, _ = lp.StepWidget(game, teach=False)._repr_mimebundle_()
    parser = _Open()
    parser.feed(shown["text/html"])
    assert parser.tags <= {"div", "span", "table", "tbody", "tr", "td"}
    assert "&lt;img" in shown["text/html"]
    assert "\u202e" not in shown["text/html"] + shown["text/plain"]
    assert "at least 3 bits" in shown["text/html"]
    game.rewind(1)
    shown, _ = game._repr_mimebundle_()
    assert "your guess" not in shown["text/plain"]
    assert "what came" in shown["text/plain"]
    assert "[U+202E]" in shown["text/plain"]


def test_a_long_text_is_saved_in_part() -> None:
    """The newest tokens, and how many are before them."""
    gen = generation(
        *(token("a ", -1.0, [("a ", -1.0)]) for _ in range(MAX_TOKENS + 9))
    )
    game = lp.guessing(gen)
    game.rewind(len(gen))
    shown, _ = game._repr_mimebundle_()
    assert "9 tokens before these are not shown" in shown["text/html"]
    assert shown["text/html"].count("<span") == MAX_TOKENS


@pytest.mark.parametrize("given", [None, GEN, "text"])
def test_only_a_stepping_is_shown(given: Any) -> None:
    """Anything else is refused in words."""
    with pytest.raises(InputError, match=r"lp\.guessing"):
        lp.StepWidget(given)
