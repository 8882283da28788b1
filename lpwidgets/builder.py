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
from lpwidgets.growing import GrowingArray, Vocabulary
from lpwidgets.meta import Meta, Status, status_of
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
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.wire.records import Record, Token

_MAX_CHOICES = 128

_BLOCK = 256
"""Tokens that wait as plain numbers; more would only touch fresh memory."""
_BAD = {Status.ERROR, Status.TRUNCATED}


class GenerationBuilder:
    """Grow one `Generation` from deltas, in amortised constant time a token.

    Tokens are taken apart into plain numbers as they come: thousands of objects that
    wait would keep the garbage collector busy.
    """

    def __init__(self) -> None:
        self._texts: dict[Part, list[str]] = {}
        self._vocabulary = Vocabulary()
        self._pending = _Pending(0, 0, 0)
        self._tokens = {
            "token": GrowingArray(np.int32),
            "token_id": GrowingArray(np.int32),
            "logprob": GrowingArray(np.float64),
            "rank": GrowingArray(np.int32),
            "part": GrowingArray(np.uint8),
            "chosen": GrowingArray(np.int32),
        }
        self._alternatives = {
            "alternative": GrowingArray(np.int32),
            "alternative_id": GrowingArray(np.int32),
            "alternative_logprob": GrowingArray(np.float64),
        }
        self._ends = GrowingArray(np.uint32, [0])

    def add(self, delta: Delta) -> None:
        """Add a piece of text, tokens, or both."""
        if delta.text:
            self._texts.setdefault(delta.part, []).append(delta.text)
        if delta.tokens:
            self._pending.add(delta.tokens, delta.part, self._vocabulary)
            if len(self._pending.sizes) >= _BLOCK:
                self._settle()

    def snapshot(self, meta: Meta) -> Generation:
        """Return what there is, without copying while the status is `STREAMING`."""
        self._settle()
        trim = meta.status is not Status.STREAMING
        columns = Columns(
            pieces=self._vocabulary.snapshot(trim=trim),
            **{name: array.view(trim=trim) for name, array in self._tokens.items()},
            alternative_offsets=self._ends.view(trim=trim),
            **{
                name: array.view(trim=trim)
                for name, array in self._alternatives.items()
            },
        )
        texts = self._joined_texts()
        if trim:
            columns = replace(columns, part=align(columns, texts))
        if unsorted := self._pending.unsorted:
            meta = msgspec.structs.replace(meta, unsorted=unsorted)
        return Generation(columns, meta, texts)

    def _joined_texts(self) -> dict[Part, str]:
        for texts in self._texts.values():
            texts[:] = ["".join(texts)]
        return {part: texts[0] for part, texts in self._texts.items()}

    def _settle(self) -> None:
        """Make what is pending canonical, and part of the columns.

        Until its last line nothing counts as done: an interrupt loses no token.
        """
        pending = self._pending
        if not pending.sizes:
            return
        block = pending.block()
        ranked = canonical(block)
        columns: dict[str, NDArray[Any]] = {
            "token": block.token,
            "token_id": block.token_id,
            "logprob": block.logprob,
            "part": np.array(pending.parts, dtype=np.uint8),
            "rank": ranked.rank,
            "chosen": ranked.chosen,
        }
        for name, values in columns.items():
            self._tokens[name].extend(values, pending.tokens)
        for name, array in self._alternatives.items():
            array.extend(getattr(block, name), pending.alternatives)
        ends = np.cumsum(block.counts) + pending.alternatives
        self._ends.extend(ends, pending.tokens + 1)
        self._pending = _Pending(
            pending.tokens + len(block.token),
            pending.alternatives + len(block.alternative),
            pending.unsorted + ranked.out_of_order,
        )


class _Pending:
    """Tokens as plain lists of numbers, until a snapshot wants them as arrays.

    An entry is a sampled token, followed by its alternatives. Before these there are as
    many tokens and alternatives, of which some were out of order.
    """

    def __init__(self, tokens: int, alternatives: int, unsorted: int) -> None:
        self.tokens, self.alternatives = tokens, alternatives
        self.unsorted = unsorted
        self.parts: list[int] = []
        self.sizes: list[int] = []
        self.codes: list[int] = []
        self.ids: list[int] = []
        self.logprobs: list[float | None] = []

    def add(self, tokens: Sequence[Token], part: Part, vocabulary: Vocabulary) -> None:
        for token in tokens:
            top = token.top_logprobs or ()
            self.parts.append(part)
            self.sizes.append(1 + len(top))
            self.codes += [vocabulary.code(token), *vocabulary.codes(top)]
            self.ids += [token.id, *[candidate.id for candidate in top]]
            self.logprobs += [token.logprob, *[candidate.logprob for candidate in top]]

    def block(self) -> Block:
        sizes = np.array(self.sizes, dtype=np.int64)
        code = np.array(self.codes, dtype=np.int32)
        token_id = np.array(self.ids, dtype=np.int32)
        logprob = np.array(self.logprobs, dtype=np.float64)
        first = np.cumsum(sizes) - sizes
        rest = np.ones(len(code), dtype=bool)
        rest[first] = False
        return Block(
            token=code[first],
            token_id=token_id[first],
            logprob=logprob[first],
            counts=sizes - 1,
            alternative=code[rest],
            alternative_id=token_id[rest],
            alternative_logprob=logprob[rest],
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
        self._seen: set[int] = set()
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
            index = record.index
            if not 0 <= index < len(self._builders):
                self._open(index)
            self._builders[index].add(record)
            self._seen.add(index)
            self.arrived += bool(record.text or record.tokens)
            if record.finish_reason:
                self._reasons[index] = record.finish_reason
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

    def _open(self, index: int) -> None:
        if not 0 <= index < _MAX_CHOICES:
            msg = f"the answer has a choice numbered {index}; that is no choice"
            raise WireError(msg)
        while index >= len(self._builders):
            self._builders.append(GenerationBuilder())

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
            complete = self._done and not self._is_absent(index)
            return status or (Status.COMPLETE if complete else Status.TRUNCATED)

        return self._build(status_for, error, timing)

    def _error(self, index: int, error: str) -> str:
        absent = "the server sent no such choice; it may not support n"
        return error or (absent if self._is_absent(index) else "")

    def _is_absent(self, index: int) -> bool:
        """Say whether a server that sent other choices left this one out."""
        return bool(self._seen) and index not in self._seen

    def _build(
        self, status_for: Any, error: str, timing: dict[str, float | None]
    ) -> Generations:
        metas = (
            msgspec.structs.replace(
                self._base,
                model=self._base.model or self._head.model,
                status=(status := status_for(index)),
                finish_reason=self._reasons.get(index, ""),
                error=self._error(index, error) if status in _BAD else "",
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
