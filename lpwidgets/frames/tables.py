r"""The tables that a generation has, as named columns of numpy.

``tokens`` has one row a token: ``generation, position, token, bytes, token_id, logprob,
rank, part``, and a column for each metric that was asked for. ``alternatives`` has one
row for each alternative of a token: ``generation, position, rank, token, bytes,
token_id, logprob, chosen``. Log probabilities are in nats, NaN unknown; ``token_id`` is
−1 and ``rank`` 0 when unknown. ``token`` writes bytes that are no UTF-8 as ``\xe2``;
``bytes`` is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

TABLES = ("tokens", "alternatives")
PART_NAMES = np.array([part.name.lower() for part in Part], dtype=object)


class Coded(NamedTuple):
    """A column of few distinct values: row i is ``values[codes[i]]``."""

    codes: NDArray[Any]
    values: NDArray[np.object_]


Column = Coded | np.ndarray[Any, Any]
Table = dict[str, Column]


def table_of(
    generations: Sequence[Generation], table: str, metrics: Sequence[str] = ()
) -> Table:
    """Return the named columns of a table over several generations.

    Raises
    ------
    InputError
        There is no table or metric of that name, or no generation.
    """
    if str(table) not in TABLES:
        msg = f"there is no table {table!r}; there are: {', '.join(TABLES)}"
        raise InputError(msg)
    if not generations:
        msg = "there is no generation to make a table of"
        raise InputError(msg)
    if metrics and table != "tokens":
        msg = f"metrics are columns of the table 'tokens', not of {table!r}"
        raise InputError(msg)
    if isinstance(metrics, str):
        metrics = [metrics]
    make: Callable[[Generation], Table] = (
        _alternatives if table == "alternatives" else lambda g: _tokens(g, metrics)
    )
    tables = [make(generation) for generation in generations]
    sizes = [len(_plain(one["position"])) for one in tables]
    numbers = np.repeat(np.arange(len(tables), dtype=np.int64), sizes)
    joined = {name: _joined([one[name] for one in tables]) for name in tables[0]}
    return {"generation": numbers, **joined}


def _tokens(generation: Generation, metrics: Sequence[str]) -> Table:
    c = generation.columns
    columns: Table = {
        "position": np.arange(len(c)),
        "token": Coded(c.token, c.pieces.as_text),
        "bytes": Coded(c.token, c.pieces.as_bytes),
        "token_id": c.token_id,
        "logprob": c.logprob,
        "rank": c.rank,
        "part": Coded(c.part.astype(np.int64), PART_NAMES),
    }
    return columns | {name: generation.metric(name) for name in metrics}


def _alternatives(generation: Generation) -> Table:
    c = generation.columns
    row = c.row
    place = np.arange(len(row)) - c.alternative_offsets[row].astype(np.int64)
    chosen = place == c.chosen[row]
    return {
        "position": row,
        "rank": np.where(chosen, c.rank[row], place + 1).astype(np.int32),
        "token": Coded(c.alternative, c.pieces.as_text),
        "bytes": Coded(c.alternative, c.pieces.as_bytes),
        "token_id": c.alternative_id,
        "logprob": c.alternative_logprob,
        "chosen": chosen,
    }


def _plain(column: Column) -> NDArray[Any]:
    return column.codes if isinstance(column, Coded) else column


def _joined(columns: Sequence[Column]) -> Column:
    """Return one column after the other."""
    if len(columns) == 1:
        return columns[0]
    coded = [one for one in columns if isinstance(one, Coded)]
    if not coded:
        return np.concatenate([_plain(one) for one in columns])
    if all(one.values is coded[0].values for one in coded):
        return Coded(np.concatenate([one.codes for one in coded]), coded[0].values)
    starts = np.cumsum([0, *(len(one.values) for one in coded)])
    codes = [one.codes + start for one, start in zip(coded, starts, strict=False)]
    values = np.concatenate([one.values for one in coded])
    return Coded(np.concatenate(codes), values)
