"""One row a generation, its tokens as lists: the form that files keep, to the bit.

Beside what people read (``text``, ``status``, ``model``, scores) a row has every column
of `lpwidgets.columns.Columns` as a list, the texts of all parts as bytes, and ``meta``
as JSON, so that reading gives the generation back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lpwidgets.columns import Columns
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta
from lpwidgets.pieces import Pieces, well_formed
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_VERSION = {b"lpwidgets": b"1"}
_NUMBERS = {
    "token_id": pa.int32(),
    "logprob": pa.float64(),
    "rank": pa.int32(),
    "part": pa.uint8(),
    "chosen": pa.int32(),
}
_ALTERNATIVE = {
    "bytes": ("alternative", pa.binary()),
    "token_id": ("alternative_id", pa.int32()),
    "logprob": ("alternative_logprob", pa.float64()),
}


def table_of(generations: Sequence[Generation]) -> pa.Table:
    """Return the generations as a table of one row each."""
    many = [generation.columns for generation in generations]
    ends = np.cumsum([0, *(len(columns) for columns in many)])
    scores = ("sequence_logprob", "mean_logprob", "perplexity")
    head: dict[str, Any] = {
        "text": [well_formed(generation.text) for generation in generations],
        "status": [str(generation.status) for generation in generations],
        "provider": [generation.meta.provider for generation in generations],
        "model": [generation.meta.model for generation in generations],
        "tokens": [len(generation) for generation in generations],
    } | {name: [getattr(one, name) for one in generations] for name in scores}
    lists: dict[str, Any] = {"bytes": _listed(ends, _pieces(many, "token"))} | {
        name: _listed(ends, pa.array(_joined(many, name), kind))
        for name, kind in _NUMBERS.items()
    }
    rest = {
        "alternatives": _listed(ends, _alternatives(many)),
        "texts": pa.array([_texts(one) for one in generations], _TEXTS),
        "meta": [msgspec.json.encode(one.meta).decode() for one in generations],
    }
    table = pa.table({**head, **lists, **rest})
    return table.replace_schema_metadata(_VERSION)


def write(generations: Sequence[Generation], path: Path) -> None:
    """Write a Parquet file that `lpwidgets.read` gives back."""
    pq.write_table(table_of(generations), path, compression="zstd")


def read(path: Path) -> Iterator[Generation]:
    """Yield the generations of a Parquet file.

    Raises
    ------
    InputError
        It is no Parquet file, or not one of lpwidgets.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        msg = f"{str(path)[:80]!r} cannot be read as Parquet: {error!s:.80}"
        raise InputError(msg) from None
    if (table.schema.metadata or {}).get(b"lpwidgets") != _VERSION[b"lpwidgets"]:
        msg = (
            f"{str(path)[:80]!r} is a Parquet file of something else; lp.read takes "
            "what gen.to_parquet(path) wrote"
        )
        raise InputError(msg)
    for row in range(len(table)):
        yield _generation(table.slice(row, 1).combine_chunks())


def _generation(table: pa.Table) -> Generation:
    def values(name: str) -> Any:
        column: Any = table[name].combine_chunks()
        return column.flatten()

    alternatives = values("alternatives")
    inner = alternatives.flatten()
    offsets = alternatives.offsets.to_numpy() - alternatives.offsets[0].as_py()
    tokens = values("bytes")
    pieces, codes = _coded([tokens, inner.field("bytes")])
    columns = Columns(
        pieces=pieces,
        token=codes[: len(tokens)],
        **{name: _array(values(name)) for name in _NUMBERS},
        alternative_offsets=offsets.astype(np.uint32),
        alternative=codes[len(tokens) :],
        alternative_id=_array(inner.field("token_id")),
        alternative_logprob=_array(inner.field("logprob")),
    )
    meta = msgspec.json.decode(table["meta"][0].as_py(), type=Meta)
    return Generation(columns, meta, _said(table["texts"][0].as_py()))


def _said(texts: list[dict[str, Any]] | None) -> dict[Part, str] | None:
    if texts is None:
        return None
    return {
        Part(one["part"]): one["text"].decode("utf-8", "surrogatepass") for one in texts
    }


def _array(values: Any) -> NDArray[Any]:
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array


def _coded(parts: Sequence[Any]) -> tuple[Pieces, NDArray[np.int32]]:
    """Return distinct byte strings, and the number of each row among them."""
    joined: Any = pa.chunked_array(list(parts), pa.binary()).combine_chunks()
    coded = joined.dictionary_encode()
    distinct: list[bytes] = coded.dictionary.to_pylist()
    ends = np.cumsum([0, *map(len, distinct)]).astype(np.uint32)
    data = np.frombuffer(b"".join(distinct), dtype=np.uint8)
    return Pieces(data, ends), _array(coded.indices).astype(np.int32)


def _joined(many: Sequence[Columns], name: str) -> NDArray[Any]:
    arrays = [getattr(columns, name) for columns in many]
    return np.concatenate(arrays) if arrays else np.zeros(0)


def _pieces(many: Sequence[Columns], name: str) -> Any:
    parts = [
        pa.array(columns.pieces.as_bytes, pa.binary()).take(
            pa.array(getattr(columns, name))
        )
        for columns in many
    ]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.binary())


def _alternatives(many: Sequence[Columns]) -> Any:
    counts = [columns.counts for columns in many]
    ends = np.cumsum(np.concatenate([[0], *counts]))
    fields = [
        _pieces(many, name) if kind == pa.binary() else pa.array(_joined(many, name))
        for name, kind in _ALTERNATIVE.values()
    ]
    return _listed(ends, pa.StructArray.from_arrays(fields, list(_ALTERNATIVE)))


def _listed(ends: NDArray[np.int64], values: Any) -> Any:
    return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), values)


_TEXTS = pa.list_(pa.struct([("part", pa.uint8()), ("text", pa.binary())]))


def _texts(generation: Generation) -> list[dict[str, Any]] | None:
    if generation.texts is None:
        return None
    return [
        {"part": int(part), "text": text.encode("utf-8", "surrogatepass")}
        for part, text in generation.texts.items()
    ]
