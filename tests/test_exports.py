"""The same table in six engines, and files that give back what was written."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.errors import InputError
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lpwidgets.generation import Generation

ODD = generation(
    token("Hi", -0.5, [("Hi", -0.5, 1), ("Ho", -1.5, 2)], 1),
    token(b"\xf0\x9f", None, [(b"\xf0\x9f", None, 4), ("x", -0.7, 3)], 4),
    token(" z", -5.0, [(" y", -0.1, 5)], 6),
    token("\x00", -0.1),
    text="Hi…\ud800",
)
PAIR = lp.Generations([ODD, generation(token("é", -1 / 3))])


def _parquet(gens: lp.Generations, path: Path) -> Any:
    pq.write_table(gens.to_arrow(), path / "tokens.parquet")
    table: Any = pq.read_table(path / "tokens.parquet")
    return table.to_pylist()


def _duckdb(gens: lp.Generations) -> Any:
    with duckdb.connect() as database:
        relation: Any = database.from_arrow(gens.to_arrow())
        return relation.to_arrow_table().to_pylist()


def _rows(engine: str, gens: lp.Generations, path: Path) -> list[dict[str, Any]]:
    """Return the tokens as an engine has them, NaN as None."""
    as_rows: dict[str, Callable[[], Any]] = {
        "pandas": lambda: gens.to_pandas().to_dict("records"),
        "polars": lambda: gens.to_polars().to_dicts(),
        "pyarrow": lambda: pa.table(gens).to_pylist(),
        "duckdb": lambda: _duckdb(gens),
        "narwhals": lambda: nw.from_arrow(gens, backend=pa).rows(named=True),
        "parquet": lambda: _parquet(gens, path),
    }
    return [{k: _none_if_nan(v) for k, v in row.items()} for row in as_rows[engine]()]


def _none_if_nan(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


ENGINES = ("pandas", "polars", "pyarrow", "duckdb", "narwhals", "parquet")
PAIRS = list(itertools.product(ENGINES, ENGINES))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_engines_have_the_same_rows(pair: tuple[str, str], tmp_path: Path) -> None:
    """Half characters, unknown values, a NUL and two generations included."""
    one, other = (_rows(engine, PAIR, tmp_path) for engine in pair)
    assert one == other
    assert len(one) == len(ODD) + 1


def test_metrics_become_columns() -> None:
    """Those that were asked for, with the values of `metric`."""
    frame = ODD.to_pandas(metrics=["surprisal", "entropy_low"])
    assert list(frame)[-2:] == ["surprisal", "entropy_low"]
    assert frame.surprisal.tolist()[0] == ODD.metric("surprisal")[0]
    with pytest.raises(InputError, match="there is no metric 'surprise'"):
        ODD.to_pandas(metrics=["surprise"])
    with pytest.raises(InputError, match="columns of the table 'tokens'"):
        ODD.to_pandas("alternatives", metrics=["rank"])


def _same(one: Generation, other: Generation) -> None:
    assert one == other
    assert one.meta.provider
    assert one.meta == other.meta
    assert one.texts == other.texts


def test_a_parquet_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """To the bit, `meta` too; one comes back as one, two as two."""
    path = tmp_path / "odd.parquet"
    ODD.to_parquet(path)
    back = lp.read(path)
    assert isinstance(back, lp.Generation)
    _same(back, ODD)
    PAIR.to_parquet(path)
    both = lp.read(str(path))
    assert isinstance(both, lp.Generations)
    for one, other in zip(both, PAIR, strict=True):
        _same(one, other)


@given(
    st.lists(
        st.tuples(
            st.binary(max_size=3),
            st.none() | st.floats(-50, 0),
            st.lists(st.tuples(st.binary(max_size=3), st.floats(-50, 0)), max_size=3),
        ),
        max_size=6,
    )
)
def test_any_generation_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    """Empty ones, too."""
    gen = generation(*(token(*row) for row in rows))
    path = tmp_path_factory.mktemp("any") / "gen.parquet"
    gen.to_parquet(path)
    back = lp.read(path)
    assert isinstance(back, lp.Generation)
    _same(back, gen)


def test_a_row_a_generation_reads_like_a_summary() -> None:
    """With scores, and tokens and alternatives as lists."""
    table = PAIR.to_arrow("generations")
    assert table["text"].to_pylist() == ["Hi…\\ud800", "é"]
    assert table["tokens"].to_pylist() == [4, 1]
    assert table["bytes"][0].as_py() == [b"Hi", b"\xf0\x9f", b" z", b"\x00"]
    first = table["alternatives"][0].as_py()[0]
    assert first[1] == {"bytes": b"Ho", "token_id": 2, "logprob": -1.5}


def test_a_slice_comes_back_as_a_slice(tmp_path: Path) -> None:
    """It has tokens and no texts."""
    path = tmp_path / "slice.parquet"
    ODD[1:3].to_parquet(path)
    back = lp.read(path)
    assert isinstance(back, lp.Generation)
    assert back.texts is None
    _same(back, ODD[1:3])


def test_another_parquet_file_is_named_as_such(tmp_path: Path) -> None:
    """Nothing is guessed."""
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    with pytest.raises(InputError, match="a Parquet file of something else"):
        lp.read(path)
    path.write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        lp.read(path)
