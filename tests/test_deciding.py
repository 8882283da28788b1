"""Which tokens decide an answer: forced one by one on the real engine, and the sums."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets import AsyncClient, Budget, Client, Deciding, Generation, LpError
from lpwidgets.analysis.deciding import Branch, plan
from lpwidgets.analysis.reading_answers import reader
from lpwidgets.errors import ConnectError, InputError
from tests.make_generation import generation, token
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
    from lpwidgets.local import Lease

engine = pytest.mark.engine
PROMPT = (
    "Q: What is the capital of Italy?\nA: Rome\n"
    "Q: In which year did they open the Suez Canal?\nA:"
)
ASKED: dict[str, Any] = {"api": "completions", "stop": "\n", "temperature": 0}
YEAR = r"\d{4}"


def _quiet(_: str) -> None:
    pass


class Counting(httpx.AsyncHTTPTransport):
    """Counts the answers that it asks for, and may wait before one of them."""

    def __init__(self, hang: int = 999) -> None:
        super().__init__()
        self.texts, self.hang = 0, hang
        self.waits = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on."""
        if b'"stream":true' in request.content:
            self.texts += 1
            if self.texts == self.hang:
                self.waits.set()
                await asyncio.Event().wait()
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def answer(client: Client) -> Generation:
    """Return an answer that other tokens would change."""
    found = client.generate(PROMPT, max_tokens=8, **ASKED)
    assert isinstance(found, Generation)
    return found


@pytest.fixture(scope="module")
def decided(client: Client, answer: Generation) -> Deciding:
    """Return what decides it."""
    return client.deciding(answer, answer=YEAR, tokens=3, likely=0.1)


@engine
def test_each_branch_is_what_forcing_it_gives(
    client: Client, answer: Generation, decided: Deciding
) -> None:
    """And the sums are those of its probabilities."""
    read = reader(YEAR)
    assert decided.answer == read(answer.text)
    assert (len(decided.branches), decided.ended) == (decided.planned, "")
    for one in decided.branches:
        row = answer[one.position]
        chosen = next(a for a in row.alternatives if a.token == one.token)
        branch = client.branch(answer, one.position, chosen)
        assert read(branch.text) == one.answer
        assert one.changed == (one.answer != decided.answer)
        assert one.probability == pytest.approx(math.exp(chosen.logprob))
    entropy = answer.metric("entropy_low")
    place = int(np.nanargmax(np.where(decided.tried > 0, entropy, np.nan)))
    here = [one for one in decided.branches if one.position == place]
    own = math.exp(answer[place].logprob)
    changed = sum(one.probability for one in here if one.changed)
    known = own + sum(one.probability for one in here)
    assert decided.change[place] == pytest.approx(changed / known)
    assert decided.low[place] == pytest.approx(changed)
    assert decided.high[place] == pytest.approx(changed + 1 - known)
    assert np.isnan(decided.change[decided.tried == 0]).all()
    assert decided.change.shape == (len(answer),)


@engine
def test_frames_and_pictures(decided: Deciding) -> None:
    """A row a token, a row a branch, a heat map, a widget."""
    tokens, branches = decided.to_pandas(), decided.to_pandas("branches")
    assert len(tokens) == len(decided.generation)
    assert tokens["change"].equals(tokens["change"].where(tokens["tried"] > 0))
    assert len(branches) == len(decided.branches)
    assert branches["answer"].tolist() == [one.answer for one in decided.branches]
    assert decided._repr_html_().count("<span style=") >= (decided.tried > 0).sum()
    marked = decided.widget(at_least=0.01).highlight
    assert sum(stop - start for _, start, stop in marked) == (decided.change > 0).sum()
    assert "Deciding" in repr(decided)
    with pytest.raises(InputError, match="no table 'x'"):
        decided.to_pandas("x")


@engine
def test_what_is_known_is_not_asked_again(
    lease: Lease, capsys: pytest.CaptureFixture[str]
) -> None:
    """A repeat, another notion of the answer, a budget that grows; said before."""
    assert lease.alive()
    counting = Counting()
    with Client("local", transport=counting) as client:
        answer = client.generate(PROMPT, max_tokens=8, **ASKED)
        asked: dict[str, Any] = {"answer": YEAR, "tokens": 3, "likely": 0.1}
        counting.texts = 0
        some = client.deciding(answer, budget=9, **asked)
        assert len(some.branches) == counting.texts < some.planned
        assert some.ended == "ended by the budget of 9 requests"
        assert "of them known" not in capsys.readouterr().out
        whole = client.deciding(answer, **asked)
        assert counting.texts == whole.planned == len(whole.branches)
        assert f"{len(some.branches)} of them known" in capsys.readouterr().out
        assert whole.branches[: len(some.branches)] == some.branches
        again = client.deciding(answer, **asked)
        other = client.deciding(answer, **(asked | {"answer": len}))
        assert counting.texts == whole.planned
        assert np.array_equal(again.change, whole.change, equal_nan=True)
        assert {type(one.answer) for one in other.branches} == {int}
        hot = client.deciding(answer, **asked, temperature=1.0, budget=5)
        assert counting.texts == whole.planned + len(hot.branches)
        assert len(hot.branches) == 1


@engine
def test_an_interrupt_loses_nothing(lease: Lease, decided: Deciding) -> None:
    """The part is in `last`, and the next call goes on from there."""
    assert lease.alive()

    async def twice() -> tuple[Any, Deciding, int]:
        counting = Counting(hang=4)
        async with AsyncClient("local", transport=counting, progress=_quiet) as client:
            answer = await client.generate(PROMPT, max_tokens=8, **ASKED)
            asked: dict[str, Any] = {"answer": YEAR, "tokens": 3, "likely": 0.1}
            task = asyncio.create_task(client.deciding(answer, **asked))
            await counting.waits.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            part = client.last
            return part, await client.deciding(answer, **asked), counting.texts

    part, whole, texts = asyncio.run(twice())
    assert isinstance(part, Deciding)
    assert (len(part.branches), part.ended) == (2, "interrupted")
    assert texts == 1 + whole.planned + 1  # the answer, and the one that was cut off
    assert [one[:5] for one in whole.branches] == [one[:5] for one in decided.branches]


@engine
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tokens": 0}, "tokens=0"),
        ({"likely": 0}, "likely=0"),
        ({"likely": 1}, "likely=1"),
        ({"budget": 0}, "allows nothing"),
        ({"budget": 1}, "the first step may take 4 requests"),
        ({"budget": Budget(tokens=1)}, "allows nothing"),
        ({"answer": 7}, "answer=7"),
        ({"answer": "["}, "no regular expression"),
        ({"answer": "$.a b"}, "a path is written like"),
        ({"answer": list}, "unhashable"),
        ({"answer": lambda _: 1 / 0}, "answer failed on"),
        ({"max_tokens": 0}, "max_tokens=0"),
    ],
)
def test_what_cannot_be_asked(
    client: Client, answer: Generation, options: dict[str, Any], says: str
) -> None:
    """One clear error each, before anything is sent."""
    fresh = Generation(answer.columns, answer.meta, answer.texts)
    asked = {"tokens": 1} | options | {"top_logprobs": 2}  # so that nothing is known
    with pytest.raises(InputError, match=says) as caught:
        client.deciding(fresh, **asked)
    assert len(str(caught.value).splitlines()) <= 3


@engine
def test_of_whom_nothing_can_be_tried(client: Client, answer: Generation) -> None:
    """A slice, several answers, a stranger's, one without doubt."""
    for gen, says in (
        (answer[1:3], "slice"),
        ([answer], "one of its answers"),
        (generation(token("a", -1.0)), "this client runs"),
    ):
        with pytest.raises(InputError, match=says):
            client.deciding(gen)  # type: ignore[arg-type]
    sure = client.deciding(answer, likely=0.99)
    assert (sure.planned, sure.notes) == (0, ("no alternative was tried",))
    assert np.isnan(sure.change).all()
    assert "0 of 0 branches" in repr(sure)


def _client(*bodies: bytes, status: int = 200) -> tuple[Client, Script]:
    """Return a client of a server that continues what an assistant has begun."""
    script = Script(bodies[0], status)
    row: dict[str, Any] = {"api_key": "k" * 20, "progress": _quiet}
    return Client("deepinfra", model="m", transport=script, **row), script


def test_a_server_elsewhere_is_asked_at_once_by_a_request_a_branch() -> None:
    """What goes on the same is no change; an answer sampled hot says so."""
    client, script = _client(sse(chunk("yes", -0.1), chunk(" so", -0.5), END))
    answer = client.generate("Hi")
    script.asked.clear()
    found = client.deciding(answer, tokens=2, likely=0.01)
    assert (len(script.asked), found.requests) == (2, 2)
    assert found.tried.tolist() == [1, 1]
    assert all(one.changed for one in found.branches)
    assert found.low == pytest.approx([math.exp(-3.0)] * 2)
    assert "chance alone" in found.notes[0]


def test_an_answer_without_alternatives_has_nothing_to_try() -> None:
    """It says what to ask for."""
    bare = chunk("yes")
    del bare["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    client, _ = _client(sse(bare, END))
    answer = client.generate("Hi")
    with pytest.raises(InputError, match="lists no alternatives to try"):
        client.deciding(answer)


def test_a_server_that_fails_half_way_loses_nothing() -> None:
    """Its error is raised, with what was tried in `last`."""
    client, script = _client(sse(*(chunk(f"w{i}", -0.1) for i in range(12)), END))
    answer = client.generate("Hi")

    class Gone(httpx.AsyncBaseTransport):
        left = 8

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.left -= 1
            if self.left < 0:
                msg = "gone"
                raise httpx.ConnectError(msg)
            return await script.handle_async_request(request)

    client.transport._clients.clear()
    client.transport._transport = Gone()
    with pytest.raises(ConnectError):
        client.deciding(answer, tokens=12, likely=0.01)
    assert (len(client.last.branches), client.last.planned) == (8, 12)
    assert client.last.ended


def test_a_server_that_continues_nothing_is_refused() -> None:
    """With its own reason, and nothing is remembered of it."""
    script = Script(sse(chunk("yes", -0.1), END))
    client = Client(
        "openai", api_key="k" * 20, model="m", transport=script, progress=_quiet
    )
    answer = client.generate("Hi")
    for _ in range(2):
        with pytest.raises(LpError, match="instead of continuing it"):
            client.deciding(answer, likely=0.01)


@given(
    st.floats(0.05, 0.9),
    st.lists(st.tuples(st.floats(0.01, 0.3), st.booleans()), max_size=4),
)
def test_bounds_hold(own: float, tried: list[tuple[float, bool]]) -> None:
    """A change is between 0 and 1 and so are its bounds, NaN where nothing was."""
    total = own + sum(p for p, _ in tried)
    own, tried = own / total, [(p / total * 0.9, changed) for p, changed in tried]
    gen = generation(token("a", math.log(own)), token("b", -0.1))
    branches = [Branch(0, "x", p, "", changed, gen) for p, changed in tried]
    broken = Branch(1, "x", 0.1, None, False, None, "no")
    found = Deciding(gen, "a", [*branches, broken], 5)
    assert np.isnan(found.change[1])
    if not tried:
        assert np.isnan(found.low[0])
        return
    low, high, change = found.low[0], found.high[0], found.change[0]
    assert 0 <= low <= high <= 1 + 1e-9
    assert low - 1e-9 <= change <= 1 + 1e-9
    assert (change == 0) == (not any(changed for _, changed in tried))


def test_the_most_uncertain_tokens_come_first() -> None:
    """With their likely alternatives, never the token itself."""
    gen = generation(
        token("a", -0.1, [("a", -0.1), ("x", -2.4)]),
        token("b", -0.7, [("b", -0.7), ("y", -0.8), ("z", -3.5)]),
        token("c", -2.0, [("w", -0.2), ("c", -2.0)]),
        token("d", -0.5, [("d", -0.5)]),
    )
    tries = plan(gen, 8, 0.05)
    said = [gen[one.position].alternatives[one.place].token for one in tries]
    assert said == ["y", "w", "x"]
    assert [one.position for one in plan(gen, 1, 0.01)] == [1, 1]


def test_what_answers_are() -> None:
    """A function, a path, the last match of an expression, or all of the text."""
    assert reader(str.strip)(" a ") == "a"
    assert reader(r"(\d+) apples")("2 apples, 3 apples") == "3"
    assert reader(YEAR)("none") is None
    assert reader("$.a[0]")('x {"a": [1.5]}') == 1.5
    assert reader("$.a")('{"a": [1, 2]}') == "[1, 2]"
    assert reader(None)("Yes.") == reader(None)(" yes")


def test_hostile_text_stays_text() -> None:
    """Nothing that a model says is a tag, in tokens, answers or notes."""
    evil = "<img src=x onerror=alert(1)>\u202e"
    gen = generation(token(evil, -1.0), token(b"\xe2", -1.0), token("\n", -1.0))
    branches = [
        Branch(0, evil, 0.3, evil, True, gen),
        Branch(1, "\\xf0", 0.3, None, False, None, evil),
        Branch(2, "b", 0.2, (evil, 1), True, gen),
    ]
    page = Deciding(gen, evil, branches, 4, evil, 3, (evil,))._repr_html_()
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img" in page
