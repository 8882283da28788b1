"""Feed a recorded body through framing, dialect and builder, in any chunks."""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Meta
from lpwidgets.wire.dialects import DIALECTS
from lpwidgets.wire.framing import LineDecoder, SSEDecoder
from lpwidgets.wire.question import Question
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lpwidgets.generation import Generation, Generations


def replay(path: Path, chunks: Iterable[bytes]) -> Generations:
    """Return what a body decodes to when it arrives in these chunks.

    The folder has the name of its dialect. What was asked stands beside a body where
    that matters, in ``.asked.json``.
    """
    asked = _question(path)
    builder = AnswerBuilder(Meta(dialect=path.parent.name), asked.n if asked else 1)
    decoder = DIALECTS[path.parent.name].Decoder(asked)
    if path.suffix == ".json":
        for record in decoder.body(b"".join(chunks)):
            builder.add(record)
        return builder.finish()
    framing = LineDecoder() if path.suffix == ".ndjson" else SSEDecoder()
    events = itertools.chain.from_iterable(framing.feed(chunk) for chunk in chunks)
    for event in itertools.chain(events, framing.flush()):
        for record in decoder.event(event.data):
            builder.add(record)
    return builder.finish()


def _question(path: Path) -> Question | None:
    asked = path.with_suffix(".asked.json")
    if not asked.exists():
        return None
    return Question(model="a-model", **json.loads(asked.read_text()))


def random_chunks(data: bytes, seed: int) -> list[bytes]:
    """Cut bytes at random places, empty chunks included."""
    chance = random.Random(seed)  # noqa: S311
    cuts = sorted(chance.choices(range(len(data) + 1), k=1 + len(data) // 40))
    return [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]


def told(generation: Generation) -> dict[str, Any]:
    """Return a generation as JSON that a person can check against the body."""
    meta = generation.meta
    texts = {part.name.lower(): text for part, text in (generation.texts or {}).items()}
    return {
        "status": str(meta.status),
        "finish_reason": meta.finish_reason,
        "model": meta.model,
        "error": meta.error,
        "usage": {k: v for k, v in _fields(meta.usage).items() if v is not None},
        "texts": texts,
        "tokens": [_row(generation, i) for i in range(len(generation))],
        "findings": [finding.text for finding in generation.findings],
    }


def _fields(usage: Any) -> dict[str, Any]:
    return {name: getattr(usage, name) for name in usage.__struct_fields__}


def _row(generation: Generation, i: int) -> list[Any]:
    row = generation[i]
    alternatives = [[a.token, _number(a.logprob)] for a in row.alternatives]
    part = Part(row.part).name.lower()
    return [row.token, _number(row.logprob), row.rank, part, row.token_id, alternatives]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
