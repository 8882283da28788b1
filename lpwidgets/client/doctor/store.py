"""Profiles in the user's cache: a JSON file for each server and model."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.client.doctor.profile import Profile
from lpwidgets.folders import cache_folder, file_name, replace_file

if TYPE_CHECKING:
    from pathlib import Path

_saved = 0


def path_of(origin: str, model: str) -> Path:
    """Return the file of a profile, which need not exist."""
    return cache_folder() / "profiles" / f"{file_name(origin, model)}.json"


def save(profile: Profile) -> Path:
    """Keep a profile, in place of the one before, all of it or nothing.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    global _saved  # noqa: PLW0603 clients look again once it has changed
    path = path_of(profile.origin, profile.model)
    replace_file(path, msgspec.json.format(msgspec.json.encode(profile)))
    _saved += 1
    return path


def load(origin: str, model: str) -> Profile | None:
    """Return the profile of a server and model, None if there is none.

    A file that is damaged, or another's, is ignored with a warning.
    """
    path = path_of(origin, model)
    try:
        profile = msgspec.json.decode(path.read_bytes(), type=Profile)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _ignore(path, f"{error!s:.100}")
        return None
    if (profile.origin, profile.model) != (origin, model):
        _ignore(path, f"it is of {profile.model:.60} at {profile.origin:.60}")
        return None
    return profile


def _ignore(path: Path, why: str) -> None:
    warnings.warn(
        f"the profile {path} is ignored ({why}): lpwidgets.doctor(…) writes a new one",
        stacklevel=4,
    )


class Briefs:
    """What the profiles say of one server's models, each looked up once.

    Parameters
    ----------
    origin
        The server's, see `Profile`.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._known: dict[str, dict[str, Any]] = {}
        self._at = _saved

    def of(self, model: str) -> dict[str, Any]:
        """Return `Profile.brief` of a model, empty without a profile."""
        if self._at != _saved:
            self._known.clear()
            self._at = _saved
        if model not in self._known:
            profile = load(self._origin, model)
            self._known[model] = profile.brief() if profile else {}
        return self._known[model]
