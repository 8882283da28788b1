"""The key, and how it may be spelled in what is searched.

It is a global variable of this module only: a traceback with local variables, which is
one of the places, would show a test's own.
"""

from __future__ import annotations

import base64
import re
import secrets
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "".join(secrets.choice(string.ascii_letters) for _ in range(40))


def _spellings(key: str) -> dict[str, str]:
    half = len(key) // 2
    halves = {"first half": key[:half], "second half": key[half:]}
    numbers = ", ".join(str(byte) for byte in key.encode())
    return {
        **halves,
        **{f"{name} reversed": text[::-1] for name, text in halves.items()},
        **{f"base64 after {n} bytes": _base64(key, n) for n in range(3)},
        "URL-encoded": "".join(f"%{byte:02x}" for byte in key.encode()),
        "hex": key.encode().hex(),
        "JSON-escaped": "".join(f"\\u{ord(letter):04x}" for letter in key),
        "numbers": numbers,
        "numbers, dense": numbers.replace(" ", ""),
        "UTF-16": "\0".join(key[:half]),
    }


def _base64(key: str, before: int) -> str:
    """Return what base64 makes of a key after some bytes, less what those decide."""
    encoded = base64.b64encode(b"\0" * before + key.encode()).decode()
    return encoded[4 if before else 0 :].rstrip("=")[:-1]


SPELLINGS = _spellings(KEY)
_ANY = re.compile("|".join(map(re.escape, SPELLINGS.values())), re.IGNORECASE)


def found_in(place: str | bytes) -> list[str]:
    """Return the spellings of the key that a place has; halves find the whole too."""
    text = place if isinstance(place, str) else place.decode("latin-1")
    hits = {match.lower() for match in _ANY.findall(text)}
    return [name for name, spelling in SPELLINGS.items() if spelling.lower() in hits]


def places_with_key(places: Mapping[str, str | bytes]) -> dict[str, list[str]]:
    """Return the places that have the key, after a check that there is something."""
    assert all(places.values()), [name for name, said in places.items() if not said]
    return {name: hits for name, said in places.items() if (hits := found_in(said))}
