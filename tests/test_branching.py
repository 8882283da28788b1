"""Branches: exact by ids on the real engine, by prefill where a server has that."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from lpwidgets import AsyncClient, Client, Generation, LpError, Part, read
from lpwidgets.errors import IndexInputError, InputError
from lpwidgets.local.model import resolve
from tests.scripted import END, Script, chunk, sse

if TYPE_CHECKING:
    from lpwidgets.local import Lease

QUESTION = "Tell me about lighthouses."
POSITIONS = int(os.environ.get("LPWIDGETS_POSITIONS", "20"))
engine = pytest.mark.engine


@pytest.fixture(scope="module")
def answer(client: Client) -> Generation:
    """Return an answer to branch from."""
    found = client.generate(QUESTION, temperature=0, max_tokens=48)
    assert isinstance(found, Generation)
    return found


def ids_of(lease: Lease, question: str) -> list[int]:
    """Return the ids of a question as the model reads it, asked without the client."""
    body = {"messages": [{"role": "user", "content": question}]}
    http = httpx.Client(base_url=lease.base_url, timeout=60)
    with http:
        text = http.post("/apply-template", json=body).json()["prompt"]
        asked = {"content": text, "add_special": True, "parse_special": True}
        ids: list[int] = http.post("/tokenize", json=asked).json()["tokens"]
    return ids


def said_after(lease: Lease, ids: list[int], count: int) -> list[int]:
    """Return what the engine says after ids at temperature 0, without the client."""
    body = {"prompt": ids, "n_predict": count, "temperature": 0, "return_tokens": True}
    answer = httpx.post(f"{lease.base_url}/completion", json=body, timeout=60)
    tokens: list[int] = answer.json()["tokens"]
    return tokens


@engine
@pytest.mark.parametrize("turn", range(POSITIONS))
def test_a_branch_is_what_the_server_says_for_that_prefix(
    lease: Lease, client: Client, answer: Generation, turn: int
) -> None:
    """At random positions, with random alternatives; the prefix stays as it is."""
    chance = random.Random(turn)  # noqa: S311
    position = chance.randrange(len(answer))
    chosen = chance.choice(answer[position].alternatives)
    branch = client.branch(answer, position=position, token=chosen, max_tokens=8)
    kept = slice(0, position)
    assert branch[kept].columns.token_id.tolist() == (
        answer[kept].columns.token_id.tolist()
    )
    assert branch[kept].bytes_of(Part.GENERATED) == answer[kept].bytes_of(
        Part.GENERATED
    )
    assert np.array_equal(branch[kept].columns.logprob, answer[kept].columns.logprob)
    forced = branch[position]
    assert (forced.part, forced.bytes) == (Part.FORCED, chosen.bytes)
    assert (forced.logprob, forced.token_id) == (chosen.logprob, chosen.token_id)
    assert forced.alternatives == answer[position].alternatives
    ids = branch.columns.token_id.tolist()
    if forced.token_id == 2:
        assert (branch.status, len(ids)) == ("complete", position + 1)
        return
    before = [*ids_of(lease, QUESTION), *ids[: position + 1]]
    assert ids[position + 1 :] == said_after(lease, before, 8)
    assert branch.text.startswith(answer[kept].text + chosen.bytes.decode())
    assert branch.meta.requests >= 3
    assert "by token ids" in branch.meta.note
    assert client.last is not None
    assert client.last == branch


@engine
def test_a_token_that_was_not_listed_gets_its_value(
    lease: Lease, client: Client, answer: Generation
) -> None:
    """By text, bytes or id; its value is that of the whole vocabulary."""
    by_text = client.branch(answer, 3, " dragon", max_tokens=2)
    row = by_text[3]
    others = (b" dragon", row.token_id)
    branches = [client.branch(answer, 3, one, max_tokens=2) for one in others]
    assert [one[3] for one in branches] == [row, row]
    ids = [*ids_of(lease, QUESTION), *answer.columns.token_id[:3].tolist()]
    body = {"prompt": ids, "n_predict": 1, "n_probs": 49152, "temperature": 0}
    told = httpx.post(f"{lease.base_url}/completion", json=body, timeout=60).json()
    (entry,) = told["completion_probabilities"]
    values = {one["id"]: one["logprob"] for one in entry["top_logprobs"]}
    assert row.logprob == pytest.approx(values[row.token_id], abs=0.25)
    assert row.part is Part.FORCED
    assert row.rank == 0


@engine
def test_half_a_character_is_forced(client: Client, answer: Generation) -> None:
    """The text is what all bytes spell, and a branch can leave from a branch."""
    branch = client.branch(answer, 5, b"\xf0\x9f", max_tokens=6, temperature=0)
    data = b"".join(row.bytes for row in branch)
    assert data[len(answer[:5].bytes_of(Part.GENERATED)) :].startswith(b"\xf0\x9f")
    assert branch.text == data.decode("utf-8", "replace")
    assert [one.level for one in branch.findings] == ["info"]
    again = client.branch(branch, 2, branch[2].alternatives[1], max_tokens=4)
    assert [row.part for row in again[:4]] == [Part.GENERATED] * 2 + [
        Part.FORCED,
        Part.GENERATED,
    ]
    assert again.perplexity > 1


@engine
def test_what_is_left_of_the_limit_is_said(client: Client) -> None:
    """With the seed and temperature of the answer, unless others are given."""
    answer = client.generate(QUESTION, temperature=0.5, seed=4, max_tokens=20)
    assert isinstance(answer, Generation)
    branch = client.branch(answer, 6, answer[6].alternatives[1])
    assert len(branch) == 20
    assert branch.status == "length"
    assert branch.meta.usage.completion_tokens == 19  # one was forced
    assert branch == client.branch(answer, 6, answer[6].alternatives[1])
    hot = client.branch(answer, 6, answer[6].alternatives[1], temperature=2.0, seed=5)
    assert hot.text != branch.text
    assert hot.meta.parameters["temperature"] == 2.0


@engine
@pytest.mark.parametrize(
    ("position", "token", "says"),
    [
        (99, " a", "there is no token 99"),
        (-50, " a", "there is no token -50"),
        (1.5, " a", "whole number"),
        (True, " a", "whole number"),
        (3, None, "text, bytes, an id"),
        (3, "", "nothing is spelled"),
        (3, -4, "0 or more"),
        (3, 999_999, "there is no token 999999"),
        (3, " lighthouse keeper", "is no token of this model"),
    ],
)
def test_what_no_branch_can_be(
    client: Client, answer: Generation, position: Any, token: Any, says: str
) -> None:
    """One clear error each, and the answer is still there."""
    with pytest.raises(InputError, match=says) as caught:
        client.branch(answer, position, token)
    assert len(str(caught.value).splitlines()) <= 3
    assert isinstance(caught.value, IndexInputError) == (position in {99, -50})


@engine
def test_of_whom_no_branch_can_be(client: Client, answer: Generation) -> None:
    """A slice, several answers, a stranger's answer, one of another prompt."""
    with pytest.raises(InputError, match="slice"):
        client.branch(answer[1:4], 1, " a")
    with pytest.raises(InputError, match="one of its answers"):
        client.branch([answer], 0, " a")  # type: ignore[arg-type]
    foreign = read({"choices": [chunk("Hi")["choices"][0] | {"message": {}}]})
    assert isinstance(foreign, Generation)
    with pytest.raises(InputError, match="branch with the client that made it"):
        client.branch(foreign, 0, "other")
    other = client.generate("One two three", temperature=0, max_tokens=8)
    mixed = Generation(answer.columns, other.meta, answer.texts)
    with pytest.raises(LpError, match="other values now"):
        client.branch(mixed, 0, answer[0].alternatives[1])
    with pytest.raises(InputError, match="max_tokens=0"):
        client.branch(answer, 0, " a", max_tokens=0)


@engine
def test_unreported_tokens_are_asked_for(client: Client) -> None:
    """A prefix that is not known token by token is refused."""
    options: dict[str, Any] = {"api": "native", "temperature": 0, "ignore_eos": True}
    short = client.generate("😀👌😀👌", max_tokens=12, complete=False, **options)
    assert isinstance(short, Generation)
    place = next(row.position for row in short if not row.bytes.isascii())
    with pytest.raises(LpError, match=r"client\.complete"):
        client.branch(short, place + 1, " a")


@engine
def test_an_interrupt_keeps_the_prefix(lease: Lease) -> None:
    """With the forced token, as interrupted."""
    assert lease.alive()

    class Slow(httpx.AsyncHTTPTransport):
        asked = asyncio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            path = request.url.path
            if path == "/completion" and b'"stream":true' in request.content:
                self.asked.set()
                await asyncio.Event().wait()
            return await super().handle_async_request(request)

    async def interrupted() -> tuple[Generation, Generation]:
        slow = Slow()
        async with AsyncClient("local", transport=slow, progress=print) as client:
            answer = await client.generate(QUESTION, max_tokens=8, temperature=0)
            one = answer[4].alternatives[2]
            task = asyncio.create_task(client.branch(answer, 4, one))
            await slow.asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(client.last, Generation)
            return answer, client.last

    answer, last = asyncio.run(interrupted())
    assert (last.status, len(last)) == ("interrupted", 5)
    assert last[4].part is Part.FORCED
    assert last.columns.logprob[:4].tolist() == answer.columns.logprob[:4].tolist()


@engine
def test_a_prefill_on_a_real_server_is_what_ids_give(
    lease: Lease, client: Client, answer: Generation
) -> None:
    """A server that continues what an assistant began, asked as any other."""
    with Client("ollama", base_url=lease.base_url, model="any") as other:
        same = other.generate(QUESTION, temperature=0, max_tokens=48)
        assert isinstance(same, Generation)
        for position in (3, 11, 20):
            chosen = same[position].alternatives[1]
            branch = other.branch(same, position, chosen, max_tokens=6)
            by_ids = client.branch(answer, position, chosen.bytes, max_tokens=6)
            assert "by assistant prefill" in branch.meta.note
            assert branch.text == by_ids.text


WITHOUT_PREFILL = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames, params.port, params.ui = ["127.0.0.1"], 0, False
params.n_ctx, params.n_parallel, params.prefill_assistant = 1024, 1, False
params.verbosity, params.fit_params = 1, False
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@engine
def test_a_real_server_that_opens_a_new_turn_is_noticed() -> None:
    """Started with prefill off: nothing is passed off as a branch."""
    order = [sys.executable, "-c", WITHOUT_PREFILL, str(resolve(None).path)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(
        order, text=True, stderr=subprocess.DEVNULL, **pipes
    ) as child:
        try:
            assert child.stdout
            url = child.stdout.readline().strip()
            with Client("ollama", base_url=url, model="any") as client:
                answer = client.generate(QUESTION, temperature=0, max_tokens=12)
                assert isinstance(answer, Generation)
                for position in (1, 4, 9):
                    chosen = answer[position].alternatives[1]
                    with pytest.raises(LpError, match="began a new turn"):
                        client.branch(answer, position, chosen, max_tokens=6)
        finally:
            child.kill()


def counted(prompt: int, said: int) -> dict[str, Any]:
    """Return an event with usage."""
    return {
        "choices": [],
        "usage": {"prompt_tokens": prompt, "completion_tokens": said},
    }


def scripted(provider: str | None, **options: Any) -> tuple[Client, Script, Generation]:
    """Return a client, its server, and an answer of three tokens from it."""
    words = (chunk("One"), chunk(" two"), chunk(" three"))
    server = Script(sse(*words, END, counted(10, 3)))
    given = {"model": "m", "api_key": "key-for-tests", **options}
    if provider is None:
        given["base_url"] = "http://127.0.0.1:9/v1"
    client = Client(provider, transport=server, **given)
    return client, server, client.generate("Count")


def test_by_prefill_where_the_server_continues_one() -> None:
    """The beginning goes as the assistant's message, with what the server wants."""
    client, server, answer = scripted("vllm")
    server.body = sse(chunk(" four"), END, counted(12, 1))
    branch = client.branch(answer, 1, "other", temperature=0.5)
    asked = server.asked[-1]
    assert asked["messages"][-1] == {"role": "assistant", "content": "Oneother"}
    assert asked["continue_final_message"] is True
    assert asked["add_generation_prompt"] is False
    assert asked["temperature"] == 0.5
    assert branch.text == "Oneother four"
    assert [row.part for row in branch] == [2, Part.FORCED, 2]
    assert branch[1].logprob == -3.0
    assert branch[1].rank == 2
    assert "by assistant prefill" in branch.meta.note
    assert branch.meta.requests == 1
    assert branch.meta.usage.prompt_tokens == 10


@pytest.mark.parametrize("in_tokens", [True, False])
def test_an_echoed_prefix_is_stripped(*, in_tokens: bool) -> None:
    """Whether the tokens repeat it or only the text does."""
    client, server, answer = scripted("deepinfra")
    echo: dict[str, Any] = chunk("Oneother")
    if not in_tokens:
        del echo["choices"][0]["logprobs"]
    server.body = sse(echo, chunk(" four"), chunk(" five"), END, counted(12, 0))
    branch = client.branch(answer, 1, "other")
    assert branch.text == "Oneother four five"
    assert [row.token for row in branch] == ["One", "other", " four", " five"]
    assert "repeated the beginning" in branch.meta.note


@pytest.mark.parametrize(
    "events",
    [
        (chunk("<|im_start|>"), END),
        (chunk("Sure"), END, counted(17, 1)),
    ],
)
def test_a_new_turn_is_noticed(events: Any) -> None:
    """By its marks, or by a prompt that has more tokens than the beginning."""
    client, server, answer = scripted("deepinfra")
    server.body = sse(*events)
    with pytest.raises(LpError, match="began a new turn"):
        client.branch(answer, 1, "other")


@pytest.mark.parametrize("provider", ["openai", "xai", "together", None])
def test_a_server_without_prefill_is_not_asked(provider: str | None) -> None:
    """Refused with the reason, and nothing is sent."""
    client, server, answer = scripted(provider)
    asked = len(server.asked)
    with pytest.raises(LpError, match="cannot continue this answer exactly"):
        client.branch(answer, 1, "other")
    assert len(server.asked) == asked


def test_white_space_is_not_lost() -> None:
    """A server that trims is not given a beginning that ends so."""
    client, server, _ = scripted("tgi")
    server.body = sse(chunk("One"), chunk(" "), chunk("two"), END)
    answer = client.generate("Count")
    with pytest.raises(LpError, match="drop the white space"):
        client.branch(answer, 1, " ")


def test_a_token_that_is_not_listed_needs_llama_cpp() -> None:
    """Its value would be unknown."""
    client, _, answer = scripted("vllm")
    with pytest.raises(InputError, match="not among the 2 alternatives"):
        client.branch(answer, 1, "more")


def test_a_constrained_answer_is_not_branched() -> None:
    """The constraint would begin anew."""
    client, _, _ = scripted("vllm")
    tools = [{"type": "function", "function": {"name": "f"}}]
    answer = client.generate("Count", tools=tools)
    with pytest.raises(InputError, match="constrained by tools"):
        client.branch(answer, 1, "other")


def test_half_a_character_is_not_sent_as_text() -> None:
    """Text cannot say it."""
    client, server, _ = scripted("vllm")
    half = chunk("a")
    listed = half["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    listed[1] |= {"token": "\ufffd", "bytes": [240, 159]}
    listed[0] |= {"bytes": [97]}
    server.body = sse(half, END)
    with pytest.raises(LpError, match="inside a character"):
        client.branch(client.generate("Count"), 0, b"\xf0\x9f")


def entries(*tokens: tuple[str, int]) -> dict[str, Any]:
    """Return a body of completions with ids, as Fireworks sends it."""
    content = [
        {
            "token": text,
            "token_id": number,
            "logprob": -0.5,
            "top_logprobs": [
                {"token": text, "token_id": number, "logprob": -0.5},
                {"token": "x", "token_id": 77, "logprob": -2.0},
            ],
        }
        for text, number in tokens
    ]
    text = "".join(text for text, _ in tokens)
    choice = {"index": 0, "text": text, "logprobs": {"content": content}}
    return {"choices": [choice | {"finish_reason": "length"}]}


class InOnePiece(Script):
    """Answers with JSON."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        await super().handle_async_request(request)
        return httpx.Response(200, json=json.loads(self.body))


def test_by_ids_where_completions_take_them() -> None:
    """The prompt is the ids of the prompt, the prefix and the token."""
    server = InOnePiece(json.dumps(entries((" b", 8), (" c", 9))).encode())
    client = Client("fireworks", transport=server, model="m", api_key="key-for-tests")
    answer = client.generate([5, 6, 7], api="completions", stream=False)  # type: ignore[list-item]
    server.body = json.dumps(entries((" d", 10))).encode()
    branch = client.branch(answer, 1, "x", stream=False)
    assert server.asked[-1]["prompt"] == [5, 6, 7, 8, 77]
    assert branch.text == " bx d"
    assert branch[1].logprob == -2.0
    assert "by token ids" in branch.meta.note
    assert math.isfinite(branch.perplexity)
