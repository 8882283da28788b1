"""A vocabulary of byte strings: each distinct piece once, rows hold its index."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def display_text(data: bytes) -> str:
    r"""Return bytes as text, those that are no UTF-8 written as ``\xe2``.

    >>> display_text(b"caf\xc3"), display_text("café".encode())
    ('caf\\xc3', 'café')
    """
    return data.decode("utf-8", "backslashreplace")


def well_formed(text: str) -> str:
    r"""Return a text that a file can hold: a lone surrogate is written ``\ud83d``."""
    return text.encode("utf-8", "backslashreplace").decode()


class Pieces:
    """Byte strings in Arrow's layout.

    Parameters
    ----------
    data
        The concatenated bytes, uint8.
    offsets
        Shape (v + 1,), uint32: piece i is ``data[offsets[i]:offsets[i + 1]]``.
    """

    def __init__(self, data: NDArray[np.uint8], offsets: NDArray[np.uint32]) -> None:
        self.data = data
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self.data[self.offsets[index] : self.offsets[index + 1]].tobytes()

    def after(self, count: int) -> Pieces:
        """Return the pieces but for the first `count`."""
        ends = self.offsets[count:]
        return Pieces(self.data[ends[0] :], ends - ends[0])

    @cached_property
    def as_bytes(self) -> NDArray[np.object_]:
        """Every piece, shape (v,), as `bytes` objects."""
        data, ends = self.data.tobytes(), self.offsets.tolist()
        return _objects([data[a:b] for a, b in pairwise(ends)])

    @cached_property
    def as_text(self) -> NDArray[np.object_]:
        """Every piece, shape (v,), as `str`; see `display_text`."""
        return _objects([display_text(piece) for piece in self.as_bytes])


def _objects(values: list[object]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
