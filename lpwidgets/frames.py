r"""DataFrames and Arrow: the same arrays as tables.

``tokens`` has one row a token: ``generation, position, token, bytes, token_id, logprob,
rank, part``. ``alternatives`` has one row for each alternative of a token:
``generation, position, rank, token, bytes, token_id, logprob, chosen``. Log
probabilities are in nats, NaN unknown; ``token_id`` is −1 and ``rank`` 0 when unknown.
``token`` writes bytes that are no UTF-8 as ``\xe2``; ``bytes`` is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.errors import InputError, MissingPackageError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from lpwidgets.columns import Columns
    from lpwidgets.generation import Generation

    Table = dict[str, NDArray[Any]]

_PART_NAMES = np.array([part.name.lower() for part in Part], dtype=object)


def to_pandas(generations: Sequence[Generation], table: str = "tokens") -> pd.DataFrame:
    """Return a table of the generations, numbered from 0, as a DataFrame.

    Raises
    ------
    InputError
        There is no table of that name.
    """
    import pandas as pd

    return pd.DataFrame(columns_of(generations, table), copy=False)


def arrow_stream(
    generations: Sequence[Generation], requested_schema: object = None
) -> object:
    """Return the tokens as an Arrow C stream capsule.

    Raises
    ------
    MissingPackageError
        PyArrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        msg = "the Arrow interface needs PyArrow: pip install 'lpwidgets[arrow]'"
        raise MissingPackageError(msg) from None
    columns: dict[str, Any] = columns_of(generations, "tokens")
    table = pa.table(columns)
    return table.__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]


def columns_of(generations: Sequence[Generation], table: str) -> Table:
    """Return the named columns of a table over several generations."""
    makers: dict[str, Callable[[Columns], Table]] = {
        "tokens": _tokens,
        "alternatives": _alternatives,
    }
    if table not in makers:
        msg = f"there is no table {table!r}; there are: {', '.join(makers)}"
        raise InputError(msg)
    tables = [makers[table](generation.columns) for generation in generations]
    sizes = [len(columns["position"]) for columns in tables]
    numbers = np.repeat(np.arange(len(tables), dtype=np.int64), sizes)
    if not tables:
        msg = "there is no generation to make a table of"
        raise InputError(msg)
    return {"generation": numbers} | {
        name: np.concatenate([columns[name] for columns in tables])
        for name in tables[0]
    }


def _tokens(c: Columns) -> Table:
    return {
        "position": np.arange(len(c)),
        "token": c.pieces.as_text[c.token],
        "bytes": c.pieces.as_bytes[c.token],
        "token_id": c.token_id,
        "logprob": c.logprob,
        "rank": c.rank,
        "part": _PART_NAMES[c.part],
    }


def _alternatives(c: Columns) -> Table:
    row = c.row
    place = np.arange(len(row)) - c.alternative_offsets[row].astype(np.int64)
    chosen = place == c.chosen[row]
    return {
        "position": row,
        "rank": np.where(chosen, c.rank[row], place + 1).astype(np.int32),
        "token": c.pieces.as_text[c.alternative],
        "bytes": c.pieces.as_bytes[c.alternative],
        "token_id": c.alternative_id,
        "logprob": c.alternative_logprob,
        "chosen": chosen,
    }
