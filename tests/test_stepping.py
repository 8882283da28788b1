"""A text made token by token: picked, written, run, taken back, with nothing lost."""

from __future__ import annotations

import json
import math
import signal
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.errors import InputError, LpError, SamplerError
from lpwidgets.sampling import Temperature
from lpwidgets.stepping.moves import Moves, Place
from lpwidgets.stepping.steps import How, step
from lpwidgets.wire.records import Candidate, Part
from tests.sampling.fake import Fake, listed
from tests.scripted import sse

if TYPE_CHECKING:
    from lpwidgets import Client, Stepping

engine = pytest.mark.engine
FRANCE = "The capital of France is"


@pytest.fixture
def france(client: Client) -> Stepping:
    """Return a text that has not begun."""
    return client.stepping(FRANCE, api="completions")


def requests(stepping: Stepping) -> int:
    """Return how much was asked."""
    return stepping.generation.meta.requests


@engine
def test_the_candidates_are_the_models_own(client: Client, france: Stepping) -> None:
    """With the values that `score` finds, and the mass of the others."""
    frame = france.candidates
    assert list(frame["rank"]) == list(range(1, 21))
    assert frame["token"][0] == " Paris"
    assert frame["bytes"][0] == b" Paris"
    assert frame["logprob"].is_monotonic_decreasing
    assert frame["probability"].sum() + france.unseen == pytest.approx(1.0, abs=1e-6)
    scored = client.score(" Paris", prompt=FRANCE)
    assert frame["logprob"][0] == pytest.approx(scored[0].logprob, abs=1e-4)


@engine
def test_a_text_is_picked_written_and_run(client: Client, france: Stepping) -> None:
    """Every token has its value; only what the model drew is part of a score."""
    picked = france.pick(" Paris")
    assert (picked.position, picked.rank, picked.part) == (0, 1, Part.FORCED)
    written = france.write(", a café")
    assert written.text == ", a café"
    ran = france.run(6, sampler=Temperature(0))
    whole = france.generation
    assert whole.text == " Paris, a café" + ran.text == france.text
    assert [row.part for row in whole][-6:] == [Part.GENERATED] * 6
    assert {row.part for row in whole[:-6]} == {Part.FORCED}
    assert not any(math.isnan(row.logprob) for row in whole)
    assert whole.mean_logprob == pytest.approx(sum(r.logprob for r in whole[-6:]) / 6)
    assert whole.meta.note.startswith("made step by step: 1 picked, ")
    assert client.last == whole
    scored = client.score(france.text, prompt=FRANCE)
    assert [row.token_id for row in scored] == [row.token_id for row in whole]
    for one, other in zip(scored, whole, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=0.3)


@engine
def test_what_is_cut_off_stays_and_is_not_asked_for_again(france: Stepping) -> None:
    """Back, another way, undone and redone: all ways are leaves of the tree."""
    france.run(8, seed=1)
    first = france.generation
    asked = requests(france)
    france.rewind(3)
    assert (len(france), france.ahead) == (3, 5)
    likeliest = [row["token"] for _, row in france.candidates.iterrows()]
    own = first[3].token
    other = next(one for one in likeliest if one != own)
    assert requests(france) == asked
    france.pick(other)
    assert france.ahead == 0
    france.run(2, seed=2)
    assert {leaf.text for leaf in france.tree} == {first.text, france.text}
    france.undo()
    france.undo()
    assert france.ahead == 5
    france.redo()
    assert france.text.endswith(other)
    france.undo()
    asked = requests(france)
    france.pick(own)
    assert france.ahead == 4
    france.rewind(8)
    assert france.generation[:8] == first[:8]
    france.rewind(-2)
    assert len(france) == 6
    assert requests(france) == asked
    assert len(france.tree) == 2


@engine
def test_a_text_ends_where_the_model_ends_it(client: Client) -> None:
    """And goes on from before it; the end is no text."""
    stepping = client.stepping("Say yes.")
    stepping.write("Yes.")
    end = next(k for k, one in enumerate(stepping.listed(), 1) if one.id == 2)
    stepping.pick(end)
    assert stepping.over
    assert stepping.candidates.empty
    assert (stepping.generation.status, stepping.text) == ("complete", "Yes.")
    for act in (lambda: stepping.run(3), lambda: stepping.guess("x"), stepping.next):
        with pytest.raises(InputError, match="ended"):
            act()
    stepping.rewind(-1)
    assert not stepping.over
    assert stepping.write(" I do").text == " I do"


@engine
def test_a_run_ends_where_it_is_told(france: Stepping) -> None:
    """After a text, when a function says so, by a seed the same again."""
    said = france.run(60, until=",", seed=5).text
    assert said.count(",") <= 1
    assert "," not in said[:-1].rpartition(" ")[0]
    france.rewind(0)
    assert france.run(9, until=lambda text: len(text) > 9).text[:-1].count(" ") < 9
    same = []
    for _ in range(2):
        france.rewind(0)
        same.append(france.run(5, seed=3).text)
    assert same[0] == same[1]


class Watch:
    """Calls a function at each change."""

    def __init__(self, stepping: Stepping, look: Any) -> None:
        self._look = look
        stepping.watchers.add(self)

    def refresh(self) -> None:
        """Call it."""
        self._look()


@engine
def test_an_interrupt_keeps_what_came(client: Client, france: Stepping) -> None:
    """The run is over then, and can be undone."""
    france.pick(1)

    def look() -> None:
        if france.running and len(france) > 4:
            signal.raise_signal(signal.SIGINT)

    watch = Watch(france, look)
    with pytest.raises(KeyboardInterrupt):
        france.run(2000, sampler=lambda _: 0)
    del watch
    france.watchers.clear()
    assert 4 < len(france) < 2000
    assert not france.running
    assert client.last == france.generation
    france.undo()
    assert len(france) == 1


@engine
def test_a_run_is_stopped_from_elsewhere(france: Stepping) -> None:
    """Meanwhile nothing else is done."""
    under_way, refused = threading.Event(), threading.Event()

    def likeliest(position: Any) -> int:
        if len(position.context.ids) == 3:
            under_way.set()
            refused.wait(60)
        return 0

    run = threading.Thread(target=lambda: france.run(2000, sampler=likeliest))
    run.start()
    assert under_way.wait(60)
    with pytest.raises(InputError, match="running"):
        france.pick(1)
    france.stop()
    refused.set()
    run.join(60)
    assert not run.is_alive()
    assert 3 <= len(france) < 2000
    france.stop()
    france.pick(1)


def _fake(api: str | None = "completions") -> Stepping:
    client = lp.Client("llama.cpp", base_url="http://127.0.0.1:9", transport=Fake())
    return client.stepping([5], api=api, top_logprobs=3)  # type: ignore[list-item]


def test_half_characters_are_tokens_like_others() -> None:
    """They are shown as bytes, and the text is whole when they are."""
    stepping = _fake()
    half = next(k for k, one in enumerate(listed([5], 9), 1) if one.id in {6, 7})
    if half > 3:
        stepping.pick(1)
    while not (found := [one for one in stepping.listed() if one.id in {6, 7}]):
        stepping.pick(1)
    stepping.pick(bytes(found[0].bytes or ()))
    assert stepping.text.endswith("\N{REPLACEMENT CHARACTER}")
    stepping.pick(1)
    assert "\N{REPLACEMENT CHARACTER}" not in stepping.text


def test_a_failing_sampler_keeps_what_came() -> None:
    """So does a failing condition, and the text can be gone on with."""
    stepping = _fake()

    def sampler(seen: Any) -> int:
        return 0 if len(seen.context.ids) < 3 else 1 // 0

    with pytest.raises(SamplerError, match="ZeroDivisionError"):
        stepping.run(9, sampler=sampler)
    assert len(stepping) == 3
    with pytest.raises(InputError, match="until raised ZeroDivisionError"):
        stepping.run(9, until=lambda _: 1 // 0, sampler=Temperature(0))
    assert len(stepping) == 4
    stepping.pick(1)
    assert len(stepping) == 5


class Failing(Fake):
    """A server that stops answering."""

    fails = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or refuse."""
        if self.fails:
            return httpx.Response(400, json={"error": {"message": "no more"}})
        return await super().handle_async_request(request)


def test_a_server_that_fails_loses_nothing() -> None:
    """The error is raised, the text stays, and it goes on when the server is back."""
    server = Failing()
    client = lp.Client("llama.cpp", base_url="http://127.0.0.1:9", transport=server)
    stepping = client.stepping([5], api="completions")  # type: ignore[list-item]
    stepping.run(3, sampler=Temperature(0))
    server.fails = True
    said = stepping.generation
    for act in (
        lambda: stepping.candidates,
        lambda: stepping.pick(1),
        lambda: stepping.run(2),
        lambda: stepping.write("a"),
        lambda: stepping.guess("a"),
    ):
        with pytest.raises(LpError, match="no more"):
            act()
        assert stepping.generation == said
    assert stepping.guesses.empty
    server.fails = False
    stepping.pick(1)
    assert len(stepping) == 4


class Ids(httpx.AsyncBaseTransport):
    """A server whose completions take ids and list ids, as Fireworks does."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """List the same each time."""
        self.asked.append(json.loads(await request.aread()))
        top = [
            {"token": text, "logprob": math.log(p), "token_id": number}
            for number, (text, p) in enumerate([(" a", 0.5), (" b", 0.25), ("", 0.125)])
        ]
        logprobs = {"content": [top[0] | {"top_logprobs": top}]}
        choice = {"index": 0, "text": " a", "finish_reason": "length"}
        kind = {"content-type": "text/event-stream"}
        body = sse({"choices": [choice | {"logprobs": logprobs}]})
        return httpx.Response(200, headers=kind, content=body)


def test_another_server_that_takes_ids_is_stepped_on() -> None:
    """A request a token; what its tokenizer does it does not tell."""
    server = Ids()
    asked: dict[str, Any] = {"api_key": "k" * 20, "model": "m", "transport": server}
    client = lp.Client("fireworks", **asked)
    prompt: Any = [7, 8]
    with pytest.raises(InputError, match="ends="):
        client.stepping(prompt, api="completions", top_logprobs=3)
    with pytest.raises(InputError, match="only it knows the ids"):
        client.stepping("Hi", top_logprobs=3, ends=[2])
    stepping = client.stepping(prompt, api="completions", top_logprobs=3, ends=[2])
    assert not server.asked
    stepping.pick(" b")
    stepping.run(2, sampler=Temperature(0))
    assert [one["prompt"] for one in server.asked] == [[7, 8], [7, 8, 1], [7, 8, 1, 0]]
    assert stepping.text == " b a a"
    assert stepping.unseen == pytest.approx(0.125)
    with pytest.raises(LpError, match="does not say which tokens"):
        stepping.write(" c")
    guess = stepping.guess("zebra")
    assert (guess.at_least, guess.bits) == (True, 3.0)
    stepping.rewind(3)  # what came may have been the end
    stepping.pick(3)
    assert stepping.over


def test_a_server_without_ids_is_refused() -> None:
    """With the reason, before anything is sent."""
    server = Ids()
    asked: dict[str, Any] = {"api_key": "k" * 20, "model": "m", "transport": server}
    with pytest.raises(LpError, match="takes no token ids"):
        lp.Client("openai", **asked).stepping("Hi")
    assert not server.asked


@pytest.mark.parametrize(
    ("verb", "given", "said"),
    [
        ("pick", ["zz"], "not among the 3 candidates"),
        ("pick", [0], "rank=0"),
        ("pick", [4], "1 to 3"),
        ("pick", [True], "its rank"),
        ("pick", [None], "its rank"),
        ("pick", [""], "not among"),
        ("rewind", [1], "from 0 to 0"),
        ("rewind", [-1], "from 0 to 0"),
        ("rewind", ["x"], "a whole number"),
        ("rewind", [True], "a whole number"),
        ("write", [""], "text, such as"),
        ("write", [b"a"], "text, such as"),
        ("write", ["\ud800"], "surrogate"),
        ("run", [0], "max_tokens=0"),
        ("run", [1.5], "max_tokens=1.5"),
        ("guess", [""], "text, such as"),
        ("guess", [b""], "text, such as"),
        ("guess", [1], "text, such as"),
        ("undo", [], "nothing to undo"),
        ("redo", [], "nothing to redo"),
    ],
)
def test_what_cannot_be_is_refused(verb: str, given: list[Any], said: str) -> None:
    """In words, and the text is as it was."""
    stepping = _fake()
    with pytest.raises(InputError, match=said):
        getattr(stepping, verb)(*given)
    assert len(stepping) == 0
    assert len(stepping.tree) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"until": ""}, "until="),
        ({"until": 3}, "until="),
        ({"sampler": "min_p"}, "sampler="),
        ({"sampler": Temperature}, "sampler="),
        ({"seed": -1}, "seed="),
    ],
)
def test_a_run_that_cannot_be_is_refused(options: dict[str, Any], said: str) -> None:
    """Before anything is asked."""
    with pytest.raises(InputError, match=said):
        _fake().run(3, **options)


def test_the_contexts_end_is_said_before() -> None:
    """A text never grows beyond what the model holds."""
    stepping = _fake()
    assert stepping._ground is not None
    stepping._ground.room = 4
    assert len(stepping.run(9, sampler=Temperature(0))) == 4
    with pytest.raises(InputError, match="room for 4 tokens"):
        stepping.run(1)
    with pytest.raises(InputError, match="room for 4 tokens"):
        stepping.write("a")


STEPS = [
    step(Candidate(text, -1.0, None, k), (), How.RAN) for k, text in enumerate("ab")
]


@given(st.lists(st.sampled_from(["a", "b", "back", "undo", "redo"])))
def test_whatever_is_done_nothing_is_lost(acts: list[str]) -> None:
    """Every text that was there begins a way that was tried; undo goes back to all."""
    moves = Moves(Place())
    texts, states = [moves.place.text], [moves.place]
    for act in acts:
        before = moves.place
        if act == "undo":
            moves.undo()
        elif act == "redo":
            moves.redo()
        elif act == "back":
            moves.go(Place(before.steps, max(0, before.at - 1)))
        else:
            moves.go(before.then([STEPS["ab".index(act)]]))
        states.append(moves.place)
        texts.append(moves.place.text)
    for text in texts:
        assert any(way[: len(text)] == text for way in moves.tried)
    for k, one in enumerate(moves.tried):
        others = moves.tried[:k] + moves.tried[k + 1 :]
        assert not any(other[: len(one)] == one for other in others)
    while moves.undo():
        assert moves.place in states
    assert moves.place == Place()
