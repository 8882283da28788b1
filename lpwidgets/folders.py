"""Where lpwidgets keeps files of its own."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path

_LONGEST = 60
"""Characters of server and model in a file's name, for people; the rest is a hash."""


def file_name(server: str, model: str) -> str:
    """Return the name of what is kept of a server's model, without an ending."""
    words = re.sub(r"[^\w.-]+", "-", f"{server.rpartition('/')[2]}-{model}")[:_LONGEST]
    mark = hashlib.sha256(f"{server}\n{model}".encode()).hexdigest()[:12]
    return f"{words}-{mark}"


def cache_folder() -> Path:
    """Return the user's cache folder for lpwidgets, which need not exist.

    ``LPWIDGETS_CACHE_DIR`` names another one; on Linux ``XDG_CACHE_HOME`` is obeyed.
    """
    chosen = os.environ.get("LPWIDGETS_CACHE_DIR")
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))  # noqa: PTH100, PTH111
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lpwidgets"


def replace_file(path: Path, data: bytes) -> None:
    """Write a file, in place of the one before, all of it or nothing.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
