"""A table of tokens that grows at its end, gathered from many columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.columns import Columns
from lpwidgets.growing import GrowingArray
from lpwidgets.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_TOKENS: dict[str, type[np.generic]] = {
    "token_id": np.int32,
    "logprob": np.float64,
    "rank": np.int32,
    "part": np.uint8,
    "chosen": np.int32,
    "alternative_id": np.int32,
    "alternative_logprob": np.float64,
}
_TEXTS = ("token", "alternative")
_ALTERNATIVES = {"alternative", "alternative_id", "alternative_logprob"}


@dataclass(frozen=True, eq=False)
class Run:
    """The tokens `start` to `stop` of columns."""

    columns: Columns
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


class Sheet:
    """Tokens one after the other, in one vocabulary that holds only what they use."""

    def __init__(self) -> None:
        self._number: dict[bytes, int] = {}
        self._data = GrowingArray(np.uint8)
        self._piece_ends = GrowingArray(np.uint32, [0])
        self._ends = GrowingArray(np.uint32, [0])
        kinds = _TOKENS | dict.fromkeys(_TEXTS, np.int32)
        self._arrays = {name: GrowingArray(kind) for name, kind in kinds.items()}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def extend(self, run: Run) -> int:
        """Add tokens; return where they begin here."""
        columns, start, stop = run.columns, run.start, run.stop
        offsets = columns.alternative_offsets[start : stop + 1]
        alternatives = slice(int(offsets[0]), int(offsets[-1]))
        codes = np.concatenate(
            [columns.token[start:stop], columns.alternative[alternatives]]
        )
        numbers = self._numbered(columns.pieces, codes)
        begin = self._length
        listed = int(self._ends.view()[begin])
        self._arrays["token"].extend(numbers[: stop - start], begin)
        self._arrays["alternative"].extend(numbers[stop - start :], listed)
        for name in _TOKENS:
            of_tokens = name not in _ALTERNATIVES
            rows = slice(start, stop) if of_tokens else alternatives
            values = getattr(columns, name)[rows]
            self._arrays[name].extend(values, begin if of_tokens else listed)
        self._ends.extend(offsets[1:] - offsets[0] + listed, begin + 1)
        self._length = begin + stop - start  # until here nothing counts as added
        return begin

    def columns(self, *, trim: bool = False) -> Columns:
        """Return what there is; without `trim` it is not copied."""
        tokens, pieces = self._length, len(self._number)
        ends = self._ends.view(tokens + 1, trim=trim)
        piece_ends = self._piece_ends.view(pieces + 1, trim=trim)
        data = self._data.view(int(piece_ends[-1]), trim=trim)
        lengths = {True: int(ends[-1]), False: tokens}
        return Columns(
            pieces=Pieces(data, piece_ends),
            alternative_offsets=ends,
            **{
                name: array.view(lengths[name in _ALTERNATIVES], trim=trim)
                for name, array in self._arrays.items()
            },
        )

    def _numbered(self, pieces: Pieces, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the numbers that pieces have here."""
        used, place = np.unique(codes, return_inverse=True)
        data = pieces.data.tobytes()
        starts, ends = pieces.offsets[used].tolist(), pieces.offsets[used + 1].tolist()
        texts = [data[a:b] for a, b in zip(starts, ends, strict=True)]
        known = self._number
        new = [*dict.fromkeys(one for one in texts if one not in known)]
        self._learn(new)
        known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
        return np.array([known[one] for one in texts], dtype=np.int32)[place]

    def _learn(self, texts: list[bytes]) -> None:
        known = len(self._number)
        start = int(self._piece_ends.view()[known])
        ends = list(accumulate(map(len, texts), initial=start))
        self._data.extend(np.frombuffer(b"".join(texts), dtype=np.uint8), start)
        self._piece_ends.extend(np.array(ends, dtype=np.uint32), known)


def gathered(runs: Iterable[Run]) -> Columns:
    """Return runs of tokens as columns of their own.

    They keep nothing else alive: neither other tokens nor pieces that these don't use.
    """
    sheet = Sheet()
    for run in runs:
        sheet.extend(run)
    return sheet.columns(trim=True)
