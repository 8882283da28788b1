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
_ALTERNATIVES = {"alternative_id", "alternative_logprob"}


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
        begin, self._length = self._length, self._length + stop - start
        self._arrays["token"].extend(numbers[: stop - start])
        self._arrays["alternative"].extend(numbers[stop - start :])
        for name in _TOKENS:
            rows = alternatives if name in _ALTERNATIVES else slice(start, stop)
            self._arrays[name].extend(getattr(columns, name)[rows])
        self._ends.extend(offsets[1:] - offsets[0] + self._ends.view()[-1])
        return begin

    def columns(self, *, trim: bool = False) -> Columns:
        """Return what there is; without `trim` it is not copied."""
        return Columns(
            pieces=Pieces(self._data.view(trim=trim), self._piece_ends.view(trim=trim)),
            alternative_offsets=self._ends.view(trim=trim),
            **{name: array.view(trim=trim) for name, array in self._arrays.items()},
        )

    def _numbered(self, pieces: Pieces, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the numbers that pieces have here."""
        used, place = np.unique(codes, return_inverse=True)
        data = pieces.data.tobytes()
        starts, ends = pieces.offsets[used].tolist(), pieces.offsets[used + 1].tolist()
        texts = [data[a:b] for a, b in zip(starts, ends, strict=True)]
        known = len(self._number)
        numbers = [self._number.setdefault(one, len(self._number)) for one in texts]
        new = [
            one for one, number in zip(texts, numbers, strict=True) if number >= known
        ]
        self._learn(new)
        return np.array(numbers, dtype=np.int32)[place]

    def _learn(self, texts: list[bytes]) -> None:
        self._data.extend(np.frombuffer(b"".join(texts), dtype=np.uint8))
        start = int(self._piece_ends.view()[-1])
        ends = list(accumulate(map(len, texts), initial=start))
        self._piece_ends.extend(np.array(ends[1:], dtype=np.uint32))


def gathered(runs: Iterable[Run]) -> Columns:
    """Return runs of tokens as columns of their own.

    They keep nothing else alive: neither other tokens nor pieces that these don't use.
    """
    sheet = Sheet()
    for run in runs:
        sheet.extend(run)
    return sheet.columns(trim=True)
