"""From documents to generations: which belong together, and through which dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from lpwidgets.builder import AnswerBuilder
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.meta import Meta, Status
from lpwidgets.reading.piece import Kind, Piece
from lpwidgets.reading.shapes import recognise
from lpwidgets.reading.text import Cut, Event
from lpwidgets.wire.dialects import DIALECTS
from lpwidgets.wire.records import Delta, Done

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
        other = piece.body.get("id") or ""
        says_nothing = piece.body.get("choices") == [] and other == self.id
        if not piece.dialect or says_nothing:
            return True
        if (piece.kind, piece.dialect) != (self.first.kind, self.first.dialect):
            return piece.kind is Kind.LAST
        if piece.kind is Kind.EITHER:
            return bool(other) and other == self.id
        return not (other and self.id and other != self.id)

    def add(self, piece: Piece, document: Document) -> None:
        """Take in one more document."""
        self.is_cut = self.is_cut or isinstance(document, Cut)
        self.id = self.id or piece.body.get("id") or ""
        if piece.kind is Kind.LAST and not isinstance(document, Cut):
            self.first, self.is_done = piece, True
            self.bodies.clear()
        self.is_done = self.is_done or piece.ends
        self.bodies.append(piece.body)

    def generations(self) -> list[Generation]:
        """Return what the documents decode to."""
        kind, dialect = self.first.kind, self.first.dialect or "openai_chat"
        builder = AnswerBuilder(Meta(dialect=dialect))
        for record in self._records(dialect):
            builder.add(record)
        lone = kind is Kind.EITHER and len(self.bodies) == 1
        if (self.is_done or lone or kind is Kind.ENTRY) and not self.is_cut:
            builder.add(Done())
        found = list(builder.finish())
        if self.first.bare:
            return [Generation(one.columns, one.meta) for one in found]
        return [_as_told(one, self.bodies) for one in found]

    def _records(self, dialect: str) -> Iterator[Record]:
        decoder = DIALECTS[dialect].Decoder()
        kind = self.first.kind
        is_whole = kind in {Kind.WHOLE, Kind.LAST}
        decode = decoder.body if is_whole else decoder.event
        ends = is_whole and not self.is_cut
        for left, body in enumerate(_with_usage(self.bodies), 1 - len(self.bodies)):
            data = json.dumps(body, default=str).encode()
            for record in decode(data):
                if self.is_cut and not left and isinstance(record, Delta):
                    record.finish_reason = None
                if ends or not isinstance(record, Done):
                    yield record


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
        if isinstance(document, Event):
            parts = piece.kind in {Kind.WHOLE, Kind.EITHER}
            kind = Kind.CHUNK if parts else piece.kind
            piece = piece._replace(kind=kind, ends=False)
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
        "It takes answers and stream chunks of OpenAI-style servers, Gemini, SGLang, "
        "llama.cpp and Ollama (objects, dicts, JSON, JSONL, SSE, paths),\n"
        "outputs of vLLM, transformers, LangChain and inspect_ai, and lists of "
        "{token, logprob, top_logprobs}."
    )


def _with_usage(bodies: list[Document]) -> Iterator[Document]:
    """Yield the bodies, the first with the usage that comes at the end of a stream.

    It tells where a prompt ends that the answer repeats.
    """
    usage = next((body["usage"] for body in bodies if body.get("usage")), None)
    for index, body in enumerate(bodies):
        yield body if index or usage is None else body | {"usage": usage}


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
