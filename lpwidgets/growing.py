"""Arrays and a vocabulary that grow at their end, with snapshots that cost nothing."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.wire.records import Candidate


class GrowingArray:
    """An array that grows at its end; views taken earlier stay what they were."""

    def __init__(self, dtype: type[np.generic], first: Sequence[int] = ()) -> None:
        self._buffer = np.zeros(64, dtype=dtype)
        self._length = 0
        self.extend(np.array(first, dtype=dtype))

    def extend(self, values: NDArray[Any]) -> None:
        """Add values, in amortised constant time each."""
        end = self._length + len(values)
        if end > len(self._buffer):
            grown = np.zeros(max(end, 2 * len(self._buffer)), dtype=self._buffer.dtype)
            grown[: self._length] = self._buffer[: self._length]
            self._buffer = grown
        self._buffer[self._length : end] = values
        self._length = end

    def view(self, *, trim: bool = False) -> NDArray[Any]:
        """Return what there is, read-only; trimmed, it is a copy without spare room."""
        view = self._buffer[: self._length]
        if trim:
            view = view.copy()
        view.flags.writeable = False
        return view


class Vocabulary:
    """Numbers distinct pieces in the order of their first appearance."""

    def __init__(self) -> None:
        self._codes: dict[tuple[int, ...] | str, int] = {}
        self._new: list[bytes] = []
        self._size = 0
        self._data = GrowingArray(np.uint8)
        self._offsets = GrowingArray(np.uint32, [0])

    def codes(self, candidates: Sequence[Candidate]) -> list[int]:
        """Return the number of each candidate's piece."""
        known = self._codes
        try:
            return [known[candidate.bytes] for candidate in candidates]  # type: ignore[index]
        except KeyError:
            return [self._code(candidate) for candidate in candidates]

    def _code(self, candidate: Candidate) -> int:
        key = candidate.token if candidate.bytes is None else candidate.bytes
        code = self._codes.get(key)
        if code is None:
            piece = _piece(candidate)
            code = self._codes.setdefault(tuple(piece), self._size)
            self._codes[key] = code
            if code == self._size:
                self._size += 1
                self._new.append(piece)
        return code

    def snapshot(self, *, trim: bool) -> Pieces:
        """Return the pieces so far."""
        if self._new:
            self._data.extend(np.frombuffer(b"".join(self._new), dtype=np.uint8))
            start = int(self._offsets.view()[-1])
            ends = accumulate((len(piece) for piece in self._new), initial=start)
            self._offsets.extend(np.array(list(ends)[1:], dtype=np.uint32))
            self._new.clear()
        return Pieces(self._data.view(trim=trim), self._offsets.view(trim=trim))


def _piece(candidate: Candidate) -> bytes:
    """Return a candidate's bytes; numbers that are no bytes count as not sent."""
    if candidate.bytes is not None:
        try:
            return bytes(candidate.bytes)
        except ValueError:
            pass
    return candidate.token.encode("utf-8", "surrogatepass")
