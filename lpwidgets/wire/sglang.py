"""SGLang's own ``/generate``: a raw prompt in, rows of (value, id, text) out.

Each event of a stream repeats the text and the rows from their beginning, unless the
server runs with ``--incremental-streaming-output``: then it has only what is new. Both
count the tokens from the beginning, which tells them apart.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from lpwidgets.errors import WireError
from lpwidgets.wire.failures import failure_in
from lpwidgets.wire.json_body import decode_json, excerpt
from lpwidgets.wire.question import Asked, take, without_none
from lpwidgets.wire.records import (
    Candidate,
    Delta,
    Done,
    Failure,
    Head,
    Part,
    Token,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Record

_SAMPLING = (
    *("temperature", "top_p", "top_k", "min_p", "stop", "stop_token_ids", "stop_regex"),
    *("frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias"),
    *("min_new_tokens", "ignore_eos", "skip_special_tokens", "no_stop_trim"),
    *("spaces_between_special_tokens", "json_schema", "regex", "ebnf"),
    *("structural_tag", "custom_params", "sampling_seed"),
)
"""Parameters of sampling; everything else belongs to the request."""

_Row: TypeAlias = tuple[float | None, int, str | None]


class _Reason(Struct):
    type: str = ""
    message: str | None = None
    status_code: int | None = None


class _About(Struct):
    id: str = ""
    finish_reason: _Reason | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    input_token_logprobs: list[Raw] | None = None
    input_top_logprobs: list[Raw] | None = None
    output_token_logprobs: list[Raw] | None = None
    output_top_logprobs: list[Raw] | None = None


class _Event(Struct):
    text: str | None = None
    output_ids: list[int] | None = None
    index: int | None = None
    meta_info: _About | None = None


class _LooseAbout(_About):
    input_token_logprobs: Any = None
    input_top_logprobs: Any = None
    output_token_logprobs: Any = None
    output_top_logprobs: Any = None


class _LooseEvent(_Event):
    meta_info: _LooseAbout | None = None


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is, text or token ids.

    ``logprob_start_len=0`` asks for the prompt's tokens too.

    Raises
    ------
    InputError
        ``sampling_params`` is no dict.
    """
    given = dict(question.parameters)
    sampling = {name: given.pop(name, None) for name in _SAMPLING}
    if (seed := given.pop("seed", None)) is not None:
        sampling["sampling_seed"] = seed
    sampling["max_new_tokens"] = question.limit
    sampling["n"] = question.n if question.n > 1 else None
    body = {
        "text" if isinstance(question.prompt, str) else "input_ids": question.prompt,
        "sampling_params": without_none(sampling)
        | take(given, "sampling_params", dict),
        "return_logprob": True,
        "top_logprobs_num": question.top_logprobs or None,
        "return_text_in_logprobs": True,
        "stream": question.stream or None,
    }
    return without_none({**body, **given})


class Decoder(Asked):
    """Decode the events of one stream, or one whole body, into records."""

    def __init__(self, question: Question | None = None) -> None:
        super().__init__(question)
        self._choices: dict[int, _Choice] = {}
        self._indexes: dict[str, int] = {}

    def event(self, data: bytes) -> list[Record]:
        """Return the records of one event of a stream.

        Raises
        ------
        WireError
            The event is not JSON, or none of a generation.
        """
        if not data or data.strip() == b"[DONE]":
            return [Done()] if data else []
        records = [r for event in _decode(data) for r in self._event(event, 0)]
        if not records and (failure := failure_in(data)):
            return [failure]
        return records

    def body(self, data: bytes) -> list[Record]:
        """Return the records of one whole body; a batch is a list of answers.

        Raises
        ------
        WireError
            The body is not JSON, or no generation.
        """
        records: list[Record] = []
        for number, event in enumerate(_decode(data)):
            records += self._event(event, number)
        failure = None if records else failure_in(data)
        if not records and failure is None:
            msg = f"the answer is no generation (no text): {excerpt(data)}"
            raise WireError(msg)
        return [failure, Done()] if failure else [*records, Done()]

    def _event(self, event: _Event, number: int) -> list[Record]:
        about = event.meta_info
        if about is None:
            return []
        index = self._indexes.get(about.id, number)
        if event.index is not None:
            index = self._indexes[about.id] = event.index
        if index not in self._choices:
            self._choices[index] = _Choice(index)
        records = self._choices[index].records(event, about)
        return [*records, self._usage()] if about.finish_reason else records

    def _usage(self) -> Usage:
        """Return the counts of all choices; they share their prompt."""
        about = [choice.about for choice in self._choices.values()]
        prompts = [one.prompt_tokens for one in about if one.prompt_tokens is not None]
        return Usage(
            prompt_tokens=max(prompts, default=None),
            completion_tokens=_total([one.completion_tokens for one in about]),
            reasoning_tokens=_total([one.reasoning_tokens for one in about]),
            cached_tokens=about[0].cached_tokens,
        )


class _Choice:
    """What came of one choice, to tell what is new in an event."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._text = ""
        self._count = 0
        self._last: Any = None
        self._repeats: bool | None = None
        self._has_begun = False
        self.about = _About()

    def records(self, event: _Event, about: _About) -> list[Record]:
        """Return the prompt's tokens once, and of the rest what is new."""
        self.about = about
        rows, text = about.output_token_logprobs or [], event.text or ""
        listed = rows or event.output_ids or []
        if self._repeats is None and (self._text or self._count):
            self._repeats = self._is_repeated(text, listed)
        start = self._count if self._repeats else 0
        new = _tokens(rows, about.output_top_logprobs, start)
        said = _rest(self._text, text) if self._repeats else text
        self._text = text
        self._count += len(listed[start:])
        if self._repeats is None and listed:
            self._last = listed[-1]
        reason = about.finish_reason or _Reason()
        records = self._beginning(about)
        records.append(
            Delta(self._index, Part.GENERATED, said, new, reason.type or None)
        )
        if reason.message:
            records.append(Failure(reason.message, str(reason.status_code or "")))
        return records

    def _beginning(self, about: _About) -> list[Record]:
        if self._has_begun:
            return []
        self._has_begun = True
        prompt = _tokens(about.input_token_logprobs or [], about.input_top_logprobs, 0)
        records: list[Record] = [Head(about.id)]
        return [*records, Delta(self._index, Part.PROMPT, "", prompt)]

    def _is_repeated(self, text: str, listed: Sequence[Any]) -> bool | None:
        """Say whether an event begins with what came before, None if it cannot tell."""
        total, count = self.about.completion_tokens, self._count
        begins = text.startswith(self._text)
        if not count:
            return begins if text else None
        if listed and total:
            return len(listed) > total - count
        return begins and len(listed) >= count and listed[count - 1] == self._last


def _decode(data: bytes) -> list[_Event]:
    """Return the events of a body, their rows not decoded yet: most are old."""
    is_list = data.lstrip()[:1] == b"["
    try:
        if is_list:
            return msgspec.json.decode(data, type=list[_Event])
        return [msgspec.json.decode(data, type=_Event)]
    except (msgspec.DecodeError, RecursionError):
        # NaN, lone surrogates
        if is_list:
            return list(decode_json(data, list[_LooseEvent], "generation"))
        return [decode_json(data, _LooseEvent, "generation")]


def _tokens(rows: Sequence[Any], tops: Sequence[Any] | None, start: int) -> list[Token]:
    lists = [*(tops or ())[start:], *[None] * len(rows)]
    return [_token(*pair) for pair in zip(rows[start:], lists, strict=False)]


def _token(row: Any, top: Any) -> Token:
    value, token_id, text = _typed(row, _Row)
    others = None if top is None else _typed(top, list[_Row] | None)
    listed = [Candidate(said or "", v, None, i) for v, i, said in others or ()]
    return Token(text or "", value, None, token_id, listed)


def _typed(raw: Any, into: Any) -> Any:
    data = bytes(raw) if isinstance(raw, Raw) else json.dumps(raw).encode()
    return decode_json(data, into, "row of a token")


def _rest(known: str, text: str) -> str:
    """Return what a text has beyond what is known; a stop may have shortened it."""
    if text.startswith(known):
        return text[len(known) :]
    pairs = enumerate(zip(known, text, strict=False))
    return text[next((i for i, (a, b) in pairs if a != b), len(known)) :]


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
