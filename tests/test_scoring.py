"""Scoring and completing on the real engine, against its full lists of values."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from lpwidgets import AsyncClient, Client, Generation, Generations, LpError, Part
from lpwidgets.client.forced import steps
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from lpwidgets.local import Lease

pytestmark = pytest.mark.engine

TEXT = (
    "The lighthouse keeper 😀 said 你好, then naïvely lit the lamp 👌🏽 again; "
    "ships far out at sea (all of them) saw it."
)
EMOJI = [{"role": "user", "content": "Reply with five emoji only."}]


def ask(lease: Lease, path: str, **body: Any) -> dict[str, Any]:
    """Ask the engine with nothing of the client."""
    answer = httpx.post(f"{lease.base_url}{path}", json=body, timeout=60)
    answer.raise_for_status()
    content: dict[str, Any] = answer.json()
    return content


def full_list(lease: Lease, prompt: list[int], *, cached: bool) -> dict[int, float]:
    """Return the value of every token of the vocabulary after some ids."""
    answer = ask(
        lease,
        "/completion",
        prompt=prompt,
        n_predict=1,
        n_probs=49152,
        cache_prompt=cached,
        temperature=0,
        logit_bias=[[81, 1000]],
    )
    (entry,) = answer["completion_probabilities"]
    return {one["id"]: one["logprob"] for one in entry["top_logprobs"]}


def test_values_are_those_of_the_whole_vocabulary(lease: Lease, client: Client) -> None:
    """To 1e-4, half characters too; `benchmarks/score.py` looks at every token."""
    scored = client.score(TEXT)
    ids = scored.columns.token_id.tolist()
    assert sum(row.bytes != row.token.encode() for row in scored) >= 6  # halves
    for place in range(0, len(ids), 3):
        value = full_list(lease, [1, *ids[:place]], cached=place > 0)[ids[place]]
        assert scored.columns.logprob[place] == pytest.approx(value, abs=1e-4)


def test_what_a_scored_text_is(client: Client) -> None:
    """Its tokens spell the text, and it says how it came about."""
    scored = client.score(TEXT, top_logprobs=3)
    assert (scored.text, scored.status) == (TEXT, "complete")
    assert b"".join(row.bytes for row in scored) == TEXT.encode()
    assert {row.part for row in scored} == {Part.GENERATED}
    assert scored.meta.scored
    assert scored.meta.requests > 1
    assert "conditioned on '<|im_start|>'" in scored.meta.note
    assert scored.perplexity == pytest.approx(math.exp(-scored.columns.logprob.mean()))
    assert {len(row.alternatives) for row in scored} == {3, 4}
    for row in scored:
        own = [one for one in row.alternatives if one.token_id == row.token_id]
        assert [one.logprob for one in own] == [row.logprob]
    assert client.last is scored


def test_a_prompt_is_taken_as_it_is(lease: Lease, client: Client) -> None:
    """The value is the one that follows the raw text."""
    scored = client.score(" Paris", prompt="The capital of France is")
    pieces = ask(lease, "/tokenize", content="The capital of France is")["tokens"]
    ((row),) = scored
    assert row.rank == 1
    assert row.logprob == pytest.approx(
        full_list(lease, pieces, cached=False)[row.token_id], abs=1e-4
    )


def test_an_answer_scores_as_it_was_generated(client: Client) -> None:
    """After the same messages a generated answer has the values it came with."""
    chat = [{"role": "user", "content": "Name three colours."}]
    answer = client.generate(chat, temperature=0, max_tokens=30, stream=False)
    scored = client.score(answer.text, prompt=chat)
    said = answer.columns.part == Part.GENERATED
    assert scored.columns.token_id.tolist() == answer.columns.token_id[said].tolist()
    assert scored.columns.logprob == pytest.approx(
        answer.columns.logprob[said],
        abs=0.25,  # the prompt may have been cached
    )


def test_a_token_that_ends_a_text_is_scored_too(client: Client) -> None:
    """No grammar can say it: it is asked for alone."""
    scored = client.score("Good bye.<|im_end|>\nWell")
    assert 2 in scored.columns.token_id
    assert np.isfinite(scored.columns.logprob).all()


def test_a_null_character_is_scored_as_any_other(client: Client) -> None:
    """No grammar says it: llama.cpp would end."""
    gen = client.score("a\0b\0\0", prompt="Hi")
    assert b"".join(row.bytes for row in gen) == b"a\0b\0\0"
    assert np.isfinite(gen.columns.logprob).all()
    assert client.score("still there", prompt="Hi").has_logprobs


def test_a_long_text_takes_few_requests(lease: Lease) -> None:
    """A request for 128 tokens, and a line for each."""
    lines: list[str] = []
    assert lease.alive()
    text = "One winter a storm came that lasted for nine days. " * 40
    scored = Client("local", progress=lines.append).score(text, top_logprobs=1)
    assert scored.text == text
    assert len(scored) > 400
    assert scored.meta.requests <= len(scored) / 128 + 10
    assert lines[-1] == f"ready: {len(scored):,} tokens are scored"
    assert any("scoring, 128 of" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (b"bytes", "is a str, not bytes"),
        ("a\ud800b", "lone surrogate at character 1"),
        ("word " * 5000, "context holds 4,096"),
    ],
    ids=["empty", "bytes", "surrogate", "long"],
)
def test_bad_text_is_one_clear_error(client: Client, text: Any, says: str) -> None:
    """Each says what is wrong."""
    with pytest.raises(InputError, match=says) as caught:
        client.score(text)
    assert len(str(caught.value).splitlines()) <= 3


CHILD = """
import signal, sys, time
import lpwidgets
asked = []
def note(*a):
    asked.append(time.monotonic())
    raise KeyboardInterrupt
signal.signal(signal.SIGINT, note)
def progress(line):
    if line.startswith("scoring"):
        print("go", flush=True)
client = lpwidgets.Client("local", progress=progress)
try:
    client.score("One winter a storm came that lasted nine days. " * 200)
except KeyboardInterrupt:
    print(time.monotonic() - asked[0], client.last, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_an_interrupt_ends_scoring_and_keeps_nothing(lease: Lease) -> None:
    """Within half a second; there is no half of a score."""
    assert lease.alive()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == "go\n"
            os.kill(child.pid, signal.SIGINT)
            lines = child.communicate(timeout=20)[0].splitlines()
        finally:
            child.kill()
    seconds, last = lines[-1].split()
    assert float(seconds) < 0.5
    assert last == "None"


class Recorder(httpx.AsyncHTTPTransport):
    """The network, with a list of what was asked and answered."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the answer on in one piece."""
        response = await super().handle_async_request(request)
        body = await response.aread()
        self.seen.append((request.url.path, body))
        kind = {"content-type": response.headers.get("content-type", "")}
        return httpx.Response(response.status_code, headers=kind, content=body)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_not_reported_is_filled_in(lease: Lease, seed: int) -> None:
    """The ids are those that the engine sampled, as it tells when asked verbosely."""
    assert lease.alive()
    recorder = Recorder()
    client = Client("local", transport=recorder, progress=lambda _: None)
    answer = client.generate(
        EMOJI if seed % 2 else "用中文说你好",
        max_tokens=24,
        seed=seed,
        stream=False,
        return_tokens=True,
        verbose=True,
        ignore_eos=True,
    )
    first = json.loads(recorder.seen[0][1])
    sampled = first["__verbose"]["tokens"]
    ids = answer.columns.token_id
    known = ids >= 0
    assert len(answer) == len(sampled) == answer.meta.usage.completion_tokens
    assert ids[known].tolist() == sampled[: known.sum()]
    assert not known[known.sum() :].any()  # half a character at the very end
    assert np.isfinite(answer.columns.logprob[known]).all()
    assert answer.bytes_of(Part.GENERATED) == answer.text.encode()
    reported = first["choices"][0]["logprobs"]["content"]
    filled = len(recorder.seen) > 1
    assert filled == (len(reported) < len(sampled))
    assert answer.meta.requests == len(recorder.seen)
    assert ("filled in" in answer.meta.note) == filled


def test_filled_values_are_those_of_the_whole_vocabulary(
    lease: Lease, client: Client
) -> None:
    """Checked one by one on the ids of a whole answer."""
    prompt = "<|im_start|>user\nFive emoji: 😀😃<|im_end|>\n<|im_start|>assistant\n😀👌"
    answer = client.generate(
        prompt, api="native", max_tokens=12, temperature=0, ignore_eos=True
    )
    assert "filled in" in answer.meta.note
    context = ask(lease, "/tokenize", content=prompt, parse_special=True)["tokens"]
    ids = [one for one in answer.columns.token_id.tolist() if one >= 0]
    for place in range(0, len(ids), 3):
        value = full_list(lease, [*context, *ids[:place]], cached=True)[ids[place]]
        assert answer.columns.logprob[place] == pytest.approx(value, abs=0.25)


def test_the_last_token_of_a_stream_is_filled_in(client: Client) -> None:
    """Streaming or not, an answer that ended has the token that ended it."""
    ways = [
        client.generate("Say hi.", temperature=0, stream=stream, max_tokens=200)
        for stream in (True, False)
    ]
    for answer in ways:
        assert answer.meta.finish_reason == "stop"
        assert len(answer) == answer.meta.usage.completion_tokens
        assert (answer[-1].part, answer[-1].token_id) == (Part.SPECIAL, 2)
        assert math.isfinite(answer.perplexity)


def test_every_choice_is_completed(client: Client) -> None:
    """The server counts the tokens of one choice only."""
    answer = client.generate(EMOJI, n=2, max_tokens=20, seed=3, ignore_eos=True)
    assert isinstance(answer, Generations)
    for one in answer:
        assert len(one) == 20
        assert one.bytes_of(Part.GENERATED) == one.text.encode()


def test_the_last_snapshot_of_a_stream_is_complete(client: Client) -> None:
    """And `complete` later gives the same."""
    options: dict[str, Any] = {"seed": 2, "max_tokens": 16, "ignore_eos": True}
    *_, last = client.stream(EMOJI, **options)
    assert len(last) == 16
    assert client.last == last
    plain = client.generate(EMOJI, complete=False, **options)
    assert plain.meta.requests == 1
    assert len(client.complete(plain)) == 16
    assert client.complete(last).columns is last.columns  # nothing is left to do


def test_an_interrupt_keeps_what_the_server_sent(lease: Lease) -> None:
    """While tokens are filled in, the answer itself is safe."""
    assert lease.alive()

    class Slow(httpx.AsyncHTTPTransport):
        asked = asyncio.Event()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/completion":
                self.asked.set()
                await asyncio.Event().wait()
            return await super().handle_async_request(request)

    async def interrupted() -> Generation:
        slow = Slow()
        client = AsyncClient("local", transport=slow, progress=lambda _: None)
        asked = client.generate("Say hi.", temperature=0, max_tokens=200)
        task = asyncio.create_task(asked)
        await slow.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await client.close()
        assert isinstance(client.last, Generation)
        return client.last

    answer = asyncio.run(interrupted())
    assert answer.status == "complete"
    assert answer.text
    assert answer.meta.note == ""


def test_scoring_at_once_and_asynchronously(lease: Lease) -> None:
    """Several texts may be scored at the same time."""
    assert lease.alive()

    async def several() -> list[Generation]:
        async with AsyncClient("local", progress=lambda _: None) as client:
            texts = ["The sun is in the sky.", "Sky sun the in the is.", "😀"]
            return await asyncio.gather(*map(client.score, texts))

    sensible, odd, emoji = asyncio.run(several())
    assert sensible.perplexity < odd.perplexity
    assert emoji.text == "😀"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda answer: answer[1:3], "a slice"),
        (lambda answer: answer.text, "not str"),
    ],
)
def test_what_cannot_be_completed(client: Client, change: Any, says: str) -> None:
    """A part of an answer, or no answer."""
    answer = client.generate("Say hi.", max_tokens=4, complete=False)
    with pytest.raises(LpError, match=says):
        client.complete(change(answer))


def test_an_answer_to_something_else_is_not_completed(client: Client) -> None:
    """The values that were reported tell that the prompt was another one."""
    options: dict[str, Any] = {"complete": False, "max_tokens": 12, "temperature": 0}
    answer = client.generate("Five emoji: 😀😃👌", api="native", **options)
    other = client.generate("The river", api="native", **options)
    foreign = Generation(answer.columns, other.meta, answer.texts)
    assert len(answer) < 12
    with pytest.raises(LpError, match="other values now"):
        client.complete(foreign)


def test_steps_cover_a_text_once() -> None:
    """Runs and single positions follow each other without a gap."""
    pieces = [b"a", b" \xf0\x9f\x98", b"\x80", b"\xe4\xbd", b"\xa0", b"", b"b"] * 60
    cut = list(steps(pieces, alone={0, 3}))
    assert cut[0].start == 0
    assert cut[-1].stop == len(pieces)
    assert all(one.stop == other.start for one, other in pairwise(cut))
    assert not any({0, 3} & set(one.told) for one in cut)
    assert all(one.stop - one.start == 1 for one in cut if not one.as_run)
