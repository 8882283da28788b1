"""From documents to generations: which belong together, and through which dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.alignment import align
from lpwidgets.builder import AnswerBuilder
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.reading.shapes import Kind, Piece, recognise
from lpwidgets.reading.text import Cut, Event
from lpwidgets.wire.dialects import DIALECTS
from lpwidgets.wire.records import Done, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lpwidgets.reading.text import Document
    from lpwidgets.wire.records import Record

_JOINED = {Kind.CHUNK, Kind.EITHER, Kind.ENTRY}
_STATUSES = set(Status)


@dataclass
class _Answer:
    """The documents of one answer."""

    first: Piece
    bodies: list[Document] = field(default_factory=list)
    id: str = ""
    is_cut: bool = False
    is_done: bool = False

    def takes(self, piece: Piece) -> bool:
        """Say whether a document continues this answer."""
        if self.is_done or self.first.kind not in _JOINED:
            return False
        if not piece.dialect:
            return True
        if (piece.kind, piece.dialect) != (self.first.kind, self.first.dialect):
            return piece.kind is Kind.LAST
        other = piece.body.get("id") or ""
        if piece.kind is Kind.EITHER:
            return bool(other) and other == self.id
        return not (other and self.id and other != self.id)

    def add(self, piece: Piece, document: Document) -> None:
        """Take in one more document."""
        self.is_cut = self.is_cut or isinstance(document, Cut)
        self.id = self.id or piece.body.get("id") or ""
        if piece.kind is Kind.LAST:
            self.first, self.is_done = piece, True
            self.bodies.clear()
        if isinstance(document, Cut):
            for choice in piece.body.get("choices") or ():
                choice.pop("finish_reason", None)
        self.bodies.append(piece.body)

    def generations(self) -> list[Generation]:
        """Return what the documents decode to."""
        kind, dialect = self.first.kind, self.first.dialect or "openai_chat"
        builder = AnswerBuilder(Meta(dialect=dialect))
        for record in self._records(dialect):
            builder.add(record)
        lone = kind is Kind.EITHER and len(self.bodies) == 1
        whole = self.is_done or lone or kind not in {Kind.CHUNK, Kind.EITHER}
        if whole and not self.is_cut:
            builder.add(Done())
        found = list(builder.finish())
        if self.first.bare:
            return [Generation(one.columns, one.meta) for one in found]
        return [_as_told(_echoed(one, self.bodies), self.bodies) for one in found]

    def _records(self, dialect: str) -> Iterator[Record]:
        decoder = DIALECTS[dialect].Decoder()
        kind = self.first.kind
        decode = decoder.body if kind in {Kind.WHOLE, Kind.LAST} else decoder.event
        for body in self.bodies:
            data = json.dumps(body, default=str).encode()
            yield from (r for r in decode(data) if not isinstance(r, Done))


def generations(documents: Iterable[Document | Done]) -> list[Generation]:
    """Return the generations that documents hold, in their order.

    Raises
    ------
    InputError
        A document has a shape that is not known.
    WireError
        A document is not what its shape promises.
    """
    answers: list[_Answer] = []
    for document in documents:
        if isinstance(document, Done):
            if answers:
                answers[-1].is_done = True
            continue
        piece = recognise(document)
        if piece is None:
            raise unknown(document)
        if isinstance(document, Event) and piece.kind in {Kind.WHOLE, Kind.EITHER}:
            piece = piece._replace(kind=Kind.CHUNK)
        if not (answers and answers[-1].takes(piece)):
            answers.append(_Answer(piece))
        answers[-1].add(piece, document)
    return [one for answer in answers for one in answer.generations()]


def unknown(value: Any) -> InputError:
    """Return the error for something whose shape is not known."""
    keys = ", ".join(map(str, list(value)[:8])) if isinstance(value, dict) else ""
    name = "dict" if isinstance(value, dict) else type(value).__qualname__
    given = f"{name} with {keys or 'no keys'}" if name == "dict" else name
    return InputError(
        f"lp.read knows no log probabilities in this: {given}.\n"
        "It takes answers and stream chunks of OpenAI-style servers (objects, dicts, "
        "JSON, JSONL, SSE, paths, HTTP responses),\n"
        "outputs of vLLM, transformers, LangChain and inspect_ai, and lists of "
        "{token, logprob, top_logprobs}."
    )


def with_prompt(generation: Generation, count: int) -> Generation:
    """Say of the first `count` tokens that they are the prompt."""
    columns, texts = generation.columns, dict(generation.texts or {})
    prompt = b"".join(columns.pieces.as_bytes[columns.token[:count]])
    said = texts.get(Part.GENERATED, "")
    start = prompt.decode("utf-8", "replace")
    if Part.PROMPT not in texts and said.startswith(start):
        texts |= {Part.PROMPT: start, Part.GENERATED: said[len(start) :]}
    texts = {part: text for part, text in texts.items() if text}
    rest = columns.take(np.arange(count, len(columns)))
    part = np.concatenate([np.full(count, Part.PROMPT, np.uint8), align(rest, texts)])
    return Generation(replace(columns, part=part), generation.meta, texts)


def _echoed(generation: Generation, bodies: list[Document]) -> Generation:
    """Find an echoed prompt: its first token has no log probability.

    The usage tells how long it is; without one, only that first token is known to be.
    """
    usage = generation.meta.usage
    for choice in _choices(generation, bodies):
        said = choice.get("logprobs")
        values = said.get("token_logprobs") if isinstance(said, dict) else None
        if not (values and isinstance(values, list)):
            continue
        if values[0] is not None:
            break
        known = 1 if usage.prompt_tokens is None else usage.prompt_tokens
        return with_prompt(generation, min(known, len(generation)))
    return generation


def _as_told(generation: Generation, bodies: list[Document]) -> Generation:
    """Restore a status that no finish reason tells, as ``to_openai`` writes it."""
    for choice in _choices(generation, bodies):
        status = choice.get("status")
        if (
            isinstance(status, str)
            and status in _STATUSES
            and not generation.meta.finish_reason
        ):
            meta = msgspec.structs.replace(
                generation.meta,
                status=Status(status),
                error=str(choice.get("error") or generation.meta.error),
            )
            return Generation(generation.columns, meta, generation.texts)
    return generation


def _choices(generation: Generation, bodies: list[Document]) -> Iterator[Document]:
    for body in bodies:
        for choice in body.get("choices") or ():
            if (choice.get("index") or 0) == generation.meta.choice:
                yield choice
