"""Fitted maps in the user's cache: a JSON file for each name, in a folder a model."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec

from lpwidgets.analysis.calibration.source import NO_OTHERS, Source
from lpwidgets.errors import InputError
from lpwidgets.folders import cache_folder, file_name, replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Protocol

    class Sourced(Protocol):
        """What knows which model it is of."""

        @property
        def source(self) -> Source | None:
            """The model, None for none in particular."""


T = TypeVar("T", bound="Sourced")

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,79}", re.ASCII)


class Saved(NamedTuple, Generic[T]):
    """A map, the name it was saved under, and when."""

    name: str
    map: T
    date: datetime


def save(name: str, fitted: Sourced) -> Path:
    """Keep a map, in place of the one before, all of it or nothing.

    Raises
    ------
    InputError
        It is no name of a file.
    OSError
        The folder cannot be written to.
    """
    path = _file(_folder(fitted.source), name)
    replace_file(path, msgspec.json.format(msgspec.json.encode(fitted)))
    return path


def load(name: str, source: Source | None, kind: type[T]) -> T:
    """Return a map by its name, and by the model that it has to be of.

    Raises
    ------
    InputError
        There is none of that name, or not of that model, or of several and none is
        said; or its file is damaged.
    """
    home = _folder(None)
    general = _file(home, name)
    found = {path: _read(path, kind) for path in sorted(home.glob(f"*/{name}.json"))}
    if general.exists():
        found[general] = _read(general, kind)
    if not found:
        raise InputError(_missing(name, home))
    if source is None and general in found:
        return found[general]
    fitting = [one for one in found.values() if source is None or is_of(one, source)]
    if len(fitting) == 1:
        return fitting[0]
    raise InputError(_elsewhere(name, source, fitting or list(found.values())))


def is_of(fitted: Sourced, source: Source) -> bool:
    """Whether a map was fitted to answers of this model."""
    return fitted.source is not None and fitted.source.fits(source)


def every(kind: type[T]) -> Iterator[Saved[T]]:
    """Yield all maps by name; a file that is damaged is passed over with a warning."""
    home = _folder(None)
    paths = [*home.glob("*.json"), *home.glob("*/*.json")]
    for path in sorted(paths, key=lambda path: (path.stem, str(path))):
        try:
            date = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            yield Saved(path.stem, _read(path, kind), date)
        except (InputError, OSError) as error:
            warnings.warn(str(error), stacklevel=3)


def _folder(source: Source | None) -> Path:
    home = cache_folder() / "calibrations"
    return home / file_name(source.provider or "", source.model) if source else home


def _file(folder: Path, name: object) -> Path:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        msg = (
            f"name={name!r:.40}: up to 80 letters, digits, '.', '_' and '-', such as "
            "'smollm2-yes-no'"
        )
        raise InputError(msg)
    return folder / f"{name}.json"


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"the calibration {path} cannot be read: {error!s:.100}\nsave it again"
        raise InputError(msg) from None


def _elsewhere(name: str, source: Source | None, found: list[T]) -> str:
    """Say why a name alone, or with this model, does not lead to one map."""
    owners = [str(one.source) for one in found if one.source]
    fitted = f"{name!r} was fitted on {' and on '.join(owners)}"
    if not owners:
        return (
            f"{name!r} does not say which model it was fitted on: load it without "
            "model=, or fit it with fit(how, model=…)"
        )
    if source is None:
        return f"{fitted}: say which with load_calibration({name!r}, model=…)"
    if any(is_of(one, source) for one in found):
        return f"{fitted}: as model= give a generation, not the model's name alone"
    return f"{fitted}, not on {source}: {NO_OTHERS}"


def _missing(name: str, home: Path) -> str:
    paths = [*home.glob("*.json"), *home.glob("*/*.json")]
    there = sorted({path.stem for path in paths})
    near = get_close_matches(name, there, 1)
    if near:
        return f"no calibration is called {name!r}; did you mean {near[0]!r}?"
    listed = ", ".join(there[:10]) if there else "none yet"
    return (
        f"no calibration is called {name!r}; there are: {listed}\n"
        "save one with calibration.fit('isotonic').save(name)"
    )
