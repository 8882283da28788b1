"""Many clients, clients that leave, ends, and starts that fail."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from lpwidgets.local import cli
from tests.gateway.server import (
    CHAT,
    COMMAND,
    ENDLESS,
    HELLO,
    MODEL,
    PROGRAM,
    Server,
    gateway,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine


def test_many_clients_at_once(server: Server) -> None:
    """More clients than slots: the others wait, and all get the same answer."""
    body = HELLO | {"temperature": 0, "max_tokens": 3}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: server.post(CHAT, **body), range(12)))
    texts = {one.json()["choices"][0]["message"]["content"] for one in answers}
    assert len(texts) == 1


def test_a_client_that_leaves(server: Server) -> None:
    """Its slot is free at once, streaming or not; a busy engine fails fast if asked."""
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(
                httpx.stream("POST", server.url + CHAT, json=ENDLESS | {"stream": True})
            )
        busy = server.post(CHAT, **HELLO, fail_fast=True)
        assert busy.status_code == 429
        assert busy.json()["error"]["code"] == "engine_overloaded"
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(impatient, server) for _ in range(4)]:
            one.result()
    began = time.monotonic()
    assert server.post(CHAT, **HELLO).is_success
    assert time.monotonic() - began < 5


def impatient(server: Server) -> None:
    """Ask, and hang up before the answer."""
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(server.url + CHAT, json=ENDLESS, timeout=0.5)


def test_a_queue_has_an_end(server: Server) -> None:
    """When too many wait, the next is told to come later."""

    async def crowd() -> list[int]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=2) as client:
            asking = [client.post(server.url + CHAT, json=ENDLESS) for _ in range(75)]
            answers = await asyncio.gather(*asking, return_exceptions=True)
        return [one.status_code for one in answers if isinstance(one, httpx.Response)]

    assert asyncio.run(crowd()) == [429] * 7


def test_a_dead_engine_is_started_again(server: Server) -> None:
    """The request that its end cut says so, the next one is answered."""
    (state,) = server.folder.glob("*.json")
    body = ENDLESS | {"stream": True}
    with httpx.stream("POST", server.url + CHAT, json=body, timeout=9) as cut:
        os.kill(json.loads(state.read_text())["pid"], signal.SIGTERM)
        last = cut.read().decode().strip().splitlines()[-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "engine_failed"
    assert server.post(CHAT, **HELLO).is_success


def test_an_interrupt_cuts_streams(tmp_path: Path) -> None:
    """Ctrl-C ends it within seconds, without a traceback; the start said enough."""
    with gateway(tmp_path, "--host", "0.0.0.0") as running:  # noqa: S104
        body = ENDLESS | {"stream": True}
        with httpx.stream("POST", running.url + CHAT, json=body) as stream:
            began = time.monotonic()
            running.process.send_signal(signal.SIGINT)
            out, err = running.process.communicate(timeout=10)
            with pytest.raises(httpx.RemoteProtocolError):
                stream.read()
    assert time.monotonic() - began < 6
    assert running.process.returncode == 0
    assert err.splitlines()[-1].startswith("warning: whoever reaches 0.0.0.0")
    assert "Traceback" not in out + err
    for text in (PROGRAM, COMMAND):
        said = text.replace("https://api.deepinfra.com", running.url)
        assert said.replace("$DEEPINFRA_TOKEN", "any") in running.said


class Slow:
    """A backend that thinks for a while and then fails."""

    model = MODEL

    async def events(self, _: object) -> Any:
        """Yield nothing, then break."""
        await asyncio.sleep(0.1)
        raise RuntimeError("secret")
        yield


def test_silence_is_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pings come while there is nothing to say; a fault inside becomes an event."""
    from lpwidgets.local import gateway as module

    monkeypatch.setattr(module, "PING_SECONDS", 0.03)
    lines = asyncio.run(inside({}, HELLO | {"stream": True})).text.split("\r\n\r\n")
    assert re.fullmatch(r": ping - \d{4}-\d\d-\d\d \d\d:\d\d:.*\+00:00", lines[0])
    assert "internal_error" in lines[-2]
    assert "secret" not in "".join(lines)


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic t", "Bearer ü"])
def test_another_token_is_refused(given: str) -> None:
    """With --token, only this bearer token is accepted."""
    headers = {"Authorization": given.encode()}
    answer = asyncio.run(inside(headers, HELLO, token="t"))
    assert (answer.status_code, list(answer.json()["detail"])) == (401, ["error"])
    accepted = asyncio.run(inside({"Authorization": b"bearer t"}, {}, token="t"))
    assert accepted.status_code == 422


async def inside(headers: Any, body: Any, token: str = "") -> httpx.Response:
    """Ask a gateway that runs in this process."""
    from lpwidgets.local.gateway import Gateway

    app = Gateway(Slow(), token).app()  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://h") as client:
        return await client.post(CHAT, headers=headers, json=body)


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says it, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"port {port} is in use; choose another one: lpwidgets serve" in line


def test_a_missing_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names it, and the command that installs it."""
    from lpwidgets.local import serve

    monkeypatch.setattr(serve, "find_spec", lambda _: None)
    assert cli.main(["serve"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "starlette" in line
    assert "pip install 'lpwidgets[local]'" in line


def test_a_model_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says it."""
    assert cli.main(["serve", "--port", "0", "--model", "/nowhere.gguf"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lpwidgets: Cannot read /nowhere.gguf")
