"""Stretches of text and the tokens that spell them, byte by byte.

All offsets are bytes of the joined tokens, so a character that is split between tokens,
or half of one, shifts nothing. A span's tokens are all those that share a byte with it,
and a token counts whole, with its own log probability, even if it shares only one byte:
the model chose it as a whole. A span says so (``cuts``) when such a token also holds
something else than white space; a space before a word belongs to its token in most
vocabularies and is no news.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex, overload

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

    Ints = NDArray[np.int64]


class Span(NamedTuple):
    """A stretch of one generation's text; tokens ``start`` to ``stop``, stop excluded.

    ``byte_start`` and ``byte_stop`` count from the first byte of the first token.
    ``logprob`` is the sum of its tokens' log probabilities, nats; it, ``mean_logprob``
    and ``min_logprob`` are NaN if one is unknown. ``probability`` is exp(``logprob``).
    ``cuts`` tells that its first or last token also holds what is outside of it.
    """

    generation: int
    text: str
    start: int
    stop: int
    byte_start: int
    byte_stop: int
    n_tokens: int
    logprob: float
    mean_logprob: float
    min_logprob: float
    probability: float
    cuts: bool
    bytes: bytes

    @property
    def positions(self) -> range:
        """The positions of its tokens."""
        return range(self.start, self.stop)


class Layout:
    """Where the tokens of a generation stand in their joined bytes.

    Parameters
    ----------
    generation
        Any.
    positions
        The tokens to join, all by default.
    """

    def __init__(self, generation: Generation, positions: Ints | None = None) -> None:
        columns = generation.columns
        codes = columns.token if positions is None else columns.token[positions]
        self.positions = np.arange(len(codes)) if positions is None else positions
        self.logprob = columns.logprob[self.positions]
        self.pieces = columns.pieces.as_bytes[codes]
        self.data = b"".join(self.pieces)
        sizes = np.diff(columns.pieces.offsets.astype(np.int64))[codes]
        self.starts = np.zeros(len(codes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=self.starts[1:])

    def tokens(self, starts: Ints, stops: Ints) -> tuple[Ints, Ints]:
        """Return the first token of each stretch of bytes, and the one after its last.

        Tokens without bytes count where they stand between two of a stretch.
        """
        first = np.searchsorted(self.starts[1:], starts, side="right")
        after = np.searchsorted(self.starts[:-1], stops, side="left")
        return first, np.maximum(after, first)


class Measured(NamedTuple):
    """Sums over ranges of tokens, nats; NaN if a token is unknown or there is none."""

    logprob: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]


def measure(logprob: NDArray[np.float64], first: Ints, after: Ints) -> Measured:
    """Return sum, mean and least of each range of log probabilities, nats."""
    total, low = np.full(len(first), np.nan), np.full(len(first), np.nan)
    some = np.flatnonzero(after > first)
    if len(some):
        borders = np.stack([first[some], after[some]], axis=1).ravel()
        padded = np.append(logprob, 0.0)
        total[some] = np.add.reduceat(padded, borders)[::2]
        low[some] = np.minimum.reduceat(padded, borders)[::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        return Measured(total, total / (after - first), low)


class Spans(list[Span]):
    """Spans in the order of the text; ``to_pandas`` makes them a frame."""

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a span, with the fields of `Span` but its bytes."""
        import pandas as pd

        names = Span._fields[:-1]
        columns = list(zip(*self, strict=True)) or [()] * len(Span._fields)
        return pd.DataFrame(
            {
                name: np.array(values, dtype=_DTYPES.get(name, np.int64))
                for name, values in zip(names, columns[:-1], strict=True)
            }
        )

    @overload
    def __getitem__(self, index: SupportsIndex) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> Spans: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Span | Spans:
        found = super().__getitem__(index)
        return found if isinstance(found, Span) else Spans(found)

    def _repr_html_(self) -> str:
        return str(self.to_pandas()._repr_html_())  # type: ignore[operator]


_FLOATS = ("logprob", "mean_logprob", "min_logprob", "probability")
_DTYPES: dict[str, Any] = {
    "text": object,
    "cuts": bool,
    **dict.fromkeys(_FLOATS, float),
}


def runs(
    generations: Sequence[Generation],
    masks: Sequence[NDArray[np.bool_]],
    min_tokens: int = 1,
    gap: int = 0,
) -> Spans:
    """Return the runs of tokens that masks select; see `Selection.spans`.

    Raises
    ------
    InputError
        `min_tokens` or `gap` is no such number.
    """
    min_tokens, gap = whole(min_tokens, "min_tokens", 1), whole(gap, "gap", 0)
    found = Spans()
    for number, (generation, mask) in enumerate(zip(generations, masks, strict=True)):
        first, after = _runs(mask, gap)
        enough = after - first >= min_tokens
        layout = Layout(generation)
        first, after = first[enough], after[enough]
        found += _spans(
            layout,
            number,
            layout.starts[first],
            layout.starts[after],
            (first, after),
        )
    return found


def whole(value: object, name: str, least: int) -> int:
    """Return a whole number that is at least so much.

    Raises
    ------
    InputError
        It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        msg = f"{name} is a whole number from {least} on, not {value!r:.40}"
        raise InputError(msg)
    return value


def _runs(mask: NDArray[np.bool_], gap: int) -> tuple[Ints, Ints]:
    selected = np.flatnonzero(mask)
    breaks = np.flatnonzero(np.diff(selected) > gap + 1) + 1
    groups = np.concatenate([np.zeros(1, dtype=np.int64), breaks])
    if not len(selected):
        return selected, selected
    ends = np.append(groups[1:], len(selected)) - 1
    return selected[groups], selected[ends] + 1


def stretches(
    generation: Generation, pairs: Iterable[tuple[int, int]], number: int = 0
) -> Spans:
    """Return spans for stretches of a generation's bytes, (start, stop) each."""
    borders = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    layout = Layout(generation)
    return Spans(_spans(layout, number, borders[:, 0], borders[:, 1]))


def _spans(
    layout: Layout,
    number: int,
    starts: Ints,
    stops: Ints,
    tokens: tuple[Ints, Ints] | None = None,
) -> Iterator[Span]:
    first, after = tokens or layout.tokens(starts, stops)
    measured = measure(layout.logprob, first, after)
    probability = np.exp(measured.logprob)
    numbers = (first, after, starts, stops, after - first, *measured, probability)
    for row in zip(*(values.tolist() for values in numbers), strict=True):
        begin, end, start, stop = row[:4]
        data = layout.data[start:stop]
        cuts = _cuts(layout, begin, end, start, stop)
        yield Span._make((number, display_text(data), *row, cuts, data))


def _cuts(layout: Layout, begin: int, end: int, start: int, stop: int) -> bool:
    before = layout.data[int(layout.starts[begin]) : start]
    after = layout.data[stop : int(layout.starts[end])]
    return bool(before.strip() or after.strip())


def lanes(generation: Generation, part: str | None = None) -> list[tuple[int, int]]:
    """Return the stretches of bytes, (start, stop), in which the part stays the same.

    Words and sentences end where a part does. With `part` only its own.

    Raises
    ------
    InputError
        There is no such part.
    """
    names = [one.name.lower() for one in Part]
    if part is not None and part not in names:
        msg = f"there is no part {part!r:.40}; there are: {', '.join(names)}"
        raise InputError(msg)
    parts = generation.columns.part
    edges = np.flatnonzero(np.diff(parts.astype(np.int64))) + 1
    tokens = [0, *edges.tolist(), len(parts)]
    starts = Layout(generation).starts
    return [
        (int(starts[a]), int(starts[b]))
        for a, b in pairwise(tokens)
        if starts[b] > starts[a] and part in {None, names[parts[a]]}
    ]
