"""Fitted maps in the user's cache, a JSON file for each name."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

import msgspec

from lpwidgets.errors import InputError
from lpwidgets.folders import cache_folder, replace_file

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,79}", re.ASCII)


def _path(name: object) -> Path:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        msg = (
            f"name={name!r:.40}: up to 80 letters, digits, '.', '_' and '-', such as "
            "'smollm2-yes-no'"
        )
        raise InputError(msg)
    return cache_folder() / "calibrations" / f"{name}.json"


def save(name: str, fitted: msgspec.Struct) -> Path:
    """Keep a map, in place of the one before, all of it or nothing.

    Raises
    ------
    InputError
        It is no name of a file.
    OSError
        The folder cannot be written to.
    """
    path = _path(name)
    replace_file(path, msgspec.json.format(msgspec.json.encode(fitted)))
    return path


def load(name: str, kind: type[T]) -> T:
    """Return a map by its name.

    Raises
    ------
    InputError
        There is none of that name, or its file is damaged.
    """
    path = _path(name)
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise InputError(_missing(name, path)) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        msg = f"the calibration {path} cannot be read: {error!s:.100}\nsave it again"
        raise InputError(msg) from None


def _missing(name: str, path: Path) -> str:
    there = sorted(one.stem for one in path.parent.glob("*.json"))
    near = get_close_matches(name, there, 1)
    if near:
        return f"no calibration is called {name!r}; did you mean {near[0]!r}?"
    listed = ", ".join(there[:10]) if there else "none yet"
    return (
        f"no calibration is called {name!r}; there are: {listed}\n"
        "save one with calibration.fit('isotonic').save(name)"
    )
