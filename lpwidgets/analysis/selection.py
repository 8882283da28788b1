r"""Tokens that meet a condition, as a view that knows where they stand.

Names in a condition are every metric of `lpwidgets.analysis.metrics` and

=============  =========================================================
``logprob``    log probability, nats
``position``   place in its generation, from 0
``generation`` number of its generation, from 0
``token_id``   the server's id
``chosen``     place of the sampled token among its alternatives, from 0
``token``      its text; bytes that are no UTF-8 as in ``\xe2``
``text``       the same without white space around it
``bytes``      its bytes in hex, two lower-case digits each
``part``       prompt, reasoning, generated, forced, special, tool, refusal
=============  =========================================================
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis import metrics
from lpwidgets.analysis.evaluate import Texts, truth
from lpwidgets.analysis.expression import parse
from lpwidgets.analysis.parser import Scope
from lpwidgets.analysis.spans import runs, whole
from lpwidgets.errors import InputError
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.analysis.evaluate import Truth
    from lpwidgets.analysis.expression import Expression
    from lpwidgets.analysis.parser import Kind, Tree
    from lpwidgets.analysis.spans import Spans
    from lpwidgets.generation import Generation, TokenRow

_PARTS = np.array([part.name.lower() for part in Part], dtype=object)
_NUMBERS: dict[str, Callable[[Generation], NDArray[Any]]] = {
    "logprob": lambda gen: gen.columns.logprob,
    "position": lambda gen: np.arange(len(gen), dtype=np.float64),
    "token_id": lambda gen: _natural(gen.columns.token_id),
    "chosen": lambda gen: _natural(gen.columns.chosen),
}
_TEXTS: dict[str, Callable[[bytes], str]] = {
    "token": display_text,
    "text": lambda piece: display_text(piece).strip(),
    "bytes": bytes.hex,
}


def scope() -> Scope:
    """Return the names that a condition on tokens may use."""
    numbers = ["logprob", "generation", *_NUMBERS, *metrics.names()]
    names: dict[str, Kind] = dict.fromkeys(numbers, "number")
    return Scope(names | dict.fromkeys([*_TEXTS, "part"], "text"))


def evaluate(tree: Tree, generation: Generation, number: int = 0) -> Truth:
    """Return where a condition's tree is true and false of a generation's tokens."""
    result = truth(tree, lambda leaf: column(leaf[1], generation, number))
    shape = (len(generation),)
    return type(result)(*(np.broadcast_to(mask, shape) for mask in result))


def column(name: str, generation: Generation, number: int = 0) -> Any:
    """Return a column by the name it has in a condition: float64 or `Texts`."""
    columns = generation.columns
    if name == "part":
        return Texts(_PARTS, columns.part)
    if name in _TEXTS:
        texts = np.array([_TEXTS[name](p) for p in columns.pieces.as_bytes] or [""])
        return Texts(texts.astype(object), columns.token)
    if name == "generation":
        return np.full(len(generation), float(number))
    if name in _NUMBERS:
        return _NUMBERS[name](generation)
    return generation.metric(name)


def _natural(values: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.where(values >= 0, values, np.nan)


class Selection:
    """The tokens of one or several generations for which a condition is true.

    ``len(selection)`` counts them, iteration gives each as a `TokenRow`.

    Attributes
    ----------
    generations
        What was selected from, whole.
    expression
        The condition, parsed.
    mask
        Shape (n,): what is selected of all tokens, generation after generation, the
        order of ``to_pandas`` rows.
    unknown
        Shape (n,): where the condition is unknown, and so not selected.
    """

    def __init__(
        self, generations: Sequence[Generation], expression: Expression
    ) -> None:
        self.generations = list(generations)
        self.expression = expression
        numbered = enumerate(self.generations)
        truths = [evaluate(expression.tree, gen, number) for number, gen in numbered]
        self.mask = _joined([one.true for one in truths])
        self.unknown = _joined([one.unknown for one in truths])

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each selected token's generation, from 0."""
        sizes = [len(generation) for generation in self.generations]
        return np.repeat(np.arange(len(sizes)), sizes)[self.mask]

    @cached_property
    def positions(self) -> NDArray[np.int64]:
        """The position of each selected token in its generation, from 0."""
        places = [np.arange(len(generation)) for generation in self.generations]
        return np.concatenate([*places, np.zeros(0, dtype=np.int64)])[self.mask]

    def __len__(self) -> int:
        return int(np.count_nonzero(self.mask))

    def __iter__(self) -> Iterator[TokenRow]:
        pairs = zip(self.numbers.tolist(), self.positions.tolist(), strict=True)
        return (self.generations[number][position] for number, position in pairs)

    @property
    def masks(self) -> list[NDArray[np.bool_]]:
        """The mask of each generation."""
        ends = np.cumsum([len(generation) for generation in self.generations])
        return np.split(self.mask, ends[:-1]) if len(ends) else []

    def spans(self, min_tokens: int = 1, gap: int = 0) -> Spans:
        """Return runs of selected tokens.

        Parameters
        ----------
        min_tokens
            Shorter runs are left out.
        gap
            Up to so many tokens that are not selected are bridged.

        Raises
        ------
        InputError
            One of them is no such number.
        """
        return runs(self.generations, self.masks, min_tokens, gap)

    def context(self, tokens: int = 5) -> pd.DataFrame:
        """Return each selected token with the text around it, one row each.

        Parameters
        ----------
        tokens
            How many tokens to show on each side.

        Returns
        -------
        DataFrame
            ``generation, position, before, token, after, logprob`` (nats).
        """
        import pandas as pd

        size = whole(tokens, "tokens", 0)
        names = ["generation", "position", "before", "token", "after", "logprob"]
        pairs = zip(self.numbers.tolist(), self.positions.tolist(), strict=True)
        rows = [(n, i, *_around(self.generations[n], i, size)) for n, i in pairs]
        return pd.DataFrame(rows, columns=names)

    def to_pandas(
        self, table: str = "tokens", metrics: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return the rows of the selected tokens, as `Generation.to_pandas` has them.

        Raises
        ------
        InputError
            There is no such table, or metric.
        """
        from lpwidgets import frames

        frame = frames.to_pandas(self.generations, table, metrics)
        sizes = np.cumsum([0, *map(len, self.generations)])
        if not {"generation", "position"} <= set(frame):
            msg = f"the table {table!r} has no rows of tokens to select"
            raise InputError(msg)
        row = sizes[frame["generation"].to_numpy()] + frame["position"].to_numpy()
        rows: pd.DataFrame = frame[self.mask[row]]
        return rows.reset_index(drop=True)

    def __repr__(self) -> str:
        unknown = int(np.count_nonzero(self.unknown))
        facts = [f"{len(self)} of {len(self.mask)} tokens", self.expression.text]
        facts += [f"unknown for {unknown}"] if unknown else []
        return f"<Selection {' · '.join(' '.join(fact.split()) for fact in facts)}>"

    def _repr_html_(self) -> str:
        from lpwidgets.display.marked_html import render

        return render(self)


def where(generations: Sequence[Generation], expression: str) -> Selection:
    """Return the tokens for which a condition is true; see `Generation.where`."""
    return Selection(generations, parse(expression, scope()))


def _around(gen: Generation, i: int, size: int) -> tuple[str, str, str, float]:
    pieces = gen.columns.pieces.as_bytes[
        gen.columns.token[max(0, i - size) : i + size + 1]
    ]
    at = min(i, size)
    texts = (b"".join(pieces[:at]), pieces[at], b"".join(pieces[at + 1 :]))
    before, token, after = map(display_text, texts)
    return before, token, after, float(gen.columns.logprob[i])


def _joined(masks: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.concatenate([*masks, np.zeros(0, dtype=bool)])
