"""The frames that go to the page; `js/tests` reads the same files."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lpwidgets.builder import AnswerBuilder
from lpwidgets.display import codec
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
    base = codec.Extent.of(first)
    return [
        ("growing-1", codec.keyframe([first], 1, live=True), _told([first])),
        ("growing-2", codec.append([second], [base], 2), _told([second], [base])),
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


def _told(
    generations: list[Generation], bases: list[codec.Extent] | None = None
) -> Any:
    """Say what a frame must decode to, computed without the codec."""
    bases = bases or [codec.Extent()] * len(generations)
    return [
        {
            "base": base._asdict(),
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
    return {key: header[key] for key in ("seq", "kind", "live")} | {
        "generations": generations
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
        before = codec.Extent.of(builder.snapshot()[0])
        builder.add(Delta(0, tokens=[token("same", -0.5, [("same", -0.5)])]))
        return len(codec.append([builder.snapshot()[0]], [before], 1))

    assert abs(grown(2000) - grown(200)) < 32
