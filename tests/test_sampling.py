"""`client.sample` on the real engine, and what goes wrong around it."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import httpx
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest

from lpwidgets import AsyncClient, Budget, Client, Generation, LpError, Part
from lpwidgets.errors import InputError, SamplerError, WireError
from lpwidgets.sampling import (
    DRY,
    XTC,
    Candidates,
    Choices,
    Compose,
    Contrastive,
    EntropyGated,
    Guidance,
    MinP,
    Mirostat,
    Regex,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopNSigma,
    TopP,
    Typical,
)
from lpwidgets.sampling.candidates import softmax
from lpwidgets.sampling.drafts import _NEAREST, tuner_for
from tests.sampling.tree import chi_squared
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lpwidgets.local import Lease

engine = pytest.mark.engine
QUESTION = "Write a short story about a lighthouse."
EMOJI = "😀👌😀👌"


def squared(candidates: Candidates) -> Any:
    """Somebody's own sampler: probabilities squared."""
    p = candidates.probabilities**2
    return p / p.sum()


@engine
@pytest.mark.parametrize("number", range(len(_NEAREST)))
def test_what_a_draft_is_drawn_from_is_known(lease: Lease, number: int) -> None:
    """The server's own list after sampling, beside what follows from the raw values."""
    draft = tuner_for(20, squared).drafts[number]
    body = {"prompt": "The lighthouse keeper", "n_predict": 1, "n_probs": 20}
    chain = draft.parameters() or {}
    with httpx.Client(base_url=lease.base_url, timeout=60) as http:
        raw = http.post("/completion", json=body | chain).json()
        after = http.post(
            "/completion", json=body | chain | {"post_sampling_probs": True}
        ).json()
    (entry,) = raw["completion_probabilities"]
    listed = entry["top_logprobs"]
    seen = Candidates(
        np.array([one["id"] for one in listed]),
        tuple(bytes(one["bytes"]) for one in listed),
        np.array([one["logprob"] for one in listed]),
    )
    (sampled,) = after["completion_probabilities"]
    told = {one["id"]: one["prob"] for one in sampled["top_probs"]}
    expected = [told.get(one, 0.0) for one in seen.ids.tolist()]
    assert draft(seen) == pytest.approx(expected, abs=1e-6)


HERE = (
    *(squared, EntropyGated(), Compose(squared, TopP(0.9)), XTC(), Mirostat(3.0)),
    *(RepetitionPenalty(1.2), Typical(0.7), Compose(MinP(0.05), Temperature(1.2))),
)


ROUNDING = 0.3
"""Nats: more than one text's values were ever seen to differ by."""


def assert_same_chance(one: Generation, other: Generation) -> None:
    """Compare tokens, as long as the server has the same values for both.

    llama.cpp computes a request anew, with other rounding, when it comes while the one
    before still holds the cache; on a busy machine that happens.
    """
    assert len(one) == len(other)
    for place in range(len(one)):
        if one[place].alternatives != other[place].alternatives:
            return
        assert one[place] == other[place]
    assert one == other


def assert_same_choices(one: Generation, other: Generation) -> None:
    """Compare first choices, up to where rounding may have swapped the first two."""
    for row, again in zip(one, other, strict=True):
        if row.token_id != again.token_id:
            first, second = row.alternatives[:2]
            assert first.logprob - second.logprob < ROUNDING
            return
        assert row.rank == 1


@engine
@pytest.mark.parametrize("sampler", HERE[:3], ids=range(3))
def test_a_seed_gives_the_same_text_again(client: Client, sampler: Any) -> None:
    """One token at a time no request is cut short, and every value is the same."""
    one, other = (
        client.sample(QUESTION, sampler, max_tokens=16, seed=4, way="single")
        for _ in range(2)
    )
    assert one == other
    third = client.sample(QUESTION, sampler, max_tokens=16, seed=5, way="single")
    assert third.text != one.text


@engine
@pytest.mark.parametrize("sampler", HERE, ids=range(len(HERE)))
def test_few_requests(client: Client, sampler: Any) -> None:
    """A fifth of a request a token, and what was drafted is counted."""
    found = client.sample(QUESTION, sampler, max_tokens=48, seed=1, way="speculative")
    meta = found.meta
    assert len(found) == 48
    assert found.text == found.bytes_of(Part.GENERATED).decode()
    assert np.isfinite(found.columns.logprob).all()
    assert (found.columns.counts == 20).all()
    assert meta.requests <= 0.3 * 48
    assert meta.sampling["drafted"] <= 1.1 * 48
    assert meta.sampling["rejected"] < 0.35 * 48
    assert found.summary()["sampling"] == meta.sampling
    assert found.summary()["requests"] == meta.requests
    assert f"{meta.requests} requests for 48 tokens" in meta.note
    again = client.sample(QUESTION, sampler, max_tokens=48, seed=1, way="speculative")
    assert_same_chance(found, again)


@engine
@pytest.mark.parametrize("sampler", [Contrastive("Say something."), Guidance("Write.")])
def test_two_prompts_take_few_requests_too(client: Client, sampler: Any) -> None:
    """Where one token at a time takes two requests each; a seed repeats it."""
    found = client.sample(QUESTION, sampler, max_tokens=48, seed=1)
    assert len(found) == 48
    assert found.meta.requests <= 0.75 * 48
    assert found.meta.sampling["drafted"] <= 2 * 48
    again = client.sample(QUESTION, sampler, max_tokens=48, seed=1)
    assert_same_chance(found, again)
    single = client.sample(QUESTION, sampler, max_tokens=4, seed=1, way="single")
    assert single.meta.requests >= 8


SERVERS = (
    *(Temperature(0.7), TopK(5), TopP(0.8), MinP(0.1), Typical(0.9), TopNSigma(1.0)),
    *(XTC(), Mirostat(), RepetitionPenalty(1.1), DRY(), Choices(["yes", "no!"])),
    *(Compose(TopK(20), MinP(0.1), Temperature(0.8)),),
)


@engine
@pytest.mark.parametrize("sampler", SERVERS, ids=range(len(SERVERS)))
def test_a_sampler_of_the_servers_takes_one_request(
    client: Client, sampler: Any
) -> None:
    """And no other: messages go as they are."""
    found = client.sample(QUESTION, sampler, max_tokens=16, seed=3)
    assert found.meta.sampling["way"] == "server"
    assert found.meta.requests == 1
    assert "the server's own" in found.meta.note
    assert "last_n" not in found.meta.note.partition("tokens;")[2]
    same = client.sample(QUESTION, sampler, max_tokens=16, seed=3)
    assert same == found


@engine
@pytest.mark.parametrize("sampler", SERVERS, ids=range(len(SERVERS)))
def test_a_server_knows_every_parameter(lease: Lease, sampler: Any) -> None:
    """It says what it sampled with; one of another name it would ignore."""
    body = {"prompt": "Hi", "n_predict": 1} | sampler.parameters()
    if "mirostat" in body["samplers"]:
        body["samplers"] = []
    answer = httpx.post(f"{lease.base_url}/completion", json=body, timeout=60).json()
    used = answer["generation_settings"]
    own = {one: value for one, value in body.items() if one != "prompt"}
    for name, value in own.items():
        same = pytest.approx(value) if isinstance(value, float) else value
        assert used[name] == same


@engine
def test_a_choice_is_the_likeliest_at_every_position(client: Client) -> None:
    """Drafted, one by one, or by the server: the same text."""
    client.sample("Hi.", lambda _: 0, max_tokens=1)  # asks once what the server is
    ways = [
        client.sample(QUESTION, lambda _: 0, max_tokens=24, seed=1, way=way)
        for way in ("speculative", "single")
    ]
    server = client.sample(QUESTION, Temperature(0), max_tokens=24)
    assert_same_choices(ways[0], ways[1])
    assert_same_choices(ways[0], server)
    assert ways[0].meta.requests <= ways[1].meta.requests / 3


@engine
def test_half_characters_are_judged_too(client: Client) -> None:
    """Tokens that a stream leaves out are looked at, each with its own list."""
    options: dict[str, Any] = {"api": "completions", "max_tokens": 24, "seed": 2}
    found = client.sample(EMOJI, EntropyGated(), **options)
    halves = [row for row in found if row.token.startswith("\\x")]
    assert halves
    assert all(math.isfinite(row.logprob) and row.rank for row in found)
    assert b"".join(row.bytes for row in found).decode("utf-8", "replace") == found.text
    greedy = client.sample(EMOJI, lambda _: 0, **options)
    single = client.sample(EMOJI, lambda _: 0, way="single", **options)
    assert_same_choices(greedy, single)


@engine
def test_a_pattern_is_kept(client: Client) -> None:
    """And ends when nothing longer matches."""
    prompt = "Write a date as YYYY-MM-DD. Answer with the date only."
    sampler = Compose(Regex(r"\d{4}-\d{2}-\d{2}"), Temperature(0.8))
    found = client.sample(prompt, sampler, max_tokens=20, seed=1, top_logprobs=200)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", found.text)
    assert found.status == "complete"
    drafted = Choices(["Hello there", "Hello", "Hi"])
    found = client.sample("Say hello.", drafted, way="speculative", seed=1)
    assert found.text in drafted.texts


@engine
def test_drafts_that_were_left_hold_no_connection(lease: Lease) -> None:
    """A stream is often left in the very step that closes it."""
    port = int(lease.base_url.rpartition(":")[2].partition("/")[0])
    with Client("llama.cpp", base_url=lease.base_url) as client:
        client.sample(QUESTION, Guidance("Write."), max_tokens=160, seed=1)
        open_ = psutil.Process().net_connections("tcp")
        mine = [one for one in open_ if one.raddr and one.raddr.port == port]
        left = [one for one in mine if one.status == psutil.CONN_CLOSE_WAIT]
    assert len(left) <= 2  # those that are kept for what is asked next


@engine
def test_a_second_model_and_the_ends(client: Client, lease: Lease) -> None:
    """Another client may be who is compared with; a text ends by itself."""
    assert lease.alive()
    with Client("llama.cpp", base_url=lease.base_url) as other:
        rule = Contrastive("Say hi.", client=other, beta=0.2)
        found = client.sample("Say hi.", rule, max_tokens=60, seed=1)
        same = client.sample("Say hi.", MinP(0.1), max_tokens=60, way="single", seed=1)
    assert len(found) > 1
    for one in (found, same):
        assert one.meta.finish_reason in {"stop", "length"}
    ended = client.sample("Say hi.", lambda _: 0, max_tokens=60)
    assert (ended.status, ended[-1].part) == ("complete", Part.SPECIAL)
    stopped = client.sample("Count to nine.", lambda _: 0, stop=["."], max_tokens=60)
    assert "." not in stopped.text


def failing(after: int, act: Any) -> Any:
    """Return a sampler that does something else after some tokens."""

    def sampler(candidates: Candidates) -> Any:
        if len(candidates.context.ids) < after:
            return 0
        return act(candidates)

    return sampler


def raising(candidates: Candidates) -> Any:
    """Raise."""
    msg = f"{len(candidates)} are too many"
    raise ValueError(msg)


@engine
@pytest.mark.parametrize(
    ("act", "says"),
    [
        (raising, "raised ValueError: 20 are too many, at token 3"),
        (lambda _: None, "returned nothing, at token 3"),
        (lambda _: 20, "chose candidate 20"),
        (lambda _: -1, "chose candidate -1"),
        (lambda _: "no such token", "which is not offered"),
        (lambda c: np.full(len(c), np.nan), "NaN"),
        (lambda c: np.full(len(c), 1.0), "sum to 20"),
        (lambda c: np.eye(len(c))[0] * 3 - 2 / len(c) * 1.0, "a probability of -0.1"),
        (lambda _: [0.5, 0.5], "20 of them"),
        (lambda _: {"a": 1}, "returned"),
        (lambda _: True, "returned"),
    ],
    ids=range(11),
)
def test_a_sampler_that_fails_keeps_what_was_said(
    client: Client, act: Any, says: str
) -> None:
    """One clear error; the tokens until then are there."""
    with pytest.raises(SamplerError, match=re.escape(says)) as caught:
        client.sample(QUESTION, failing(3, act), max_tokens=12)
    assert len(str(caught.value).splitlines()) <= 3
    kept = client.last
    assert isinstance(kept, Generation)
    assert (len(kept), kept.status) == (3, "error")
    assert says in kept.meta.error


@engine
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"max_tokens": 0}, "max_tokens=0"),
        ({"seed": -1}, "seed=-1"),
        ({"top_logprobs": 0}, "top_logprobs=0"),
        ({"way": "fast"}, "one of auto"),
        ({"way": "server"}, "no such sampler"),
        ({"top_p": 0.9}, "top_p: the text is sampled on this side"),
        ({"api_key": "key-for-tests"}, "goes into the client"),
    ],
)
def test_bad_options_are_one_clear_error(
    client: Client, options: dict[str, Any], says: str
) -> None:
    """Found before anything is sampled."""
    with pytest.raises(InputError, match=says):
        client.sample(QUESTION, squared, **options)


@engine
@pytest.mark.parametrize("sampler", [None, 3, MinP, "greedy"])
def test_what_is_no_sampler(client: Client, sampler: Any) -> None:
    """A class is none either."""
    with pytest.raises(InputError, match="function of the candidates"):
        client.sample(QUESTION, sampler)


class Tampering(httpx.AsyncHTTPTransport):
    """The network, with a server that changes its mind after some requests."""

    def __init__(self, change: Any, after: int) -> None:
        super().__init__()
        self._change, self._left = change, after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass answers on; later ones changed."""
        response = await super().handle_async_request(request)
        if request.url.path != "/completion" or b'"n_probs":20' not in request.content:
            return response
        self._left -= 1
        if self._left >= 0:
            return response
        body = self._change((await response.aread()).decode())
        kind = {"content-type": response.headers["content-type"]}
        return httpx.Response(200, headers=kind, text=body)


def without_values(body: str) -> str:
    """Leave the log probabilities out."""
    lines = []
    for line in body.splitlines(keepends=True):
        if line.startswith(("data: {", "{")):
            head = "data: " if line.startswith("data") else ""
            event = json.loads(line.removeprefix("data: "))
            event.pop("completion_probabilities", None)
            lines.append(f"{head}{json.dumps(event)}\n")
        else:
            lines.append(line)
    return "".join(lines)


def cut(body: str) -> str:
    """Break off after the first event."""
    return body[: body.index("\n\n") + 2]


@engine
@pytest.mark.parametrize(
    ("change", "sampler", "way", "says"),
    [
        (without_values, squared, "auto", "without log probabilities"),
        (cut, squared, "auto", "broke off"),
        (without_values, squared, "single", "did not say token"),
        (without_values, Guidance("Write."), "auto", "without log probabilities"),
        (cut, Guidance("Write."), "auto", "broke off"),
    ],
    ids=range(5),
)
def test_a_server_that_changes_its_mind(
    lease: Lease, change: Any, sampler: Any, way: str, says: str
) -> None:
    """One clear error, and the tokens until then are kept."""
    assert lease.alive()
    transport = Tampering(change, after=2 if way == "auto" else 5)
    with Client("local", transport=transport, progress=lambda _: None) as client:
        with pytest.raises(WireError, match=says):
            client.sample(QUESTION, sampler, max_tokens=400, seed=1, way=way)
        kept = client.last
    assert isinstance(kept, Generation)
    assert (kept.status, says in kept.meta.error) == ("error", True)
    assert len(kept) > 3
    assert np.isfinite(kept.columns.logprob).all()


@engine
@pytest.mark.parametrize("way", ["speculative", "single", "two prompts"])
def test_an_interrupt_keeps_what_was_said(lease: Lease, way: str) -> None:
    """At any moment, and the request ends."""
    assert lease.alive()

    async def interrupted(after: int) -> Generation | None:
        async with AsyncClient("local", progress=lambda _: None) as client:
            reached = asyncio.Event()

            def sampler(candidates: Candidates) -> Any:
                if len(candidates.context.ids) >= after:
                    reached.set()
                return candidates.probabilities / candidates.probabilities.sum()

            twice = way == "two prompts"
            rule = Compose(Guidance("Write."), sampler) if twice else sampler
            how = "auto" if twice else way
            work = client.sample(QUESTION, rule, max_tokens=300, seed=1, way=how)
            task = asyncio.create_task(work)
            await (reached.wait() if after else asyncio.sleep(0.01))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.last is None or isinstance(client.last, Generation)
            return client.last

    assert asyncio.run(interrupted(0)) is None
    for after in (1, 7):
        last = asyncio.run(interrupted(after))
        assert last is not None
        assert last.status == "interrupted"
        assert 300 > len(last) >= after
        assert np.isfinite(last.columns.logprob).all()


@engine
def test_an_interrupt_of_the_servers_own_sampler(lease: Lease) -> None:
    """Keeps what was said, too."""

    async def interrupted() -> Any:
        async with AsyncClient("local", progress=lambda _: None) as other:
            work = other.sampling(QUESTION, MinP(0.1), max_tokens=300, seed=1)
            task = asyncio.create_task(work.run())
            while not (work.has_tokens and len(work.answer())):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return work.land()

    assert lease.alive()
    last = asyncio.run(interrupted())
    assert last.status == "interrupted"
    assert 0 < len(last) < 300


@engine
@pytest.mark.parametrize("way", ["speculative", "single"])
def test_a_budget_is_told_before_and_kept(lease: Lease, way: str) -> None:
    """Of requests, tokens and money; what was sampled until then is returned."""
    assert lease.alive()
    said: list[str] = []
    with Client("local", progress=said.append) as client:
        client.sample("Hi.", lambda _: 0, max_tokens=1)
        said.clear()
        options: dict[str, Any] = {"max_tokens": 80, "seed": 1, "way": way}
        for budget in (4, {"tokens": 40}, Budget(cost=3e-5, price=(0.0, 1.0))):
            found = client.sample(QUESTION, squared, budget=budget, **options)
            assert (found.status, found.meta.finish_reason) == ("stopped", "budget")
            assert "ended by the budget of" in found.meta.note
            assert 0 < len(found) <= 40
            assert said.pop().startswith("sampling: at most about 80 requests")
        assert client.sample(QUESTION, squared, budget=4, **options).meta.requests <= 4
        with pytest.raises(InputError, match="allows nothing"):
            client.sample(QUESTION, MinP(0.1), budget={"tokens": 9}, max_tokens=80)
        with pytest.raises(InputError, match="it is a number of requests"):
            client.sample(QUESTION, squared, budget=cast("Any", "little"))


def test_other_servers_get_what_they_have_as_parameters() -> None:
    """One request; a sampler that they lack is refused with the reason."""
    server = Script(sse(chunk("One"), END))
    client = Client("vllm", transport=server, model="m")
    found = client.sample("Hi", Compose(Temperature(0.7), TopP(0.9)), max_tokens=9)
    sent = server.asked[-1]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.7, 0.9, 9)
    assert "samplers" not in sent
    assert found.meta.sampling["way"] == "server"
    plain = Client("openai", transport=server, model="m", api_key="key-for-tests")
    for sampler in (squared, Compose(TopP(0.9), Temperature(0.7)), MinP(0.1)):
        with pytest.raises(LpError, match="instead of continuing it"):
            plain.sample("Hi", sampler)
    for who, asked, why in (
        ("openrouter", [1, 2], "takes no token ids"),
        ("vllm", "Hi", "pass token ids, or messages"),
    ):
        other = Client(who, transport=server, model="m", api_key="key-for-tests")
        prompt: Any = asked
        with pytest.raises(LpError, match=why):
            other.sample(prompt, squared, api="completions")
    with pytest.raises(LpError, match="compares two prompts"):
        client.sample("Hi", Guidance("Ho"))
    assert len(server.asked) == 1


VOCABULARY = ("a", "b", " c", "")


class IdServer(httpx.AsyncBaseTransport):
    """SGLang's own API, as a tiny model whose every list is known."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    @staticmethod
    def values(ids: list[int]) -> list[float]:
        """Return the log probabilities after some ids."""
        weights = np.random.default_rng(ids).normal(size=4)
        return np.log(softmax(weights)).tolist()  # type: ignore[no-any-return]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sample as it is asked to."""
        body = json.loads(await request.aread())
        self.asked.append(body)
        how = body["sampling_params"]
        assert (how["top_p"], how["top_k"]) == (1.0, -1)
        ids, tokens, lists = list(body["input_ids"]), [], []
        rng = np.random.default_rng(how.get("sampling_seed", len(self.asked)))
        reason: dict[str, Any] = {"type": "length"}
        for _ in range(how["max_new_tokens"]):
            x = np.array(self.values(ids))
            p = np.exp(x) if how["temperature"] else np.eye(4)[x.argmax()]
            token = int(rng.choice(4, p=p))
            order = np.argsort(-x)[: body["top_logprobs_num"]].tolist()
            tokens.append([x[token], token, VOCABULARY[token]])
            lists.append([[x[i], i, VOCABULARY[i]] for i in order])
            ids.append(token)
            if token == 3:
                reason = {"type": "stop", "matched": 3}
                break
        meta: dict[str, Any] = {"finish_reason": reason}
        meta |= {"output_token_logprobs": tokens}
        meta |= {"output_top_logprobs": lists, "prompt_tokens": 2}
        text = "".join(one[2] for one in tokens)
        said = {"text": text, "meta_info": meta | {"completion_tokens": len(tokens)}}
        if not body.get("stream"):
            return httpx.Response(200, json=said)
        kind = {"content-type": "text/event-stream"}
        lines = f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n"
        return httpx.Response(200, headers=kind, text=lines)


def test_a_server_that_takes_ids_goes_on_from_them() -> None:
    """Prompt and tokens as they are; as often as one by one, ends included."""
    server = IdServer()
    texts: Counter[tuple[int, ...]] = Counter()
    expected: dict[tuple[int, ...], float] = {(): 1.0}
    for _ in range(3):
        expected = {
            path if 3 in path else (*path, token): p if 3 in path else p * share
            for path, p in expected.items()
            for token, share in _squares([7, 8, *path])
        }
    options: dict[str, Any] = {"api": "native", "max_tokens": 3, "top_logprobs": 3}
    prompt: Any = [7, 8]
    with Client("sglang", transport=server, model="m") as client:
        for seed in range(300):
            found = client.sample(prompt, squared, seed=seed, **options)
            texts[tuple(found.columns.token_id.tolist())] += 1
        assert found.meta.sampling["way"] == "speculative"
        assert "by token ids" in found.meta.note
        assert all(one["input_ids"][:2] == [7, 8] for one in server.asked)
        before = len(server.asked)
        client.sample(prompt, squared, way="single", **options)
        assert {
            one["sampling_params"]["max_new_tokens"] for one in server.asked[before:]
        } == {1}
    assert chi_squared(texts, expected) > 0.01


def test_what_is_drafted_and_not_said_refuses_nothing() -> None:
    """A list that leaves out half characters matters where the text goes, only."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["messages"]
        begun = asked[-1]["content"] if asked[-1]["role"] == "assistant" else ""
        half: dict[str, Any] = {"token": "\ufffd", "logprob": -0.9, "bytes": [0xBA]}
        first: dict[str, Any] = {"token": "Hi", "logprob": -0.5}
        star: dict[str, Any] = {"token": "\U0001f31f", "logprob": -0.5}
        other: dict[str, Any] = {"token": "Ho", "logprob": -0.9}
        content = [first | {"top_logprobs": [first, other]}]
        if not begun:
            content.append(star | {"top_logprobs": [star, half]})
        elif begun.endswith("Hi"):
            content = [star | {"top_logprobs": [star, half]}]
        text = "".join(one["token"] for one in content)
        said = {"message": {"content": text}, "finish_reason": "length", "index": 0}
        choices = [said | {"logprobs": {"content": content}}]
        return httpx.Response(200, json={"choices": choices})

    transport = httpx.MockTransport(answer)
    options: dict[str, Any] = {"max_tokens": 2, "top_logprobs": 2, "seed": 1}
    with Client("deepinfra", api_key="none", transport=transport, model="m") as client:
        found = client.sample("?", lambda _: 1, way="speculative", **options)
        assert [row.token for row in found] == ["Ho", "Ho"]
        with pytest.raises(LpError, match="parts of characters"):
            client.sample("?", lambda _: 0, way="speculative", **options)


class Unfinished(httpx.AsyncByteStream):
    """An answer whose beginning comes, and no more."""

    def __init__(self, beginning: bytes) -> None:
        self._beginning = beginning

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield what comes."""
        yield self._beginning
        await asyncio.Event().wait()


@pytest.mark.parametrize(("way", "cost"), [("speculative", None), ("single", 1.5)])
def test_what_a_draft_cost_that_was_left_is_not_known(
    way: str, cost: float | None
) -> None:
    """A server tells it at the end: what it told before is no sum."""
    hi: dict[str, Any] = {"token": "Hi", "logprob": -0.5}
    ho: dict[str, Any] = {"token": "Ho", "logprob": -0.9}
    content = {"content": [hi | {"top_logprobs": [hi, ho]}]}

    def answer(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content).get("stream"):
            drafted = {"index": 0, "delta": {"content": "Hi"}, "logprobs": content}
            event = f"data: {json.dumps({'choices': [drafted]})}\n\n".encode()
            headers = {"content-type": "text/event-stream"}
            return httpx.Response(200, headers=headers, stream=Unfinished(event))
        said = {"index": 0, "message": {"content": "Hi"}, "finish_reason": "length"}
        usage = {"completion_tokens": 1, "estimated_cost": 0.5}
        choices = [said | {"logprobs": content}]
        return httpx.Response(200, json={"choices": choices, "usage": usage})

    transport = httpx.MockTransport(answer)
    options: dict[str, Any] = {"max_tokens": 3, "top_logprobs": 2, "seed": 1}
    with Client("deepinfra", api_key="none", transport=transport, model="m") as client:
        found = client.sample("?", lambda _: 1, way=way, **options)
    assert [row.token for row in found] == ["Ho", "Ho", "Ho"]
    assert found.meta.usage.cost == cost


@pytest.mark.parametrize("shown", ["\U0001f31f", ""])
@pytest.mark.parametrize(("choice", "text"), [(0, b"Hi"), (1, b"\xf0\x9f")])
def test_a_part_of_a_character_that_was_drafted_is_judged(
    shown: str, choice: int, text: bytes
) -> None:
    """The server shows the whole character, or nothing; another look tells which."""
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        part: dict[str, Any] = {"token": "\ufffd", "logprob": -0.9}
        hi: dict[str, Any] = {"token": "Hi", "logprob": -0.5}
        listed = [hi, part | {"bytes": [0xF0, 0x9F]}]
        content = [hi | {"top_logprobs": listed}]
        if len(asked) == 1:
            star: dict[str, Any] = {"token": shown, "logprob": -0.5}
            inside = part | {"bytes": [0x8C]}
            content = [star | {"top_logprobs": [star, inside]}] if shown else []
        said = "".join(one["token"] for one in content)
        whole: dict[str, Any] = {"message": {"content": said}, "index": 0}
        whole |= {"finish_reason": "length", "logprobs": {"content": content}}
        usage = {"prompt_tokens": 3, "completion_tokens": 1}
        return httpx.Response(200, json={"choices": [whole], "usage": usage})

    transport = httpx.MockTransport(answer)
    options: dict[str, Any] = {"max_tokens": 1, "top_logprobs": 2, "seed": 1}
    with Client("deepinfra", api_key="none", transport=transport, model="m") as client:
        found = client.sample("?", lambda _: choice, way="speculative", **options)
    assert [bytes(row.bytes) for row in found] == [text]
    assert found.meta.sampling["rejected"] == (choice == 0)
    assert len(asked) == 2


def _squares(ids: list[int]) -> list[tuple[int, float]]:
    """Return what `squared` makes of the three that are listed."""
    x = np.array(IdServer.values(ids))
    order = np.argsort(-x)[:3]
    p = np.exp(x[order]) ** 2
    return list(zip(order.tolist(), (p / p.sum()).tolist(), strict=True))
