"""DataFrames, Arrow and Parquet: the same arrays as tables."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

from lpwidgets.errors import MissingPackageError
from lpwidgets.frames.tables import Coded, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    import polars as pl
    from pyarrow import Table

    from lpwidgets.frames.tables import Column
    from lpwidgets.generation import Generation


def to_pandas(
    generations: Sequence[Generation],
    table: str = "tokens",
    metrics: Sequence[str] = (),
) -> pd.DataFrame:
    """Return a table of the generations, numbered from 0, as a DataFrame.

    Raises
    ------
    InputError
        There is no table or metric of that name.
    """
    import pandas as pd

    def column(one: Column) -> Any:
        # The distinct values become pandas' own strings; their rows are only taken.
        if isinstance(one, Coded):
            return pd.Series(one.values).array.take(one.codes)
        return one

    columns = table_of(generations, table, metrics)
    return pd.DataFrame(
        {name: column(one) for name, one in columns.items()}, copy=False
    )


def to_arrow(
    generations: Sequence[Generation],
    table: str = "tokens",
    metrics: Sequence[str] = (),
) -> Table:
    """Return a table as a PyArrow table; ``"generations"`` has one row for each.

    Raises
    ------
    InputError
        There is no table or metric of that name.
    MissingPackageError
        PyArrow is not installed.
    """
    pa = needed("pyarrow", "arrow")
    if table == "generations":
        from lpwidgets.frames import nested

        return nested.table_of(generations)

    def column(name: str, one: Column) -> Any:
        if isinstance(one, Coded):
            kind = pa.binary() if name == "bytes" else pa.string()
            return pa.array(one.values, kind).take(pa.array(one.codes))
        return pa.array(one)

    columns = table_of(generations, table, metrics)
    arrays = {name: column(name, one) for name, one in columns.items()}
    return cast("Table", pa.table(arrays))


def to_parquet(generations: Sequence[Generation], path: Path) -> None:
    """Write a Parquet file, a row a generation, that `lpwidgets.read` gives back.

    Raises
    ------
    MissingPackageError
        PyArrow is not installed.
    """
    needed("pyarrow", "arrow")
    from lpwidgets.frames import nested

    nested.write(generations, path)


def read_parquet(path: Path) -> list[Generation]:
    """Return the generations of a file that `to_parquet` wrote.

    Raises
    ------
    InputError
        It is no such file.
    MissingPackageError
        PyArrow is not installed.
    """
    needed("pyarrow", "arrow")
    from lpwidgets.frames import nested

    return list(nested.read(path))


def to_polars(
    generations: Sequence[Generation],
    table: str = "tokens",
    metrics: Sequence[str] = (),
) -> pl.DataFrame:
    """Return a table as a Polars DataFrame.

    Raises
    ------
    InputError
        There is no table or metric of that name.
    MissingPackageError
        Polars or PyArrow is not installed.
    """
    polars = needed("polars", "polars")
    frame: pl.DataFrame = polars.from_arrow(to_arrow(generations, table, metrics))
    return frame


def arrow_stream(
    generations: Sequence[Generation], requested_schema: object = None
) -> object:
    """Return the tokens as an Arrow C stream capsule.

    Raises
    ------
    MissingPackageError
        PyArrow is not installed.
    """
    return to_arrow(generations).__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]


def needed(package: str, extra: str) -> Any:
    """Import a package of an extra.

    Raises
    ------
    MissingPackageError
        It is not installed; the message has the command.
    """
    try:
        return importlib.import_module(package)
    except ImportError:
        msg = f"this needs {package}: pip install 'lpwidgets[{extra}]'"
        raise MissingPackageError(msg) from None
