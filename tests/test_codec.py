"""The frames that go to the page; `js/tests` reads the same files."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets.builder import AnswerBuilder
from lpwidgets.display import codec
from lpwidgets.display.head import head_of
from lpwidgets.display.news import Extent, News, continues
from lpwidgets.wire.records import Delta, Done, Part, Usage
from tests.make_generation import META, generation, token

if TYPE_CHECKING:
    from lpwidgets.generation import Generation

CONTRACT = Path(__file__).parent / "contract"


def _plain() -> list[tuple[str, bytes, Any]]:
    gen = generation(
        token(
            "Hello",
            -0.105,
            [("Hello", -0.105, 7), ("Hi", -2.5, 8), ("Hey", -4.0, 9)],
            7,
        ),
        token(" world", -1.6, [(" there", -0.4, 3), (" world", -1.6, 4)], 4),
        token("!", -0.01, [("!", -0.01, 5)], 5),
    )
    return [("plain", codec.keyframe([gen], 1, live=False), _told([gen]))]


def _hostile() -> list[tuple[str, bytes, Any]]:
    gen = generation(
        token(b"\xf0\x9f", -0.5, [(b"\xf0\x9f", -0.5), (b"\xe2", -1.5)]),
        token(b"\x98\x80", -0.2, [(b"\x98\x80", -0.2), (b"\x98\x81", -2.2)]),
        token("\u202e<script>alert(1)</script>", -3.0, [("\x00\t\n", -0.5)]),
        token("نص", None, [("text", -0.9), ("نص", None)]),
        token("", -0.7, []),
        text="😀\u202e<script>alert(1)</script>نص",
    )
    return [("hostile", codec.keyframe([gen], 3, live=False), _told([gen]))]


def _growing() -> list[tuple[str, bytes, Any]]:
    """Write a keyframe while live, then what came after it."""
    builder = AnswerBuilder(META)
    builder.add(
        Delta(
            0,
            text="one two",
            tokens=[token("one", -0.3, [("one", -0.3), ("two", -2.0)])],
        )
    )
    first = builder.snapshot()[0]
    builder.add(
        Delta(0, tokens=[token(" two", -0.9, [(" three", -0.8), (" two", -0.9)])])
    )
    builder.add(
        Delta(0, text="…", tokens=[token("…", -2.0, [("one", -0.2), ("…", -2.0)])])
    )
    second = builder.snapshot()[0]
    base = Extent.of(first)
    return [
        ("growing-1", codec.keyframe([first], 1, live=True), _told([first])),
        ("growing-2", _appended(second, base, 2), _told([second], [base])),
    ]


def _empty() -> list[tuple[str, bytes, Any]]:
    nothing = codec.keyframe([], 0, live=True)
    silent = AnswerBuilder(META, choices=2)
    silent.add(Delta(0, text="No values here.", finish_reason="stop"))
    silent.add(Delta(1, Part.REFUSAL, text="I can't.", finish_reason="stop"))
    silent.add(Usage(completion_tokens=4))
    silent.add(Done())
    two = list(silent.finish())
    return [
        ("empty", nothing, []),
        ("no-logprobs", codec.keyframe(two, 5, live=False), _told(two)),
    ]


def _appended(gen: Generation, base: Extent, seq: int) -> bytes:
    return codec.append([News(gen, base, seq, head_of(gen)._asdict())])


def _told(generations: list[Generation], bases: list[Extent] | None = None) -> Any:
    """Say what a frame must decode to, computed without the codec."""
    bases = bases or [Extent()] * len(generations)
    return [
        {
            "base": base.tokens,
            "tokens": [_row(gen, i) for i in range(base.tokens, len(gen))],
        }
        for gen, base in zip(generations, bases, strict=True)
    ]


def _row(gen: Generation, i: int) -> dict[str, Any]:
    row = gen[i]
    names = ("probability", "surprisal", "margin", "unseen_mass", "entropy_low", "rank")
    return {
        "bytes": row.bytes.hex(),
        "token_id": row.token_id,
        "logprob": _number(row.logprob),
        "rank": row.rank,
        "part": row.part.name.lower(),
        "chosen": int(gen.columns.chosen[i]),
        "metrics": {name: _number(gen.metric(name)[i]) for name in names},
        "alternatives": [
            {"bytes": a.bytes.hex(), "logprob": _number(a.logprob)}
            for a in row.alternatives
        ],
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(np.float32(value))


CASES = [*_plain(), *_hostile(), *_growing(), *_empty()]


@pytest.mark.parametrize(
    ("name", "frame", "told"), CASES, ids=[case[0] for case in CASES]
)
def test_golden_frames_are_what_python_writes(
    name: str, frame: bytes, told: Any
) -> None:
    """Set LPWIDGETS_WRITE=1 to write the files anew after a wanted change."""
    expected = _with_header(frame, told)
    golden, decoded = CONTRACT / f"{name}.frame", CONTRACT / f"{name}.json"
    if os.environ.get("LPWIDGETS_WRITE"):
        golden.write_bytes(frame)
        decoded.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    assert golden.read_bytes() == frame
    assert json.loads(decoded.read_text()) == expected


def _with_header(frame: bytes, told: Any) -> dict[str, Any]:
    header = _header(frame)
    generations = [
        {"base": one["base"], "head": head["head"], "tokens": one["tokens"]}
        for one, head in zip(told, header["generations"], strict=True)
    ]
    first = header if header["kind"] == "keyframe" else header["generations"][0]
    return {
        "seq": first["seq"],
        "kind": header["kind"],
        "live": first["live"],
        "generations": generations,
    }


def _header(frame: bytes) -> dict[str, Any]:
    size = int.from_bytes(frame[4:8], "little")
    header: dict[str, Any] = json.loads(frame[8 : 8 + size])
    return header


def test_a_column_reads_back_from_where_the_header_says() -> None:
    """Arrays are aligned to 8 bytes, and hold the values of the generation."""
    gen = generation(token("a", -0.25), token("b", None))
    frame = codec.keyframe([gen], 0, live=False)
    place = _header(frame)["generations"][0]["columns"]["logprob"]
    start = 8 + int.from_bytes(frame[4:8], "little") + place["offset"]
    values = np.frombuffer(frame[start:], dtype=place["dtype"], count=place["length"])
    assert start % 8 == 0
    np.testing.assert_array_equal(values, np.array([-0.25, np.nan], dtype=np.float32))


def test_an_append_carries_only_what_is_new() -> None:
    """Growing by one token costs the same however long the text is."""

    def grown(tokens: int) -> int:
        builder = AnswerBuilder(META)
        for _ in range(tokens):
            builder.add(Delta(0, tokens=[token("same", -0.5, [("same", -0.5)])]))
        before = Extent.of(builder.snapshot()[0])
        builder.add(Delta(0, tokens=[token("same", -0.5, [("same", -0.5)])]))
        return len(_appended(builder.snapshot()[0], before, 1))

    assert abs(grown(2000) - grown(200)) < 32


def _columns(frame: bytes) -> dict[str, list[Any]]:
    """Return the columns of an append."""
    header, start = _header(frame), 8 + int.from_bytes(frame[4:8], "little")
    return {
        name: np.frombuffer(
            frame, place["dtype"], place["length"], start + place["offset"]
        ).tolist()
        for name, place in header["columns"].items()
    }


def _cut(columns: dict[str, list[Any]], rows: list[list[int]]) -> dict[str, list[Any]]:
    """Return what of a table is a generation's own, offsets from its own start."""
    kinds = {"piece_offsets": 1, "piece_bytes": 3}
    kinds |= {"alternative": 2, "alternative_logprob": 2}
    own = {}
    for name, values in columns.items():
        start, end = rows[kinds.get(name, 0)]
        if name.endswith("offsets"):
            own[name] = [one - values[start] for one in values[start : end + 1]]
        else:
            own[name] = values[start:end]
    return own


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1))
def test_news_of_many_is_what_each_has_by_itself(sizes: list[tuple[int, int]]) -> None:
    """One table for all: the same columns, metrics included, as a frame of its own."""
    news = []
    for number, (before, more) in enumerate(sizes):
        builder = AnswerBuilder(META)
        for k in range(before):
            builder.add(Delta(0, tokens=[token(f"a{k % 3}", -0.5, [("x", -1.0)])]))
        base = Extent.of(builder.snapshot()[0]) if before else Extent()
        for k in range(more):
            listed = [(f"é{j}", -0.1 - j - number) for j in range(k % 4)]
            builder.add(Delta(0, tokens=[token(f"b{number}", -k - 0.25, listed)]))
        gens = builder.snapshot()
        news += [News(one, base, number, {}) for one in gens]
    frame = codec.append(news)
    table, rows = (
        _columns(frame),
        [one["rows"] for one in _header(frame)["generations"]],
    )
    for one, mine in zip(news, rows, strict=True):
        alone = codec.append([one])
        (own,) = (part["rows"] for part in _header(alone)["generations"])
        np.testing.assert_equal(_cut(table, mine), _cut(_columns(alone), own))


def test_a_generation_continues_its_snapshots_and_nothing_else() -> None:
    """Same tokens, values and alternatives, in the same order."""
    builder = AnswerBuilder(META)
    builder.add(Delta(0, text="a", tokens=[token("a", -0.5, [("a", -0.5), ("b", -2)])]))
    first = builder.snapshot()[0]
    builder.add(Delta(0, text="b", tokens=[token("b", None)]))
    whole = builder.finish()[0]
    assert continues(whole, first)
    assert continues(whole, whole)
    assert not continues(first, whole)
    other = generation(token("a", -0.25, [("a", -0.25), ("b", -2)]), token("b", None))
    assert not continues(other, first)
