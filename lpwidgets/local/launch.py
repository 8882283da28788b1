"""Starting the engine's process, watching it load, and saying why it did not."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lpwidgets.errors import EngineError
from lpwidgets.local.machine import borrow_libgomp, thread_count
from lpwidgets.local.model import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.local.model import Model

_SCRIPT = Path(__file__).with_name("process.py")
_LLAMA_ERROR = re.compile(r"(?m)^[\d.]+ E +\S+: (?:error loading model: )?(.+)$")
_NO_MEMORY = re.compile("allocate|bad_alloc|MemoryError|temporarily unavailable")
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSW|CREDENTIAL")
_KILLED = -9  # how Linux ends a process when memory runs out
_INSTALL = "pip install 'lpwidgets[local]'"
_REINSTALL = "pip install --force-reinstall 'lpwidgets[local]'"


def require_packages() -> None:
    """Check that the engine is installed, without importing it.

    Raises
    ------
    EngineError
        A package is missing.
    """
    for package in ("xllamacpp", "filelock"):
        if find_spec(package) is None:
            raise EngineError(
                f"The embedded model needs the package {package}. Install it:\n"
                f"{_INSTALL}"
            )


def launch(model: Model, state: Path, say: Callable[[str], None]) -> None:
    """Start an engine and return when its note is in the state file.

    Parameters
    ----------
    model
        What to run.
    state
        The file in which the engine announces itself.
    say
        Called with lines for a person.

    Raises
    ------
    EngineError
        The engine ended before it was ready.
    """
    model.check_memory()
    state.unlink(missing_ok=True)
    began, log = time.monotonic(), state.with_suffix(".log")
    code = _run(model, state, say, _environment())
    if code is not None and "libgomp" in _read(log):
        library = borrow_libgomp(state.parent / "lib")
        if library is not None:
            code = _run(model, state, say, _with_library(library))
    if code is not None:
        raise EngineError(_explain(model, code, log))
    took = time.monotonic() - began
    if took > 1:  # a second before the first line, see _run
        say(f"ready in {took:.1f} s")


def _run(
    model: Model, state: Path, say: Callable[[str], None], environment: dict[str, str]
) -> int | None:
    """Start once; return the exit code of an engine that failed."""
    process = _spawn(model, state, environment)
    try:
        code = _watch(process, model, state, say)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if code is None:
        # Reaps the engine when it ends, so that it does not stay as a zombie.
        threading.Thread(target=process.wait, daemon=True).start()
    return code


def _spawn(
    model: Model, state: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    order = {
        "path": str(model.path),
        "alias": model.alias,
        "options": OPTIONS,
        "threads": thread_count(),
        "grace": float(os.environ.get("LPWIDGETS_ENGINE_GRACE") or 5),
        "state": str(state),
    }
    with state.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", str(_SCRIPT), json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=state.parent,
            env=environment,
            start_new_session=True,
            creationflags=_creation_flags(),
        )


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0


def _with_library(folder: Path) -> dict[str, str]:
    paths = [str(folder), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**_environment(), "LD_LIBRARY_PATH": os.pathsep.join(filter(None, paths))}


def _environment() -> dict[str, str]:
    """Return this process's environment without keys, which the engine never needs."""
    return {k: v for k, v in os.environ.items() if not _SECRET.search(k.upper())}


def _watch(
    process: subprocess.Popen[bytes],
    model: Model,
    state: Path,
    say: Callable[[str], None],
) -> int | None:
    began = time.monotonic()
    told = 0
    while (code := process.poll()) is None:
        if state.exists():
            return None
        seconds = int(time.monotonic() - began)
        if seconds > told:
            told = seconds
            say(f"loading {model.label}, {seconds} s …")
        time.sleep(0.02)
    return code


def _explain(model: Model, code: int, log: Path) -> str:
    """Turn what an engine left behind into what to do next."""
    text = _read(log)
    found = _LLAMA_ERROR.search(text)
    cause = found[1] if found else (text.strip().splitlines() or ["no message"])[-1]
    if "libgomp" in cause:
        return (
            "The embedded model needs the system library libgomp. Install it:\n"
            "apt-get install libgomp1\n"
            "or, without root: pip install --no-deps scikit-learn"
        )
    if "ImportError" in cause or "ModuleNotFoundError" in cause:
        return f"The engine xllamacpp does not load: {cause}\nTry: {_REINSTALL}"
    if code == _KILLED or _NO_MEMORY.search(text):
        return (
            f"The engine ended while it loaded {model.path}, "
            "probably because there is too little memory.\n"
            "Close other programs and notebooks, or pass a smaller GGUF file."
        )
    if code < 0:
        cause = f"the engine crashed ({signal.Signals(-code).name}), log in {log}"
    unknown = "unknown model architecture" in cause
    remedy = "Try a newer engine: pip install --upgrade xllamacpp"
    return f"Cannot load {model.path}: {cause}.\n{remedy if unknown else model.remedy}"


def _read(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")
