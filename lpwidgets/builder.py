"""From records to generations: append-only columns; a snapshot only looks at them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from lpwidgets.alignment import align
from lpwidgets.columns import Block, Columns, canonical
from lpwidgets.errors import WireError
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import Meta, Status, status_of
from lpwidgets.pieces import Pieces
from lpwidgets.wire.records import (
    Delta,
    Done,
    Failure,
    Head,
    Part,
    Unread,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from lpwidgets.wire.records import Candidate, Record, Token

_BLOCK = 512
"""Tokens taken in at a time: large enough for numpy, small enough for the cache."""

_MAX_CHOICES = 128


class _Growing:
    """An array that grows at its end; views taken earlier stay what they were."""

    def __init__(self, dtype: type[np.generic], first: Sequence[int] = ()) -> None:
        self._buffer = np.zeros(64, dtype=dtype)
        self._length = 0
        self.extend(np.array(first, dtype=dtype))

    def extend(self, values: NDArray[Any]) -> None:
        end = self._length + len(values)
        if end > len(self._buffer):
            grown = np.zeros(max(end, 2 * len(self._buffer)), dtype=self._buffer.dtype)
            grown[: self._length] = self._buffer[: self._length]
            self._buffer = grown
        self._buffer[self._length : end] = values
        self._length = end

    def view(self, *, trim: bool) -> NDArray[Any]:
        view = self._buffer[: self._length]
        if trim:
            view = view.copy()
        view.flags.writeable = False
        return view


class _Vocabulary:
    """Numbers distinct pieces in the order of their first appearance."""

    def __init__(self) -> None:
        self._codes: dict[bytes | str, int] = {}
        self._new: list[bytes] = []
        self._data = _Growing(np.uint8)
        self._offsets = _Growing(np.uint32, [0])
        self._size = 0

    def codes(self, candidates: Iterable[Candidate]) -> list[int]:
        """Return the code of each candidate's bytes."""
        known = self._codes
        codes = []
        for candidate in candidates:
            raw = candidate.bytes
            try:
                key = candidate.token if raw is None else bytes(raw)
                codes.append(known[key])
            except (KeyError, ValueError):
                codes.append(self._learn(candidate))
        return codes

    def _learn(self, candidate: Candidate) -> int:
        piece = _bytes_of(candidate)
        code = self._codes.get(piece)
        if code is None:
            code = self._codes[piece] = self._size
            self._size += 1
            self._new.append(piece)
        if candidate.bytes is None:
            self._codes[candidate.token] = code
        return code

    def snapshot(self, *, trim: bool) -> Pieces:
        if self._new:
            data = b"".join(self._new)
            self._data.extend(np.frombuffer(data, dtype=np.uint8))
            ends = np.cumsum([len(piece) for piece in self._new])
            start = self._offsets.view(trim=False)[-1]
            self._offsets.extend(ends + start)
            self._new.clear()
        return Pieces(self._data.view(trim=trim), self._offsets.view(trim=trim))


def _bytes_of(candidate: Candidate) -> bytes:
    if candidate.bytes is not None:
        try:
            return bytes(candidate.bytes)
        except ValueError:
            pass
    return candidate.token.encode("utf-8", "surrogatepass")


class GenerationBuilder:
    """Grow one `Generation` from deltas, in amortised constant time a token."""

    def __init__(self) -> None:
        self._texts: dict[Part, list[str]] = {}
        self._vocabulary = _Vocabulary()
        self._pending: list[Token] = []
        self._pending_parts: list[Part] = []
        self._tokens = {
            "token": _Growing(np.int32),
            "token_id": _Growing(np.int32),
            "logprob": _Growing(np.float64),
            "rank": _Growing(np.int32),
            "part": _Growing(np.uint8),
            "chosen": _Growing(np.int32),
        }
        self._alternatives = {
            "alternative": _Growing(np.int32),
            "alternative_id": _Growing(np.int32),
            "alternative_logprob": _Growing(np.float64),
        }
        self._ends = _Growing(np.uint32, [0])

    def add(self, delta: Delta) -> None:
        """Add a piece of text, tokens, or both."""
        if delta.text:
            self._texts.setdefault(delta.part, []).append(delta.text)
        if delta.tokens:
            self._pending += delta.tokens
            self._pending_parts += [delta.part] * len(delta.tokens)
            if len(self._pending) >= _BLOCK:
                self._flush()

    def snapshot(self, meta: Meta) -> Generation:
        """Return what there is, without copying while the status is `STREAMING`."""
        self._flush()
        done = meta.status is not Status.STREAMING
        columns = Columns(
            pieces=self._vocabulary.snapshot(trim=done),
            **{name: column.view(trim=done) for name, column in self._tokens.items()},
            alternative_offsets=self._ends.view(trim=done),
            **{
                name: column.view(trim=done)
                for name, column in self._alternatives.items()
            },
        )
        texts = self._joined_texts()
        if done:
            columns = replace(columns, part=align(columns, texts))
        return Generation(columns, meta, texts)

    def _joined_texts(self) -> dict[Part, str]:
        for texts in self._texts.values():
            texts[:] = ["".join(texts)]
        return {part: texts[0] for part, texts in self._texts.items()}

    def _flush(self) -> None:
        if not self._pending:
            return
        block = self._block(self._pending)
        parts = np.array(self._pending_parts, dtype=np.uint8)
        self._pending.clear()
        self._pending_parts.clear()
        ranked = canonical(block)
        for name in ("token", "token_id", "logprob"):
            self._tokens[name].extend(getattr(block, name))
        self._tokens["part"].extend(parts)
        self._tokens["rank"].extend(ranked.rank)
        self._tokens["chosen"].extend(ranked.chosen)
        for name, column in self._alternatives.items():
            column.extend(getattr(block, name))
        self._ends.extend(np.cumsum(block.counts) + self._ends.view(trim=False)[-1])

    def _block(self, tokens: list[Token]) -> Block:
        rows = [token.top_logprobs or () for token in tokens]
        alternatives = [candidate for row in rows for candidate in row]
        return Block(
            token=np.array(self._vocabulary.codes(tokens), dtype=np.int32),
            token_id=np.array([token.id for token in tokens], dtype=np.int32),
            logprob=np.array([token.logprob for token in tokens], dtype=np.float64),
            counts=np.array([len(row) for row in rows], dtype=np.int64),
            alternative=np.array(self._vocabulary.codes(alternatives), dtype=np.int32),
            alternative_id=np.array([a.id for a in alternatives], dtype=np.int32),
            alternative_logprob=np.array(
                [a.logprob for a in alternatives], dtype=np.float64
            ),
        )


class AnswerBuilder:
    """Grow the generations of one answer (one a choice) from its records.

    Parameters
    ----------
    base
        What is known before the answer: provider, model, dialect, parameters.
    choices
        How many choices were asked for; each gets a generation, even when none came.
    """

    def __init__(self, base: Meta, choices: int = 1) -> None:
        self._base = base
        self._builders = [GenerationBuilder() for _ in range(choices)]
        self._reasons: dict[int, str] = {}
        self._unread: dict[int, str] = {}
        self._head = Head()
        self._usage = Usage()
        self._failure: Failure | None = None
        self._done = False
        self.arrived = 0
        """How many pieces of text or lists of tokens have come."""

    def add(self, record: Record) -> None:
        """Take in one record."""
        if isinstance(record, Delta):
            self._delta(record)
        elif isinstance(record, Head):
            self._head = record
        elif isinstance(record, Usage):
            self._usage = record
        elif isinstance(record, Unread):
            self._unread[record.index] = record.shape
        elif isinstance(record, Failure):
            self._failure = self._failure or record
        elif isinstance(record, Done):
            self._done = True

    @property
    def failure(self) -> Failure | None:
        """The error that the server reported inside the answer."""
        return self._failure

    def _delta(self, delta: Delta) -> None:
        if not 0 <= delta.index < _MAX_CHOICES:
            msg = f"the answer has a choice numbered {delta.index}; that is no choice"
            raise WireError(msg)
        while delta.index >= len(self._builders):
            self._builders.append(GenerationBuilder())
        self._builders[delta.index].add(delta)
        if delta.text or delta.tokens:
            self.arrived += 1
        if delta.finish_reason:
            self._reasons[delta.index] = delta.finish_reason

    def snapshot(self, **timing: float | None) -> Generations:
        """Return the generations as they are now, each `STREAMING`."""
        return self._build(lambda _: Status.STREAMING, "", timing)

    def finish(
        self, status: Status | None = None, error: str = "", **timing: float | None
    ) -> Generations:
        """Return the finished generations.

        Parameters
        ----------
        status
            Why the answer ended, for choices that the server had not finished. Without
            it, those are `COMPLETE` after an end mark, else `TRUNCATED`.
        error
            What went wrong, for ``meta.error``.
        **timing
            ``seconds`` and ``first_token_seconds`` of `Meta`.
        """
        failure = self._failure
        if failure and not error:
            error = failure.message
        if failure:
            status = Status.ERROR

        def status_for(index: int) -> Status:
            if reason := self._reasons.get(index):
                return status_of(reason)
            return status or (Status.COMPLETE if self._done else Status.TRUNCATED)

        return self._build(status_for, error, timing)

    def _build(
        self, status_for: Any, error: str, timing: dict[str, float | None]
    ) -> Generations:
        metas = (
            msgspec.structs.replace(
                self._base,
                model=self._base.model or self._head.model,
                status=(status := status_for(index)),
                finish_reason=self._reasons.get(index, ""),
                error=error if status in {Status.ERROR, Status.TRUNCATED} else "",
                unread=self._unread.get(index, ""),
                usage=self._usage,
                response_id=self._head.id,
                choice=index,
                choices=len(self._builders),
                **timing,
            )
            for index in range(len(self._builders))
        )
        pairs = zip(self._builders, metas, strict=True)
        return Generations(builder.snapshot(meta) for builder, meta in pairs)
