"""Rows of a DataFrame that meet a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis.evaluate import Texts, truth
from lpwidgets.analysis.expression import parse
from lpwidgets.analysis.parser import Scope

if TYPE_CHECKING:
    import pandas as pd

    from lpwidgets.analysis.parser import Kind


def filter_frame(frame: pd.DataFrame, expression: str) -> pd.DataFrame:
    """Return the rows of a DataFrame for which a condition is true.

    Any column of numbers or texts has its own name in it; missing values are unknown,
    and a missing text is an empty one.

    Raises
    ------
    InputError
        The condition is none, or names a column that is not there.
    """
    kinds = {str(name): _kind(frame[name]) for name in frame}
    names = {name: kind for name, kind in kinds.items() if kind}
    parsed = parse(expression, Scope(names))
    result = truth(parsed.tree, lambda leaf: _frame_column(frame, leaf[1], names))
    return frame[np.broadcast_to(result.true, (len(frame),))]


def _kind(values: pd.Series[Any]) -> Kind | None:
    from pandas.api import types

    if types.is_numeric_dtype(values):
        return "number"
    return "text" if types.infer_dtype(values) in {"string", "empty"} else None


def _frame_column(frame: pd.DataFrame, name: str, kinds: dict[str, Kind]) -> Any:
    import pandas as pd

    if kinds[name] == "number":
        return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    codes, values = pd.factorize(frame[name].fillna(""))
    return Texts(np.asarray(values, dtype=object), codes)
