"""`client.sample` on the real engine, and what goes wrong around it."""

from __future__ import annotations

import asyncio
import json
import math
import re
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from lpwidgets import AsyncClient, Client, Generation, LpError, Part
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
from lpwidgets.sampling.drafts import _NEAREST, Tuner
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
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
    draft = Tuner(20, squared)._drafts[number]
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
    """Where one token at a time takes two requests each."""
    found = client.sample(QUESTION, sampler, max_tokens=48, seed=1)
    assert len(found) == 48
    assert found.meta.requests <= 0.75 * 48
    assert found.meta.sampling["drafted"] <= 2 * 48
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
    """Beside what finds out the prompt's ids."""
    found = client.sample(QUESTION, sampler, max_tokens=16, seed=3)
    assert found.meta.sampling["way"] == "server"
    assert found.meta.requests <= 4
    assert "the server's own" in found.meta.note
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
    ways = [
        client.sample(QUESTION, lambda _: 0, max_tokens=24, seed=1, way=way)
        for way in ("speculative", "single")
    ]
    server = client.sample(QUESTION, Temperature(0), max_tokens=24)
    assert_same_choices(ways[0], ways[1])
    assert_same_choices(ways[0], server)
    assert ways[0].meta.requests < ways[1].meta.requests / 2


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
    ("change", "says"),
    [(without_values, "without log probabilities"), (cut, "broke off")],
)
def test_a_server_that_changes_its_mind(lease: Lease, change: Any, says: str) -> None:
    """One clear error, and the tokens until then are kept."""
    assert lease.alive()
    transport = Tampering(change, after=2)
    with Client("local", transport=transport, progress=lambda _: None) as client:
        with pytest.raises(WireError, match=says):
            client.sample(QUESTION, squared, max_tokens=400, seed=1)
        kept = client.last
    assert isinstance(kept, Generation)
    assert (kept.status, says in kept.meta.error) == ("error", True)
    assert len(kept) > 3
    assert np.isfinite(kept.columns.logprob).all()


@engine
def test_an_interrupt_keeps_what_was_said(lease: Lease) -> None:
    """At any moment, and the request ends."""
    assert lease.alive()

    async def interrupted(after: int) -> Generation:
        async with AsyncClient("local", progress=lambda _: None) as client:
            reached = asyncio.Event()

            def sampler(candidates: Candidates) -> int:
                if len(candidates.context.ids) >= after:
                    reached.set()
                return 0

            task = asyncio.create_task(client.sample(QUESTION, sampler, max_tokens=300))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(client.last, Generation)
            return client.last

    for after in (1, 7):
        last = asyncio.run(interrupted(after))
        assert last.status == "interrupted"
        assert 300 > len(last) >= after


def test_other_servers_get_what_they_have_as_parameters() -> None:
    """One request; a sampler that they lack is refused with the reason."""
    server = Script(sse(chunk("One"), END))
    client = Client("vllm", transport=server, model="m")
    found = client.sample("Hi", Compose(Temperature(0.7), TopP(0.9)), max_tokens=9)
    sent = server.asked[-1]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.7, 0.9, 9)
    assert "samplers" not in sent
    assert found.meta.sampling["way"] == "server"
    for sampler in (squared, Compose(TopP(0.9), Temperature(0.7)), Mirostat()):
        with pytest.raises(LpError, match="goes on from token ids"):
            client.sample("Hi", sampler)
    plain = Client("openai", transport=server, model="m", api_key="key-for-tests")
    with pytest.raises(LpError, match="cannot be sampled from by MinP"):
        plain.sample("Hi", MinP(0.1))
    assert len(server.asked) == 1
