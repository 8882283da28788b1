"""Arrays and a vocabulary that grow at their end, with snapshots that cost nothing."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import MsgspecError, Raw, json

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
    """Numbers distinct pieces in the order of their first appearance.

    A text that once came with just its own UTF-8 as its bytes is taken to mean them
    from then on; only other texts (half characters, raw vocabulary) have their bytes
    looked at every time.
    """

    def __init__(self) -> None:
        self._by_text: dict[str, int] = {}
        self._by_bytes: dict[bytes, int] = {}
        self._new: list[bytes] = []
        self._data = GrowingArray(np.uint8)
        self._offsets = GrowingArray(np.uint32, [0])

    def codes(self, candidates: Sequence[Candidate]) -> list[int]:
        """Return the number of each candidate's piece."""
        known = self._by_text
        try:
            return [known[candidate.token] for candidate in candidates]
        except KeyError:
            return [self._code(candidate) for candidate in candidates]

    def _code(self, candidate: Candidate) -> int:
        text = candidate.token
        code = self._by_text.get(text)
        if code is None:
            piece = _piece(candidate)
            code = self._by_bytes.get(piece)
            if code is None:
                code = self._by_bytes[piece] = len(self._by_bytes)
                self._new.append(piece)
            if piece == _utf8(text) and not _AMBIGUOUS.search(text):
                self._by_text[text] = code
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
    """Return a candidate's bytes; what are no bytes counts as not sent."""
    given = candidate.bytes
    try:
        if isinstance(given, Raw):
            given = _decode_bytes(given) if memoryview(given) else None
        return _utf8(candidate.token) if given is None else bytes(given)
    except (ValueError, MsgspecError):
        return _utf8(candidate.token)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_decode_bytes = json.Decoder(tuple[int, ...] | None).decode
_AMBIGUOUS = re.compile(r"\ufffd|\\x")
"""In texts that may stand for several bytes: U+FFFD, and bytes written out."""
