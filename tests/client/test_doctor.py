from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest

import lpwidgets as lp
from lpwidgets.client.doctor.probes import PROBES
from lpwidgets.client.doctor.profile import Profile
from lpwidgets.errors import AuthError, ConnectError, InputError, RequestError
from tests.client.honest import Honest
from tests.client.patients import examine, verdicts
from tests.gateway.server import gateway
from tests.scripted import END, chunk, sse

if TYPE_CHECKING:
    from pathlib import Path

LIES: dict[str, dict[str, str]] = {
    "": {},
    "refuses 20": {"k": "partly"},
    "k - 1": {"k": "partly"},
    "applies temperature": {"raw values": "no"},
    "top_p truncates": {"beyond top_p": "no"},
    "reports the bias": {"forced values": "partly"},
    "no bytes": {"bytes": "no"},
    "half characters lost": {"bytes": "partly"},
    "under-reports": {"complete": "partly"},
    "stream loses entries": {"stream": "partly"},
    "stream shifts values": {"stream": "no"},
    "no usage in stream": {"usage in stream": "no"},
    "ignores n": {"n": "no"},
    "ignores seeds": {"seed": "no"},
    "new turn": {"prefill": "no"},
    "ignores echo": {"prompt log probabilities": "no"},
    "no ids": {"token ids": "no"},
    "refuses ids": {"token-id prompts": "no"},
    "counts one id": {"token-id prompts": "no"},
    "no context limit": {"context limit": "no"},
    "no rate limits": {"rate limits": "no"},
    "drops log probabilities": {
        "log probabilities": "no",
        "k": "no",
        "complete": "no",
        "raw values": "unknown",
        "beyond top_p": "unknown",
        "bytes": "unknown",
        "forced values": "unknown",
        "stream": "unknown",
        "token ids": "unknown",
        "prompt log probabilities": "partly",
    },
}


@pytest.mark.parametrize("lie", LIES)
def test_the_doctor_finds_exactly_the_lie(lie: str) -> None:
    """All else is as it should be, and what was seen is told in numbers."""
    profile = examine(Honest(lie))
    found = {check: said for check, said in verdicts(profile).items() if said != "yes"}
    assert found == LIES[lie]
    assert len(profile.checks) == 17
    for check in found:
        assert profile[check].evidence


def test_the_evidence_has_the_numbers() -> None:
    """The slope tells by how much values were scaled, the count how many came."""
    profile = examine(Honest("applies temperature"))
    assert profile["raw values"].numbers["slope"] == pytest.approx(1.5 / 0.2)
    assert profile["k"].numbers == {"asked": 20, "least": 20, "most": 20}
    assert profile["k"].evidence == "asked for 20, 20 came for each of 11 tokens"
    with pytest.raises(InputError, match="no check 'love'; there are: log prob"):
        profile["love"]
    assert tuple(profile) == profile.checks


def test_a_visit_is_small() -> None:
    """Few requests, few tokens each, no retries."""
    server = Honest()
    profile = examine(server)
    assert len(server.asked) == profile.requests - 1 == 13
    assert max(body["max_tokens"] for body in server.asked) <= 24
    assert len(PROBES) + 2 == 16


def test_a_server_that_refuses_log_probabilities_is_asked_no_more() -> None:
    """Three numbers of alternatives are tried; what can't be told is said so."""
    server = Honest("refuses log probabilities")
    profile = examine(server)
    assert len(server.asked) == 3 + 3
    assert profile["log probabilities"].verdict == "no"
    assert "reasoning models" in profile["log probabilities"].evidence
    assert profile["seed"].verdict == "unknown"
    assert profile["seed"].evidence.startswith("could not be told: ")


class Breaking(Honest):
    """Breaks some of the requests."""

    def __init__(self, *breaks: int, how: httpx.HTTPError | int) -> None:
        super().__init__()
        self._breaks, self._how, self._count = breaks, how, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer unless it is time to break."""
        self._count += 1
        if self._count not in self._breaks:
            return await super().handle_async_request(request)
        if isinstance(self._how, int):
            return httpx.Response(self._how, json={"error": {"message": "broken"}})
        raise self._how


def test_a_check_that_fails_does_not_stop_the_others() -> None:
    """It says that it could not be told, and why."""
    profile = examine(Breaking(3, how=httpx.ConnectError("gone")))
    assert profile["raw values"].evidence.startswith("could not be told: nothing lis")
    found = {check for check, said in verdicts(profile).items() if said != "yes"}
    assert found == {"raw values"}


def test_a_server_that_went_away_is_left_alone() -> None:
    """After two failures in a row nothing more is sent; what came is kept."""
    server = Breaking(*range(4, 99), how=httpx.ConnectError("gone"))
    profile = examine(server)
    assert profile.requests == 5
    assert profile["k"].verdict == profile["stream"].verdict == "yes"
    assert profile["prefill"].verdict == "unknown"


@pytest.mark.parametrize(
    ("how", "error"),
    [(httpx.ConnectError("gone"), ConnectError), (401, AuthError), (404, RequestError)],
)
def test_a_server_that_cannot_be_asked(
    how: httpx.HTTPError | int, error: type[lp.LpError], cache: Path
) -> None:
    """One request, one error, no profile."""
    server = Breaking(*range(1, 99), how=how)
    with pytest.raises(error):
        examine(server)
    assert server._count == 1
    assert not cache.exists()


@pytest.mark.parametrize(
    "body",
    [
        sse(END),
        sse(chunk("", 3.0), END),
        sse(chunk("x", float("nan")), {"choices": [{"index": 7, "delta": {}}]}),
        b'{"choices": []}',
        b'{"choices": [{"message": null, "logprobs": {"content": null}}]}',
    ],
)
def test_strange_answers_break_no_check(body: bytes) -> None:
    """Whatever comes, there is a verdict on everything."""
    kind = "application/json" if body.startswith(b"{") else "text/event-stream"
    response = httpx.Response(200, headers={"content-type": kind}, content=body)
    profile = examine(httpx.MockTransport(lambda _: response))
    assert len(profile.checks) == 17
    assert all(row.evidence for row in profile.checks)
    assert profile["k"].verdict in {"no", "partly", "unknown"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a cache for the tests that share an engine."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.mark.engine
def test_the_embedded_engine(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured of it by hand, found by the doctor."""
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", folder)
    monkeypatch.setenv("LPWIDGETS_ENGINE_GRACE", "1")
    profile = lp.doctor("local")
    odd = {check: said for check, said in verdicts(profile).items() if said != "yes"}
    assert odd == {
        "complete": "partly",
        "prefill": "partly",
        "prompt log probabilities": "no",
        "rate limits": "no",
    }
    assert profile["complete"].numbers == {"entries": 8, "counted": 24}
    assert profile["forced values"].numbers["value"] == pytest.approx(-13.715, abs=0.01)
    assert profile["context limit"].numbers == {"tokens": 4096}
    assert profile.requests == 16
    gen = lp.Client("local").generate("Hi", max_tokens=1)
    assert gen.meta.profile["complete"] == "partly"
    assert lp.profile_of("local") == profile


@pytest.mark.engine
def test_the_command_on_a_local_deepinfra(tmp_path: Path, folder: str) -> None:
    """The process prints a table or JSON, and the cost before it."""
    with gateway(tmp_path) as server:
        native = lp.doctor("deepinfra", base_url=server.url, api_key="any")
        command = [sys.executable, "-m", "lpwidgets.local.cli", "doctor"]
        command += [server.url + "/v1/openai", "--model", "deepseek-ai/DeepSeek-V3"]
        done = subprocess.run(
            [*command, "--json"],
            capture_output=True,
            text=True,
            check=True,
            env={"LPWIDGETS_CACHE_DIR": folder, "PATH": ""},
        )
    profile = msgspec.json.decode(done.stdout, type=Profile)
    assert done.stderr.startswith("up to 15 requests to 127.0.0.1:")
    found = verdicts(profile)
    assert found["k"] == found["raw values"] == found["stream"] == "yes"
    assert found["complete"] == "partly"
    assert verdicts(native) == found | {"token ids": "partly"}
    said = native["log probabilities"].evidence
    assert re.search(r"completions \d of \d tokens · native \d of \d", said)
    assert profile["n"].numbers == {"whole": 2, "streamed": 0}
    assert "should be 1 when streaming" in profile["n"].evidence
    assert "echo is not supported" in profile["prompt log probabilities"].evidence
