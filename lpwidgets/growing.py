"""Arrays and a vocabulary that grow at their end, with snapshots that cost nothing."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.pieces import Pieces
from lpwidgets.wire.json_body import bytes_sent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.wire.records import Candidate


class GrowingArray:
    """An array that grows at its end; views taken earlier stay what they were.

    An interrupt may fall between two arrays that grow together. Who holds them says
    where the next values go, and says it again if it did not come to an end.
    """

    def __init__(self, dtype: type[np.generic], first: Sequence[int] = ()) -> None:
        self._buffer = np.zeros(64, dtype=dtype)
        self._length = 0
        self.extend(np.array(first, dtype=dtype))

    def extend(self, values: NDArray[Any], start: int | None = None) -> None:
        """Add values at the end or from `start` on, in amortised constant time each."""
        start = self._length if start is None else start
        end = start + len(values)
        if end > len(self._buffer):
            grown = np.zeros(max(end, 2 * len(self._buffer)), dtype=self._buffer.dtype)
            grown[:start] = self._buffer[:start]
            self._buffer = grown
        self._buffer[start:end] = values
        self._length = end

    def view(self, stop: int | None = None, *, trim: bool = False) -> NDArray[Any]:
        """Return what there is, read-only; trimmed, it is a copy without spare room."""
        view = self._buffer[: self._length if stop is None else stop]
        if trim:
            view = view.copy()
        view.flags.writeable = False
        return view


class Vocabulary:
    """Numbers distinct pieces in the order of their first appearance.

    Alternatives are looked up by what tells their bytes at once: their id, where a
    server sends ids and bytes; their text, where it sends no bytes, or no ids and bytes
    that are just the text's own UTF-8. A text does not tell them where ids come, too:
    llama.cpp leaves a half character out of it.
    """

    def __init__(self) -> None:
        self._by_id: dict[int, int] = {}
        self._by_text: dict[str, int] = {}
        self._by_bytes: dict[bytes, int] = {}
        self._new: list[bytes] = []
        self._data = GrowingArray(np.uint8)
        self._offsets = GrowingArray(np.uint32, [0])

    def codes(self, candidates: Sequence[Candidate]) -> list[int]:
        """Return the number of each alternative's piece."""
        known = self._by_id
        try:
            return [known[candidate.id] for candidate in candidates]
        except KeyError:
            pass
        said = self._by_text
        try:
            return [said[candidate.token] for candidate in candidates]
        except KeyError:
            return [self._learn(candidate) for candidate in candidates]

    def code(self, token: Candidate) -> int:
        """Return the number of a sampled token's piece.

        Its bytes are looked at every time: llama.cpp sends those of a whole character
        with the id of its last piece.
        """
        piece = bytes_sent(token)
        return self._number(_utf8(token.token) if piece is None else piece)

    def _learn(self, candidate: Candidate) -> int:
        text, sent = candidate.token, bytes_sent(candidate)
        spelled = _utf8(text)
        code = self._number(spelled if sent is None else sent)
        if sent is not None and candidate.id >= 0:
            self._by_id[candidate.id] = code
        elif sent is None or (sent == spelled and not _AMBIGUOUS.search(text)):
            self._by_text[text] = code
        return code

    def _number(self, piece: bytes) -> int:
        code = self._by_bytes.get(piece)
        if code is None:
            code = self._by_bytes[piece] = len(self._by_bytes)
            self._new.append(piece)
        return code

    def snapshot(self, *, trim: bool) -> Pieces:
        """Return the pieces so far."""
        if self._new:
            known = len(self._by_bytes) - len(self._new)
            start = int(self._offsets.view()[known])
            data = np.frombuffer(b"".join(self._new), dtype=np.uint8)
            ends = accumulate((len(piece) for piece in self._new), initial=start)
            self._data.extend(data, start)
            self._offsets.extend(np.array(list(ends), dtype=np.uint32), known)
            self._new.clear()
        return Pieces(self._data.view(trim=trim), self._offsets.view(trim=trim))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


_AMBIGUOUS = re.compile(r"\ufffd|\\x|^$")
"""In texts that may stand for several bytes: U+FFFD, bytes written out, nothing."""
