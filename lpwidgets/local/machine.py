"""What this computer offers: a private folder, free memory, processors, libgomp."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from lpwidgets.errors import EngineError
from lpwidgets.folders import cache_folder

_CGROUP = Path("/sys/fs/cgroup")
_MANY_CPUS = 4  # above this, half of the logical processors are likely hyperthreads


def state_folder() -> Path:
    """Return the engine's folder, which only this user may enter.

    Raises
    ------
    EngineError
        It cannot be made or belongs to someone else.
    """
    folder = cache_folder() / "engine"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise EngineError(
            f"The embedded model cannot use its folder {folder}: {error.strerror}.\n"
            "Name a folder of your own: export LPWIDGETS_CACHE_DIR=/path/to/folder"
        ) from error
    return folder


def free_memory() -> int | None:
    """Return the bytes that a new process may use, None where nothing tells."""
    limits = [_system_memory(), _container_memory()]
    return min((limit for limit in limits if limit is not None), default=None)


def _system_memory() -> int | None:
    available = _fields(Path("/proc/meminfo")).get("MemAvailable:")
    if available is not None:
        return available * 1024
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _container_memory() -> int | None:
    limit = _words(_CGROUP / "memory.max")
    if not limit or not limit[0].isdigit():
        return None
    return int(limit[0]) - _fields(_CGROUP / "memory.stat").get("anon", 0)


def thread_count() -> int:
    """Return how many threads the engine should compute with.

    ``LPWIDGETS_ENGINE_THREADS`` names another number.

    Raises
    ------
    EngineError
        What it names is no number of threads.
    """
    chosen = os.environ.get("LPWIDGETS_ENGINE_THREADS", "")
    if chosen:
        if not chosen.isdecimal() or not int(chosen):
            msg = f"LPWIDGETS_ENGINE_THREADS is {chosen!r}; it must be 1 or more"
            raise EngineError(msg)
        return int(chosen)
    if sys.platform == "linux":
        cpus = len(os.sched_getaffinity(0))
    else:
        cpus = os.cpu_count() or 1
    quota = _words(_CGROUP / "cpu.max")
    if quota and quota[0].isdigit():
        cpus = min(cpus, max(1, int(quota[0]) // int(quota[1])))
    # llama.cpp's threads wait for each other busily: on 2 processors that others use
    # too, 2 threads made 3 to 7 tokens a second and 1 made 30 (idle: 82 and 72).
    return max(1, min(cpus - 1, max(_MANY_CPUS, cpus // 2)))


def borrow_libgomp(folder: Path) -> Path | None:
    """Link a libgomp that some installed wheel carries, under its usual name.

    Parameters
    ----------
    folder
        Where to put the link.

    Returns
    -------
    Path | None
        The folder for ``LD_LIBRARY_PATH``, None if no wheel has the library.
    """
    for entry in sys.path:
        for library in Path(entry).glob("*.libs/libgomp-*.so*"):
            folder.mkdir(exist_ok=True)
            link = folder / "libgomp.so.1"
            link.unlink(missing_ok=True)
            link.symlink_to(library.absolute())
            return folder
    return None


def _fields(path: Path) -> dict[str, int]:
    """Read a kernel's table of names and numbers."""
    words = [line.split() for line in _lines(path)]
    return {row[0]: int(row[1]) for row in words if row[1:] and row[1].isdigit()}


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
