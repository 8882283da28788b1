"""DataFrames and Arrow tables hold what the generation holds."""

from __future__ import annotations

import math
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError, MissingPackageError
from tests.make_generation import generation, token

GEN = generation(
    token("Hi", -0.5, [("Hi", -0.5, 1), ("Ho", -1.5, 2)], 1),
    token(b"\xf0\x9f", None, [(b"\xf0\x9f", None, 4), ("x", -0.7, 3)], 4),
    token(" z", -5.0, [(" y", -0.1, 5)], 6),
    text="Hi…",
)


def test_one_row_a_token() -> None:
    """With the columns of the design, in its order."""
    frame = GEN.to_pandas()
    assert list(frame) == [
        "generation",
        "position",
        "token",
        "bytes",
        "token_id",
        "logprob",
        "rank",
        "part",
    ]
    assert frame.token.tolist() == ["Hi", "\\xf0\\x9f", " z"]
    assert frame.bytes.tolist() == [b"Hi", b"\xf0\x9f", b" z"]
    assert frame["rank"].tolist() == [1, 0, 0]
    assert math.isnan(frame.logprob[1])


def test_one_row_an_alternative() -> None:
    """Most likely first, the sampled one chosen, an unlisted one without rank."""
    frame = GEN.to_pandas("alternatives")
    assert list(frame) == [
        "generation",
        "position",
        "rank",
        "token",
        "bytes",
        "token_id",
        "logprob",
        "chosen",
    ]
    assert frame.position.tolist() == [0, 0, 1, 1, 2, 2]
    assert frame.token.tolist() == ["Hi", "Ho", "x", "\\xf0\\x9f", " y", " z"]
    assert frame["rank"].tolist() == [1, 2, 1, 0, 1, 0]
    assert frame.chosen.tolist() == [True, False, False, True, False, True]


def test_values_are_exact() -> None:
    """Frames hold the float64 that JSON held."""
    gen = generation(*(token("t", -i / 7) for i in range(100)))
    assert gen.to_pandas().logprob.tolist() == [-i / 7 for i in range(100)]


def test_several_generations_are_numbered() -> None:
    """From 0, in one frame."""
    frame = lp.Generations([GEN, GEN[:1], GEN[:0]]).to_pandas()
    assert frame.generation.tolist() == [0, 0, 0, 1]


def test_nothing_gives_an_empty_frame_with_all_columns() -> None:
    """Code that follows need not ask."""
    assert list(GEN[:0].to_pandas()) == list(GEN.to_pandas())
    assert list(GEN[:0].to_pandas("alternatives")) == list(
        GEN.to_pandas("alternatives")
    )
    assert len(GEN[:0].to_pandas()) == 0


def test_arrow_libraries_take_it_as_it_is() -> None:
    """PyArrow, Polars and pandas read the same table through one method."""
    table = pa.table(GEN)
    assert table["bytes"].to_pylist() == [b"Hi", b"\xf0\x9f", b" z"]
    assert pl.DataFrame(GEN)["token"].to_list() == GEN.to_pandas().token.tolist()
    from_arrow = getattr(pd.DataFrame, "from_arrow", None)
    if from_arrow:  # pandas 3
        pd.testing.assert_series_equal(from_arrow(GEN).logprob, GEN.to_pandas().logprob)


def test_an_unknown_table_lists_the_known_ones() -> None:
    """The message names both."""
    with pytest.raises(InputError, match="there are: tokens, alternatives"):
        GEN.to_pandas("words")


def test_without_pyarrow_the_message_has_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What to type next."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'lpwidgets\[arrow\]'"):
        GEN.__arrow_c_stream__()


def test_memory_stays_near_what_the_values_need() -> None:
    """A token with 20 alternatives takes at most 500 bytes."""
    row = [(f" word{i}", -float(i), i) for i in range(20)]
    gen = generation(*(token(" word0", -0.0, row, 0) for _ in range(2000)))
    assert sum(array.nbytes for array in gen.columns.arrays()) <= 500 * len(gen)
