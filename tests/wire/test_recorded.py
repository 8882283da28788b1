"""Recorded bodies of each dialect: whole, byte by byte, in random chunks, and cut."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lpwidgets.errors import WireError
from lpwidgets.meta import Status
from lpwidgets.wire.dialects import DIALECTS
from tests.wire.replay import random_chunks, replay, told

FOLDER = Path(__file__).parent
KINDS = (".sse", ".ndjson", ".json")
BODIES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in KINDS)
BESIDE = (".expected.json", ".asked.json")
BODIES = [path for path in BODIES if not path.name.endswith(BESIDE)]
STREAMS = [path for path in BODIES if path.suffix != ".json"]


def _id(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.mark.parametrize("path", BODIES, ids=_id)
def test_a_recorded_body_decodes_to_what_stands_beside_it(path: Path) -> None:
    """Set LPWIDGETS_WRITE=1 to write the expectation anew, then read it."""
    decoded = [told(generation) for generation in replay(path, [path.read_bytes()])]
    expected = path.with_suffix(".expected.json")
    if os.environ.get("LPWIDGETS_WRITE"):
        lines = json.dumps(decoded, ensure_ascii=True, indent=1)
        expected.write_text(lines + "\n")
    assert decoded == json.loads(expected.read_text())


@pytest.mark.parametrize("path", BODIES, ids=_id)
def test_how_a_body_is_cut_into_chunks_does_not_matter(path: Path) -> None:
    """Byte by byte and in 20 random ways it gives equal generations."""
    data = path.read_bytes()
    whole = replay(path, [data])
    assert replay(path, [data[i : i + 1] for i in range(len(data))]) == whole
    for seed in range(20):
        assert replay(path, random_chunks(data, seed)) == whole


@pytest.mark.parametrize("path", STREAMS, ids=_id)
def test_a_stream_cut_at_any_byte_keeps_a_prefix_of_its_tokens(path: Path) -> None:
    """What comes is a prefix, and never called complete without an end mark."""
    data = path.read_bytes()
    whole = list(replay(path, [data])[0])
    for end in range(0, len(data), 7):
        try:
            cut = replay(path, [data[:end]])[0]
        except WireError:  # the cut went through the last event
            continue
        assert [repr(t[:6]) for t in cut] == [repr(t[:6]) for t in whole[: len(cut)]]
        ended = b"[DONE]" in data[:end] or cut.meta.finish_reason
        assert ended or cut.status in {Status.TRUNCATED, Status.ERROR}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("body", [b"", b"<html>", b"3", b'"text"', b"{}", b"[]"])
def test_a_body_of_another_kind_is_a_clear_error(dialect: str, body: bytes) -> None:
    """It says what came instead of an answer."""
    with pytest.raises(WireError, match="the answer"):
        DIALECTS[dialect].Decoder().body(body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_has_its_bodies(dialect: str) -> None:
    """Plain, streaming, and one with an error."""
    names = " ".join(path.name for path in BODIES if path.parent.name == dialect)
    assert ".sse" in names or ".ndjson" in names
    assert all(kind in names for kind in (".json", "error"))
