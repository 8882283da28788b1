"""Stop rules, budgets, best of n, and beams: pure, scripted, and on the real engine."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets import AsyncClient, Budget, Client, Generation, LpError, Part, Ranked
from lpwidgets.analysis.ranked import ranked, scorer
from lpwidgets.analysis.stopping import Watch, parse_rule
from lpwidgets.client.llamacpp import LlamaCpp
from lpwidgets.client.rooted import context_ids
from lpwidgets.errors import InputError
from lpwidgets.sampling.sources import LlamaSource
from lpwidgets.searching.beams import Beams, Hypothesis, Rules
from lpwidgets.searching.budget import Ledger, Step, budget_of
from lpwidgets.searching.followers import InOrder
from lpwidgets.wire.records import Candidate
from tests.client.server import DONE, STOP, Do, FaultServer, head, said
from tests.make_generation import generation, token
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

engine = pytest.mark.engine


def _quiet(_: str) -> None:
    pass


QUESTION = "Tell me about lighthouses."


@pytest.mark.parametrize(
    ("rule", "says", "word"),
    [
        ("entropi_low > 2 for 3 tokens", "there is no entropi_low", "entropi_low"),
        ("rank > 2 four 3 tokens", "how long it has to hold", "four"),
        ("rank > 2 for tokens", "for how many tokens", "tokens"),
        ("rank > 2 for 0 tokens", "for how many tokens", "0"),
        ("rank > 2 for 1.5 tokens", "for how many tokens", "1.5"),
        ("rank > 2 for 3 words", "write for 3 tokens", "words"),
        ("rank > 2 for 3 tokens now", "a rule ends", "now"),
        ("rank for 3 tokens", "this is a number, no condition", "rank"),
    ],
)
def test_an_error_points_at_the_word(rule: str, says: str, word: str) -> None:
    """Before anything is sent."""
    client = Client(base_url="http://127.0.0.1:9/v1", model="m")
    with pytest.raises(InputError, match=says) as caught:
        client.generate("Hi", stop_when=rule)
    _, shown, caret = str(caught.value).splitlines()
    assert shown[caret.index("^") : caret.rindex("^") + 1] == word


@given(
    st.lists(st.sampled_from([-0.1, -2.0, None]), max_size=12),
    st.integers(1, 3),
    st.lists(st.integers(1, 5), min_size=12, max_size=12),
)
def test_a_rule_holds_where_a_run_is_long_enough(
    values: list[float | None], count: int, sizes: list[int]
) -> None:
    """However the tokens come: judged once each, an unknown one ends a run."""
    gen = generation(*(token(f"t{i}", v) for i, v in enumerate(values)))
    watch = Watch(parse_rule(f"logprob < -1 and position >= 1 for {count} tokens"))
    ends = [min(end, len(gen)) for end in itertools.accumulate(sizes)]
    for end in ends:
        watch.look(gen[:end])
    low = [i > 0 and v == -2.0 for i, v in enumerate(values)]
    runs = [i for i in range(count - 1, len(low)) if all(low[i + 1 - count : i + 1])]
    assert watch.at == (runs[0] if runs else -1)
    if not runs:
        assert watch.judged == len(values)
        assert watch.unknown == sum(v is None for v in values[1:])


def test_a_rule_closes_the_request_and_keeps_the_tokens() -> None:
    """The server would have gone on; the answer says where and why it ended."""
    script = (head(), said("a", -0.1), said("b", -2.0), said("c", -3.0), Do.HOLD)
    with FaultServer(script) as server, server.client() as client:
        rule = "logprob < -1 for 2 tokens"
        gen = client.generate("Hi", stop_when=rule, top_logprobs=2)
        server.wait(lambda one: one.closed == 1)
    assert (gen.text, gen.status, gen.meta.finish_reason) == (
        *("abc", "stopped"),
        "stop_when",
    )
    assert gen.meta.note == "stop_when stopped at token 2: logprob < -1 for 2 tokens"
    assert client.last == gen
    assert [one.level for one in gen.findings] == ["info"]


def test_what_ends_by_itself_is_complete_whatever_the_rule() -> None:
    """Also if the rule holds in its last piece."""
    script = (head(), said("a", -0.1), said("b", -2.0) + STOP + DONE)
    with FaultServer(script) as server, server.client() as client:
        held = client.generate("Hi", stop_when="logprob < -1")
    assert (held.status, held.meta.finish_reason) == ("complete", "stop")
    assert "stop_when held, when all of the answer had come, at" in held.meta.note


def test_a_rule_says_what_it_could_not_judge() -> None:
    """Values that are null, and text that comes without any half way."""
    null = chunk("b")
    null["choices"][0]["logprobs"]["content"][0]["logprob"] = None
    bare: dict[str, Any] = {"choices": [{"index": 0, "delta": {"content": "c"}}]}
    script = Script(sse(chunk("a", -0.1), null, bare, END))
    client = Client(base_url="http://x/v1", model="m", transport=script)
    gen = client.generate("Hi", stop_when="logprob < -1")
    assert (gen.text, gen.status) == ("abc", "complete")
    assert "could not be judged at 1 of 2 tokens" in gen.meta.note
    assert "a part of the text came without values" in gen.meta.note


def test_each_of_several_choices_is_stopped_alone() -> None:
    """By a request of its own; a rule needs a stream."""
    script = Script(sse(*(chunk(t, v) for t, v in (("a", -1.0), ("b", -2.0))), END))
    client = Client(base_url="http://x/v1", model="m", transport=script)
    gens = client.generate("Hi", n=2, stop_when="logprob < -0.5")
    assert len(script.asked) == 2
    assert all("n" not in body and "stop_when" not in body for body in script.asked)
    assert all("stop_when" in one.meta.note for one in gens)
    with pytest.raises(InputError, match="leave stream on"):
        client.generate("Hi", stream=False, stop_when="rank > 1")


class Held(httpx.AsyncBaseTransport):
    """Sends one token, and then nothing."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Begin to answer."""
        await request.aread()
        kind = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=kind, content=self._said())

    async def _said(self) -> AsyncIterator[bytes]:
        yield sse(chunk("a", -0.1)).partition(b"data: [DONE]")[0]
        self.waits.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("verb", ["generate", "best_of"])
def test_an_interrupt_is_no_stop_rule(verb: str) -> None:
    """A cancelled call is interrupted, with what had arrived."""

    async def cancelled() -> Any:
        held = Held()
        asked: dict[str, Any] = {"base_url": "http://x/v1", "progress": _quiet}
        async with AsyncClient(model="m", transport=held, **asked) as client:
            work = getattr(client, verb)("Hi", stop_when="rank > 9")
            task = asyncio.create_task(work)
            await held.waits.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return client.last

    last = asyncio.run(cancelled())
    one = last if verb == "generate" else last[0]
    assert (one.text, one.status) == ("a", "interrupted")
    assert verb == "generate" or last.ended == "interrupted"


@engine
def test_a_rule_stops_the_engine(client: Client) -> None:
    """Uncertainty is measured while the text grows, in a stream too."""
    asked: dict[str, Any] = {"max_tokens": 40, "temperature": 1.0, "seed": 2}
    rule = "entropy_low > 1 for 2 tokens"
    gen = client.generate(QUESTION, stop_when=rule, **asked)
    *_, last = client.stream(QUESTION, stop_when=rule, **asked)
    for one in (gen, last):
        high = one.metric("entropy_low") > 1
        at = next(i for i in range(1, len(one)) if high[i - 1] and high[i])
        assert one.status == "stopped"
        assert f"at token {at}:" in one.meta.note
        assert len(one) < 40


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (0, "requests=0 allows nothing"),
        (-1, "1 or more"),
        ({"tokens": 0}, "tokens=0 allows nothing"),
        ({"cost": 0.0}, r"cost=0\.0 allows nothing"),
        ({"cost": math.nan}, "cost=nan"),
        ({"tokens": 1.5}, r"tokens=1\.5"),
        ({"token": 5}, "Budget"),
        (True, "Budget"),
        ("5", "Budget"),
        ({"cost": 1, "price": 3}, "price=3"),
    ],
)
def test_a_budget_that_is_none(budget: Any, says: str) -> None:
    """One clear error."""
    with pytest.raises(InputError, match=says):
        budget_of(budget)


@given(
    st.integers(1, 9),
    st.integers(1, 90),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 40)), max_size=20),
)
def test_no_limit_is_passed(
    requests: int, tokens: int, steps: list[tuple[int, int]]
) -> None:
    """A step is only taken if the most that it may take fits."""
    ledger = Ledger(Budget(requests, tokens, 1e-4, price=(0.0, 1.0)))
    for step in itertools.starmap(Step, steps):
        if not ledger.lacks(step):
            ledger.add(step.requests, step.tokens or 0, 0, None)
    assert ledger.requests <= requests
    assert ledger.tokens <= tokens
    assert ledger.cost <= 1e-4


def test_a_budget_of_money_needs_a_price() -> None:
    """What a server does not tell cannot be kept: it ends after one answer."""
    script = Script(sse(chunk("a"), END))
    client = Client(base_url="http://x/v1", model="m", transport=script, progress=print)
    asked: dict[str, Any] = {"max_tokens": 4, "api": "chat"}
    found = client.best_of("Hi", 40, budget=Budget(cost=1.0), **asked)
    assert "does not tell" in found.ended
    assert len(found) == 16
    priced = Budget(cost=1e-5, price=(0.0, 1.0))
    found = client.best_of("Hi", 40, budget=priced, **asked)
    assert "ended by the budget of $1e-05" in found.ended
    with pytest.raises(InputError, match="allows nothing: the first step may take"):
        client.best_of("Hi", 4, budget=Budget(tokens=3), **asked)
    with pytest.raises(InputError, match="needs max_tokens"):
        client.best_of("Hi", 4, budget=Budget(tokens=3))


def _choices(count: int) -> bytes:
    events = [
        {"choices": [chunk(f"w{i}", -0.1 * i)["choices"][0] | {"index": i}]}
        for i in range(count)
    ]
    ends = [{"choices": [END["choices"][0] | {"index": i}]} for i in range(count)]
    return sse(*events, *ends)


def test_samples_come_in_one_request_and_in_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of the score, whichever way it is better; the estimate is said before."""
    script = Script(_choices(3))
    client = Client(base_url="http://x/v1", model="m", transport=script)
    best = client.best_of("Hi", 3, max_tokens=5)
    assert capsys.readouterr().out.strip() == "best of 3: about 1 request, 15 tokens"
    assert [body["n"] for body in script.asked] == [3]
    assert [one.text for one in best] == ["w0", "w1", "w2"]
    by_perplexity = client.best_of("Hi", 3, score="perplexity")
    assert [one.text for one in by_perplexity] == ["w0", "w1", "w2"]
    own = client.best_of("Hi", 3, score=lambda gen: gen.text == "w1")
    assert own[0].text == "w1"
    assert own.ranking()["drawn"].tolist() == [1, 0, 2]
    assert isinstance(own[:2], Ranked)
    assert own[:2].values.tolist() == [1.0, 0.0]
    assert own[0].meta.search["rank"] == 1
    assert client.last == own


def test_a_server_that_streams_one_choice_is_asked_without_a_stream() -> None:
    """So that it samples them all for one prompt."""
    body = {
        "choices": [
            {"index": i, "message": {"content": "a"}, "finish_reason": "stop"}
            for i in range(4)
        ]
    }

    class Whole(Script):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.asked.append(json.loads(await request.aread()))
            return httpx.Response(200, json=body)

    script = Whole(b"")
    client = Client("deepinfra", api_key="k" * 20, transport=script)
    found = client.best_of("Hi", 4)
    assert [(body["n"], body.get("stream")) for body in script.asked] == [(4, None)]
    assert np.isnan(found.values).all()  # no values came: in the order drawn
    assert found.ranking()["drawn"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n": 0}, "n=0"),
        ({"n": 2.5}, r"n=2\.5"),
        ({"score": "mean_logprobs"}, "did you mean mean_logprob"),
        ({"score": 3}, "score=3"),
        ({"score": "semantic_entropy"}, "none of that name"),
        ({"budget": 0}, "allows nothing"),
        ({"seed": -1}, "seed=-1"),
        ({"temprature": 1}, "did you mean temperature"),
    ],
)
def test_what_best_of_cannot_be(options: dict[str, Any], says: str) -> None:
    """Before anything is sent."""
    script = Script(b"")
    client = Client(base_url="http://x/v1", model="m", transport=script)
    with pytest.raises(InputError, match=says):
        client.best_of("Hi", **options)
    assert not script.asked


@pytest.mark.parametrize(
    ("score", "says"), [(lambda _: 1 / 0, "Zero"), (str, "score=")]
)
def test_a_score_that_fails_loses_nothing(score: Any, says: str) -> None:
    """The samples are in `last`, in the order drawn."""
    script = Script(_choices(2))
    client = Client(base_url="http://x/v1", model="m", transport=script)
    with pytest.raises(InputError, match=says):
        client.best_of("Hi", 2, score=score)
    if script.asked:
        assert [one.text for one in client.last] == ["w0", "w1"]


def test_scores_are_best_where_the_model_is_surest() -> None:
    """Perplexity is low there, probability high, self-certainty as high as can be."""
    signs = {"perplexity": -1, "bits_per_byte": -1, "min_probability": 1}
    signs |= {"sequence_logprob": 1, "mean_entropy_high": -1, "cocoa": -1}
    signs |= {"mean_self_certainty_low": 1, "confidence_consistency": 1}
    assert {name: scorer(name).sign for name in signs} == signs
    known, unknown = generation(token("a", -0.5)), generation(token("b", None))
    found = ranked([unknown, known], scorer("perplexity"), {})
    assert [one.text for one in found] == ["a", "b"]
    assert math.isnan(found.values[1])


@engine
def test_the_best_of_real_samples(client: Client) -> None:
    """Four a request, each drawn with a seed of its own, and a budget that ends it."""
    asked: dict[str, Any] = {"max_tokens": 6, "seed": 1, "temperature": 1.0}
    found = client.best_of(QUESTION, 6, **asked)
    assert len({one.text for one in found}) > 1
    assert found.values.tolist() == sorted(
        [g.mean_logprob for g in found], reverse=True
    )
    short = client.best_of(QUESTION, 6, budget=Budget(tokens=14), **asked)
    assert (len(short), "2 of 6 were drawn" in short.ended) == (2, True)
    assert "2 of 6" in repr(short)


Table = dict[tuple[int, ...], "Sequence[Candidate]"]


def _listed(logprobs: Sequence[float]) -> list[Candidate]:
    order = np.argsort(logprobs)[::-1].tolist()
    return [Candidate(f"t{i}", logprobs[i], None, i) for i in order]


@st.composite
def tables(draw: st.DrawFn, tokens: int = 4, depth: int = 3) -> Table:
    """Draw the list after each beginning of up to `depth` tokens."""
    numbers = st.integers(1, 99)
    table: Table = {}
    for size in range(depth):
        for ids in itertools.product(range(tokens), repeat=size):
            weights = draw(st.lists(numbers, min_size=tokens, max_size=tokens))
            table[ids] = _listed([math.log(w / sum(weights)) for w in weights])
    return table


def _search(table: Table, rules: Rules) -> list[Hypothesis]:
    beams = Beams(rules)
    while asks := beams.asks():
        beams.grow({one.ids: table[one.ids] for one in asks})
    return beams.found()


def _exhaustive(table: Table, rules: Rules) -> list[float]:
    """Return the scores of all texts of visible tokens, the best first."""
    scores: list[float] = []
    open_ones: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    while open_ones:
        ids, total = open_ones.pop()
        for one in table[ids][: rules.width]:
            longer, value = (*ids, one.id), total + (one.logprob or 0.0)
            if one.id in rules.ends or len(longer) == rules.limit:
                scores.append(value / len(longer) ** rules.length_penalty)
            else:
                open_ones.append((longer, value))
    return sorted(scores, reverse=True)


@given(tables(), st.integers(1, 4), st.sampled_from([0.0, 0.6, 1.0]), st.integers(1, 5))
def test_wide_beams_find_what_an_exhaustive_search_finds(
    table: Table, width: int, penalty: float, few: int
) -> None:
    """And narrow ones nothing better, each text once, in order."""
    rules = Rules(64, 1, 0.0, width, penalty, 3, ends={3})
    best = _exhaustive(table, rules)
    found = _search(table, rules)
    assert [rules.score(one) for one in found] == pytest.approx(best)
    narrow = _search(table, rules._replace(beams=few))
    scores = [rules.score(one) for one in narrow]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= best[0] + 1e-12
    assert len({one.ids for one in narrow}) == len(narrow) <= few
    assert all(one.reason for one in narrow)


@given(tables())
def test_groups_that_are_diverse_say_different_things(table: Table) -> None:
    """A strong penalty keeps first tokens apart; none at all, and they are alike."""
    rules = Rules(3, 3, 100.0, 4, 1.0, 3)
    found = _search(table, rules)
    assert len({one.ids[0] for one in found}) == 3
    totals = {one.ids: one.total for one in found}
    for ids, total in totals.items():  # the model's own values, without the penalty
        listed = [table[ids[:i]] for i in range(3)]
        values = [
            next(c.logprob for c in lst if c.id == t)
            for t, lst in zip(ids, listed, strict=True)
        ]
        assert total == pytest.approx(sum(v or 0.0 for v in values))
    assert len(_search(table, rules._replace(diverse=0.0))) == 1


@engine
def test_beams_are_what_an_exhaustive_search_finds(client: Client) -> None:
    """On the engine, over all visible tokens; the values are those of `score`."""
    prompt = "The capital of France is"
    wide = client.beam(prompt, 27, width=3, max_tokens=3, api="completions")
    narrow = client.beam(prompt, 4, width=3, max_tokens=3, api="completions")

    async def table() -> Table:
        async with AsyncClient("local", progress=_quiet) as other:
            server = LlamaCpp(other.transport)
            ids = await context_ids(server, {"prompt": prompt})
            lists = InOrder(LlamaSource(other.transport, 3), ids)
            found: Table = {}
            level = [Hypothesis()]
            for _ in range(3):
                told = list(zip(level, await lists.after(level), strict=True))
                found |= {one.ids: some for one, some in told}
                level = [Hypothesis((*h.tokens, c)) for h, some in told for c in some]
            return found

    scored = client.score(wide[0].text, prompt=prompt)
    best = _exhaustive(asyncio.run(table()), Rules(27, width=3, limit=3))
    assert wide.values.tolist() == pytest.approx(best, abs=1e-4)
    assert narrow.values[0] <= wide.values[0] + 1e-4
    own = [row.logprob for row in scored if row.part is not Part.PROMPT]
    assert wide[0].columns.logprob.tolist() == pytest.approx(own, abs=1e-4)


@engine
def test_one_beam_is_what_the_model_says_first(client: Client) -> None:
    """With its values; the end of a text is a token too, and it can be branched."""
    asked: dict[str, Any] = {"api": "completions", "max_tokens": 8}
    prompt = "Q: What is the capital of France?\nA:"
    greedy = client.generate(prompt, temperature=0, stop="\n", **asked)
    (one,) = client.beam(prompt, 1, stop="\n", **asked)
    assert (one.text, one.status) == (greedy.text, greedy.status)
    size = min(len(one), len(greedy))
    assert one.columns.logprob[:size] == pytest.approx(
        greedy.columns.logprob[:size], abs=1e-4
    )
    assert one[3].alternatives[0].logprob >= one[3].alternatives[1].logprob
    found = client.beam(prompt, 3, **asked)
    ended = next(one for one in found if one.status == "complete")
    assert ended[-1].part is Part.SPECIAL
    assert not ended.text.endswith(">")
    assert client.branch(ended, 1, ended[1].alternatives[1], max_tokens=1)


class Ids(httpx.AsyncBaseTransport):
    """A server whose completions take ids and list ids, as Fireworks does."""

    def __init__(self, table: Table, silent: int = 99, hang: int = 99) -> None:
        self.table, self.silent, self.hang = table, silent, hang
        self.asked: list[dict[str, Any]] = []
        self.waits = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """List what is in the table."""
        body = json.loads(await request.aread())
        self.asked.append(body)
        ids = tuple(body["prompt"][1:])
        if len(ids) >= self.hang:
            self.waits.set()
            await asyncio.Event().wait()
        listed = [
            {"token": one.token, "logprob": one.logprob, "token_id": one.id}
            for one in self.table[ids][: body["top_logprobs"]]
        ]
        content = [listed[0] | {"top_logprobs": listed}]
        logprobs = {"content": content} if len(ids) < self.silent else None
        choice = {"index": 0, "text": listed[0]["token"], "finish_reason": "length"}
        events = sse({"choices": [choice | {"logprobs": logprobs}]})
        kind = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=kind, content=events)

    def client(self) -> Any:
        """Return a client of it, whose prompts may be ids."""
        return Client(
            "fireworks", api_key="k" * 20, model="m", transport=self, progress=_quiet
        )


def _table() -> Table:
    rng = np.random.default_rng(0)
    return {
        ids: _listed(np.log(rng.dirichlet(np.ones(4))).tolist())
        for size in range(3)
        for ids in itertools.product(range(4), repeat=size)
    }


ASKED: dict[str, Any] = {"api": "completions", "ends": [3], "width": 3, "max_tokens": 3}


def test_a_server_that_takes_ids_is_asked_for_all_beams_at_once() -> None:
    """What it says decides, as in the table."""
    server = Ids(_table())
    found = server.client().beam([7], 2, **ASKED)
    rules = Rules(2, width=3, limit=3, ends={3})
    expected = _search(_table(), rules)
    assert found.values.tolist() == pytest.approx([*map(rules.score, expected)])
    assert [one.text for one in found] == [
        "".join(t.token for t in one.tokens if t.id != 3) for one in expected
    ]
    assert all(body["prompt"][0] == 7 for body in server.asked)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"prompt": "Hi"}, "only it knows the ids"),
        ({"prompt": [7], "ends": ()}, "which tokens end"),
        ({"beams": 0}, "beams=0"),
        ({"width": 0}, "width=0"),
        ({"width": 6}, "width=6"),
        ({"diverse": -1}, "diverse=-1"),
        ({"diverse": math.nan}, "diverse=nan"),
        ({"length_penalty": "1"}, "length_penalty='1'"),
        ({"groups": 3}, "do not fall"),
        ({"max_tokens": 0}, "max_tokens=0"),
        ({"budget": 0}, "allows nothing"),
    ],
)
def test_what_no_beam_search_can_be(options: dict[str, Any], says: str) -> None:
    """One clear error each, and nothing is sent."""
    server = Ids(_table())
    with pytest.raises(InputError, match=says):
        server.client().beam(**({"prompt": [7], "beams": 4} | ASKED | options))
    assert not server.asked


def test_a_server_that_takes_only_text_is_refused() -> None:
    """It may cut the beginning into other tokens."""
    client = Client("openai", api_key="k" * 20, transport=Script(b""), progress=_quiet)
    with pytest.raises(LpError, match="takes no token ids") as caught:
        client.beam("Hi")
    assert "'local'" in str(caught.value)


def test_values_that_stay_out_half_way_lose_nothing() -> None:
    """The error says where; the beams until then are in `last`."""
    client = Ids(_table(), silent=2).client()
    with pytest.raises(LpError, match="no alternatives with values after 2 tokens"):
        client.beam([7], 2, **ASKED)
    assert [len(one) for one in client.last if one.status == "error"]
    assert "no alternatives" in client.last.ended


def test_a_budget_ends_beams() -> None:
    """What there is comes back, and says so."""
    server = Ids(_table())
    found = server.client().beam([7], 2, budget=2, **(ASKED | {"ends": [99]}))
    assert len(server.asked) == 1  # the next step takes two
    assert {one.status for one in found} == {"stopped"}
    assert found.ended == "ended by the budget of 2 requests"
    assert found[0].meta.finish_reason == "budget"


def test_an_interrupt_keeps_the_beams() -> None:
    """As far as they had grown."""

    async def interrupted() -> Ranked:
        server = Ids(_table(), hang=2)
        client: Any = AsyncClient(
            "fireworks", api_key="k" * 20, model="m", transport=server, progress=_quiet
        )
        task = asyncio.create_task(client.beam([7], 2, **(ASKED | {"ends": [99]})))
        await server.waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert isinstance(client.last, Ranked)
        return client.last

    last = asyncio.run(interrupted())
    assert [(len(one), one.status) for one in last] == [(2, "interrupted")] * 2
    assert all(isinstance(one, Generation) for one in last)
