"""Own samplers on a server that takes messages and tells no ids: by prefill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from lpwidgets import Client, Generation, LpError
from lpwidgets.errors import SamplerError
from lpwidgets.sampling import (
    Candidates,
    Choices,
    Compose,
    EntropyGated,
    Guidance,
    RepetitionPenalty,
    TopP,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.gateway.server import Server

pytestmark = pytest.mark.engine
QUESTION = "Write a short story about a lighthouse."
ROUNDING = 0.3


def squared(candidates: Candidates) -> Any:
    """Somebody's own sampler: probabilities squared."""
    p = candidates.probabilities**2
    return p / p.sum()


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    """Ask the gateway as DeepInfra is asked."""
    with Client("deepinfra", base_url=server.url, api_key="key-for-tests") as client:
        yield client


@pytest.mark.parametrize("sampler", [squared, EntropyGated()], ids=range(2))
def test_it_goes_on_from_what_was_said(client: Client, sampler: Any) -> None:
    """With few requests; the ids are the server's secret, and said to be unknown."""
    found = client.sample(QUESTION, sampler, max_tokens=24, seed=2)
    assert (len(found), found.status) == (24, "length")
    assert found.meta.requests <= 16
    assert found.meta.sampling["way"] == "speculative"
    assert found.meta.sampling["drafted"] <= 2 * 24
    assert "assistant prefill" in found.meta.note
    assert (found.columns.token_id == -1).all()
    assert (found.meta.usage.prompt_tokens or 0) > 20
    assert found.meta.usage.completion_tokens == 24
    assert np.isfinite(found.columns.logprob).all()
    assert found.meta.parameters["max_tokens"] == 24
    scored = client.branch(found, 4, found[4].alternatives[1], max_tokens=1)
    assert scored.text.startswith(found.bytes_of(found[0].part)[:4].decode())


def test_the_likeliest_is_the_likeliest(client: Client) -> None:
    """Drafted or one by one, it is what the server says at temperature 0."""
    said = client.generate(QUESTION, temperature=0, max_tokens=12, top_logprobs=20)
    for way in ("speculative", "single"):
        found = client.sample(QUESTION, lambda _: 0, max_tokens=12, seed=1, way=way)
        for row, again in zip(found, said, strict=True):
            if row.token != again.token:
                first, second = row.alternatives[:2]
                assert first.logprob - second.logprob < ROUNDING
                break
    assert found.meta.requests == 12


def test_an_end_is_seen_and_taken(client: Client) -> None:
    """A list of choices ends there, and so does what the model ends."""
    choices = Choices(["Hello", "Hi there"])
    found = client.sample("Say hello.", choices, max_tokens=9, seed=1)
    assert (found.text in choices.texts, found.status) == (True, "complete")
    ended = client.sample("Say hi.", lambda _: 0, max_tokens=60)
    assert (ended.status, ended[-1].bytes) == ("complete", b"")


@pytest.mark.parametrize(
    ("sampler", "why"),
    [
        (Guidance("Write."), "compares two prompts"),
        (RepetitionPenalty(1.1, last_n=9), "looks at the prompt's tokens"),
        (Compose(squared, RepetitionPenalty(last_n=9)), "looks at the prompt's tokens"),
    ],
)
def test_what_needs_more_than_it_tells_is_refused(
    client: Client, sampler: Any, why: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(LpError, match=why):
        client.sample(QUESTION, sampler, way="speculative")


def test_a_server_that_has_no_last_n_is_said_to_have_none(client: Client) -> None:
    """Its penalties count other tokens than ours would."""
    found = client.sample(QUESTION, RepetitionPenalty(1.1), max_tokens=3, seed=1)
    assert found.meta.sampling["way"] == "server"
    assert found.meta.note.endswith("it has no last_n")
    plain = client.sample(QUESTION, TopP(0.9), max_tokens=3, seed=1)
    assert "last_n" not in plain.meta.note


def test_a_prompt_of_ids_or_text_is_refused(client: Client) -> None:
    """Its completions list no ids, and text might be cut otherwise."""
    options: dict[str, Any] = {"api": "completions", "max_tokens": 4}
    ids: Any = [1, 2, 3]
    with pytest.raises(LpError, match="lists tokens without ids"):
        client.sample(ids, squared, **options)
    with pytest.raises(LpError, match="text may be cut into other tokens"):
        client.sample("The sea", squared, **options)


class Between(httpx.AsyncHTTPTransport):
    """The network, with somebody who changes requests and answers."""

    def __init__(self, asked: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__()
        self._asked = asked
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on what was made of it."""
        self.requests += 1
        body = self._asked(json.loads(await request.aread()))
        headers = {"content-type": "application/json"}
        changed = httpx.Request("POST", request.url, json=body, headers=headers)
        return await super().handle_async_request(changed)


def another_turn(body: dict[str, Any]) -> dict[str, Any]:
    """Have the assistant's message answered, as servers without prefill do."""
    if body["messages"][-1]["role"] == "assistant":
        body["messages"].append({"role": "user", "content": ""})
    return body


def test_a_new_turn_is_no_continuation(server: Server) -> None:
    """It is noticed before a token of it is taken; what was said before is kept."""
    options: dict[str, Any] = {"base_url": server.url, "api_key": "key-for-tests"}
    changed = Between(another_turn)
    with Client("deepinfra", transport=changed, **options) as client:
        for way in ("speculative", "single"):
            with pytest.raises(LpError, match="began a new turn"):
                client.sample(QUESTION, lambda _: 1, max_tokens=30, seed=1, way=way)
            kept = client.last
            assert isinstance(kept, Generation)
            assert (kept.status, len(kept)) == ("error", 1)


def test_a_server_without_prefill_is_refused(server: Server) -> None:
    """Nothing is sent."""
    options: dict[str, Any] = {"api_key": "key-for-tests", "model": "m"}
    sent = Between(lambda body: body)
    with Client("openai", base_url=server.url, transport=sent, **options) as client:
        for sampler in (squared, EntropyGated()):
            with pytest.raises(LpError, match="instead of continuing it"):
                client.sample(QUESTION, sampler)
    assert sent.requests == 0


def silent(body: dict[str, Any]) -> dict[str, Any]:
    """Ask for no values once the answer has begun."""
    if body["messages"][-1]["role"] == "assistant":
        del body["logprobs"], body["top_logprobs"]
    return body


def test_values_that_stop_coming(server: Server) -> None:
    """One clear error, and the tokens until then."""
    options: dict[str, Any] = {"base_url": server.url, "api_key": "key-for-tests"}
    with Client("deepinfra", transport=Between(silent), **options) as client:
        with pytest.raises(LpError, match="without log probabilities"):
            client.sample(QUESTION, lambda _: 1, max_tokens=30, seed=1)
        assert (client.last.status, len(client.last)) == ("error", 1)


def test_a_sampler_that_fails_keeps_what_was_said(client: Client) -> None:
    """Here, too."""

    def sampler(candidates: Candidates) -> Any:
        return None if len(candidates.context.ids) == 3 else 0

    with pytest.raises(SamplerError, match="returned nothing, at token 3"):
        client.sample(QUESTION, sampler, max_tokens=9)
    assert (client.last.status, len(client.last)) == ("error", 3)
