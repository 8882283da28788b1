"""Reading what people already hold, and writing it as OpenAI does."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from types import SimpleNamespace as Object
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.completion import Completion
from openai.types.responses import Response

import lpwidgets as lp
from lpwidgets.builder import AnswerBuilder
from lpwidgets.display import plain_text
from lpwidgets.errors import InputError, WireError
from lpwidgets.wire.records import Delta, Done, Part, Token, Usage
from tests.make_generation import META, generation, token
from tests.wire.replay import replay

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "wire" / "openai_chat"
BODIES = sorted([*FOLDER.glob("*.sse"), FOLDER / "openai_plain.json"])


def _entry(text: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
    one = {"token": text, "logprob": logprob, "bytes": list(text.encode())}
    top = [
        {"token": other, "logprob": value, "bytes": list(other.encode())}
        for other, value in [(text, logprob), *others]
    ]
    return {**one, "top_logprobs": top}


ENTRIES = [_entry("Hi", -0.5, ("Ho", -1.5)), _entry("!", -0.25)]
GEN = generation(
    token("Hi", -0.5, [("Hi", -0.5), ("Ho", -1.5)]), token("!", -0.25, [("!", -0.25)])
)
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT: dict[str, Any] = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "a-model",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hi!", "refusal": None},
            "logprobs": {"content": ENTRIES, "refusal": None},
        }
    ],
    "usage": USAGE,
}


def _chunk(text: str, *entries: dict[str, Any], reason: str | None = None) -> Any:
    logprobs = {"content": list(entries), "refusal": None}
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1}
    return {**head, "model": "a-model", "choices": [{**choice, "logprobs": logprobs}]}


CHUNKS = [_chunk("Hi", ENTRIES[0]), _chunk("!", ENTRIES[1]), _chunk("", reason="stop")]
LEGACY: dict[str, Any] = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1,
    "model": "a-model",
    "choices": [
        {
            "index": 0,
            "text": "Hi!",
            "finish_reason": "stop",
            "logprobs": {
                "tokens": ["Hi", "!"],
                "token_logprobs": [-0.5, -0.25],
                "top_logprobs": [{"Hi": -0.5, "Ho": -1.5}, {"!": -0.25}],
                "text_offset": [0, 2],
            },
        }
    ],
}
RESPONSE: dict[str, Any] = {
    "id": "r-1",
    "object": "response",
    "created_at": 1,
    "model": "a-model",
    "status": "completed",
    "output": [
        {
            "id": "m-1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [
                {
                    "type": "output_text",
                    "text": "Hi!",
                    "annotations": [],
                    "logprobs": ENTRIES,
                }
            ],
        }
    ],
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    },
}
EVENTS: list[dict[str, Any]] = [
    {"type": "response.created", "response": {**RESPONSE, "output": []}},
    *(
        {"type": "response.output_text.delta", "delta": e["token"], "logprobs": [e]}
        for e in ENTRIES
    ),
]


def _lines(*documents: Any) -> str:
    return "\n".join(json.dumps(document) for document in documents)


def _objects(value: Any) -> Any:
    """Turn dicts into objects with attributes."""
    if isinstance(value, dict):
        return Object(**{key: _objects(item) for key, item in value.items()})
    return [_objects(v) for v in value] if isinstance(value, list) else value


def _sse(*documents: Any, end: str = "data: [DONE]\n\n") -> str:
    return "".join(f"data: {json.dumps(d)}\n\n" for d in documents) + end


INSPECT = {
    "model": "a-model",
    "choices": [
        {
            "message": {
                "content": [{"type": "text", "text": "Hi!"}],
                "role": "assistant",
            },
            "stop_reason": "stop",
            "logprobs": {"content": ENTRIES},
        }
    ],
    "usage": {"input_tokens": 3, "output_tokens": 2},
    "error": None,
}
LANGCHAIN = {
    "content": "Hi!",
    "id": "lc-1",
    "additional_kwargs": {},
    "tool_calls": [],
    "response_metadata": {
        "logprobs": {"content": ENTRIES, "refusal": None},
        "model_name": "a-model",
        "finish_reason": "stop",
        "token_usage": USAGE,
    },
}
LLAMA_CPP = {
    **CHAT,
    "choices": [{**CHAT["choices"][0], "logprobs": LEGACY["choices"][0]["logprobs"]}],
}


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(CHAT, id="dict"),
        pytest.param(ChatCompletion.model_validate(CHAT), id="openai"),
        pytest.param([ChatCompletion.model_validate(CHAT)], id="list of one"),
        pytest.param(ChatCompletion.model_validate(CHAT).choices[0], id="choice"),
        pytest.param(json.dumps(CHAT), id="JSON"),
        pytest.param(json.dumps(CHAT, indent=2).encode(), id="indented bytes"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(CHAT).encode(), id="BOM"),
        pytest.param(io.StringIO(json.dumps(CHAT, indent=2)), id="open file"),
        pytest.param(CHUNKS, id="chunks"),
        pytest.param(
            [ChatCompletionChunk.model_validate(c) for c in CHUNKS], id="openai chunks"
        ),
        pytest.param(_lines(*CHUNKS), id="JSONL chunks"),
        pytest.param(_lines(*CHUNKS).splitlines(), id="lines"),
        pytest.param(_sse(*CHUNKS), id="SSE"),
        pytest.param(_sse(*CHUNKS).encode().splitlines(), id="SSE lines"),
        pytest.param(_sse(*CHUNKS).replace("\n\n", "\n"), id="SSE without blank lines"),
        pytest.param(httpx.Response(200, json=CHAT), id="httpx"),
        pytest.param(httpx.Response(200, text=_sse(*CHUNKS)), id="httpx stream"),
        pytest.param(
            {"custom_id": "1", "response": {"status_code": 200, "body": CHAT}},
            id="batch line",
        ),
        pytest.param(LEGACY, id="completion"),
        pytest.param(Completion.model_validate(LEGACY), id="openai completion"),
        pytest.param(LLAMA_CPP, id="llama-cpp-python chat"),
        pytest.param(RESPONSE, id="response"),
        pytest.param(Response.model_validate(RESPONSE), id="openai response"),
        pytest.param(
            [*EVENTS, {"type": "response.completed", "response": RESPONSE}],
            id="response events",
        ),
        pytest.param(LANGCHAIN, id="LangChain dict"),
        pytest.param(
            Object(**{**LANGCHAIN, "text": lambda: "Hi!"}), id="LangChain message"
        ),
        pytest.param(_objects(INSPECT), id="inspect_ai"),
        pytest.param(Object(output=_objects(INSPECT)), id="inspect_ai sample"),
        pytest.param(GEN, id="generation"),
    ],
)
def test_the_same_answer_in_every_shape_is_the_same_generation(held: Any) -> None:
    """Text, tokens, alternatives, status and finish reason."""
    assert lp.read(held) == GEN


def test_an_iterator_of_chunks_is_read_to_its_end() -> None:
    """As the SDK's streams are."""
    chunks = map(ChatCompletionChunk.model_validate, CHUNKS)
    assert lp.read(chunks) == GEN


def test_what_is_known_beside_the_tokens_is_kept() -> None:
    """Model, id and usage; no provider, for nobody says."""
    found = lp.read(RESPONSE)
    assert isinstance(found, lp.Generation)
    meta = found.meta
    assert (meta.provider, meta.model, meta.response_id) == ("", "a-model", "r-1")
    usage = meta.usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (3, 2)
    assert usage.cached_tokens == 1


@pytest.mark.parametrize(
    "held",
    [
        [CHAT, CHAT],
        _lines(CHAT, CHAT),
        json.dumps([CHAT, CHAT]),
        {**CHAT, "choices": [CHAT["choices"][0], {**CHAT["choices"][0], "index": 1}]},
        [*CHUNKS, *[{**chunk, "id": "c-2"} for chunk in CHUNKS]],
        _sse(*CHUNKS) + _sse(*CHUNKS),
        [LEGACY, {**LEGACY, "id": "cmpl-2"}],
        [GEN, CHAT],
        lp.Generations([GEN, GEN]),
    ],
    ids=[
        "list", "JSONL", "JSON", "choices", "ids", "ends", "legacy", "mixed", "itself",
    ],
)  # fmt: skip
def test_several_answers_are_generations(held: Any) -> None:
    """In their order."""
    found = lp.read(held)
    assert isinstance(found, lp.Generations)
    assert list(found) == [GEN, GEN]


@pytest.mark.parametrize(
    ("held", "tokens"),
    [
        (CHUNKS[:2], 2),
        (_sse(*CHUNKS[:2], end='data: {"id": "c-1", "cho'), 2),
        (_lines(*CHUNKS[:2]) + '\n{"id": "c', 2),
        (_lines(*CHUNKS[:1]) + "\n" + json.dumps(CHUNKS[1])[:-20], 2),
        (json.dumps(CHAT)[: json.dumps(CHAT).index('{"token": "!"') + 9], 1),
        (json.dumps(CHAT, indent=1)[:-160], 1),
        (json.dumps(ENTRIES)[:-3], 2),
        (EVENTS, 2),
        ({**LEGACY, "choices": [{**LEGACY["choices"][0], "finish_reason": None}]}, 2),
    ],
    ids=[
        "chunks", "SSE", "JSONL", "JSONL inside", "JSON", "indented", "entries",
        "events", "legacy",
    ],
)  # fmt: skip
def test_what_was_cut_off_keeps_its_tokens(held: Any, tokens: int) -> None:
    """And never looks complete, unless the server's own body was whole."""
    found = lp.read(held)
    assert isinstance(found, lp.Generation)
    assert len(found) == tokens
    assert [row.token for row in found] == ["Hi", "!"][:tokens]
    assert found.status == (
        "complete" if held is not EVENTS and isinstance(held, dict) else "truncated"
    )


@pytest.mark.parametrize(
    "held",
    [
        ENTRIES,
        {"content": ENTRIES},
        _objects(ENTRIES),
        _objects({"content": ENTRIES, "refusal": None}),
        {"logprobs": {"content": ENTRIES}},
        {"logprobs": ENTRIES},
        LEGACY["choices"][0]["logprobs"],
        ChatCompletion.model_validate(CHAT).choices[0].logprobs,
        json.dumps(ENTRIES),
    ],
    ids=range(9),
)
def test_bare_log_probabilities_spell_their_text(held: Any) -> None:
    """Nobody sent a text, so the tokens give it."""
    found = lp.read(held)
    assert isinstance(found, lp.Generation)
    assert (found.text, found.status) == ("Hi!", "complete")
    assert found.to_pandas().logprob.tolist() == [-0.5, -0.25]
    assert [len(row.alternatives) for row in found] == [2, 1]


def test_an_echoed_prompt_is_told_from_the_answer() -> None:
    """The first token has no log probability; the usage says where it ends."""
    logprobs = {
        "tokens": ["The", " sky", " is", " blue"],
        "token_logprobs": [None, -3.0, -0.5, -0.25],
        "top_logprobs": [None, {" cat": -1.0}, {" is": -0.5}, {" blue": -0.25}],
    }
    choice = {"index": 0, "text": "The sky is blue", "logprobs": logprobs}
    usage = {"prompt_tokens": 2, "completion_tokens": 2}
    found = lp.read(
        {"choices": [{**choice, "finish_reason": "length"}], "usage": usage}
    )
    assert isinstance(found, lp.Generation)
    assert [row.part.name for row in found] == ["PROMPT"] * 2 + ["GENERATED"] * 2
    assert found.text == " is blue"
    assert found.text_of(Part.PROMPT) == "The sky"
    assert found.sequence_logprob == -0.75
    assert found.status == "length"


@pytest.mark.parametrize("name", ["echo.json", "echo_stream.sse"])
def test_an_echo_that_somebody_else_asked_for(name: str) -> None:
    """The prompt's length stands in the usage, also when that comes last."""
    found = lp.read(FOLDER.parent / "openai_completions" / name)
    assert isinstance(found, lp.Generation)
    assert [row.part for row in found[:3]] == [Part.PROMPT] * 2 + [Part.GENERATED]
    assert (found.text_of(Part.PROMPT), found.text) == ("The sky", " is blue")


def test_a_prompt_beside_the_answer() -> None:
    """Of vLLM's chat; the ids tell its tokens."""
    found = lp.read(FOLDER / "vllm_prompt.json")
    assert isinstance(found, lp.Generation)
    assert found.columns.token_id[:3].tolist() == [2, 9906, 25]
    assert [row.part for row in found] == [Part.PROMPT] * 3 + [Part.GENERATED]


def _logprob(value: float, rank: int, text: str | None) -> Object:
    return Object(logprob=value, rank=rank, decoded_token=text)


def test_vllm_outputs_have_prompt_and_answer() -> None:
    """Ids, values and lists as the engine gives them."""
    request = Object(
        request_id="7",
        prompt="The sky",
        prompt_token_ids=[1, 5, 6],
        prompt_logprobs=[
            None,
            {5: _logprob(-2.0, 3, "The"), 8: _logprob(-0.5, 1, "A")},
            {6: _logprob(-1.0, 1, " sky")},
        ],
        outputs=[
            Object(
                text=text,
                token_ids=(9, 2),
                logprobs=[
                    {9: _logprob(-3.0, 40, text), 4: _logprob(-0.25, 1, " was")},
                    {2: _logprob(-0.125, 1, "")},
                ],
                finish_reason="stop",
            )
            for text in (" is", "The")
        ],
        finished=True,
    )
    found = lp.read([request])
    assert isinstance(found, lp.Generations)
    assert [one.text for one in found] == [" is", "The"]
    for one in found:
        parts = [row.part for row in one]
        assert parts[:4] == [Part.PROMPT] * 3 + [Part.GENERATED]
        assert one.columns.token_id.tolist() == [1, 5, 6, 9, 2]
        assert one.columns.rank.tolist() == [0, 0, 1, 0, 1]
        assert math.isnan(one.columns.logprob[0])
        assert one.columns.logprob[1:].tolist() == [-2.0, -1.0, -3.0, -0.125]
        assert one.meta.usage == Usage(3, 4)
        assert one.status == "complete"


class Tokenizer:
    """A vocabulary of five, as those of transformers are asked."""

    eos_token_id = pad_token_id = 4
    names = ("▁Hi", "Ġ!", "ðŁ", "<0xE2>", "</s>")
    texts = ("Hi", " !", "\ufffd", "\ufffd", "</s>")

    def decode(self, ids: list[int], *, skip_special_tokens: bool = False) -> str:
        """Return the text of ids."""
        kept = [i for i in ids if i != 4 or not skip_special_tokens]
        return "".join(self.texts[i] for i in kept)

    def convert_ids_to_tokens(self, token_id: int) -> str:
        """Return how the vocabulary writes one."""
        return self.names[token_id]


def _generated(**more: Any) -> Object:
    """Two sequences after a prompt of two; the second ends a step earlier."""
    steps = [[[4, 2, 0, 0, 1], [1, 0, 4, 2, -math.inf]]] * 2
    sequences = np.array([[0, 0, 0, 4], [0, 0, 2, 3]])
    scores = tuple(np.array(step, dtype=np.float32) for step in steps)
    return Object(**{"sequences": sequences, "scores": scores, **more})


def test_scores_of_transformers_become_log_probabilities() -> None:
    """A log-softmax over the vocabulary, the top of it, and exact bytes."""
    found = lp.read(_generated(), tokenizer=Tokenizer(), top=2)
    assert isinstance(found, lp.Generations)
    first, second = found
    total = math.log(sum(map(math.exp, [4, 2, 0, 0, 1])))
    assert first.columns.logprob.tolist() == pytest.approx([4 - total, 1 - total])
    assert [row.bytes for row in first[0].alternatives] == [b" Hi", b" !"]
    assert [row.part.name for row in first] == ["GENERATED", "SPECIAL"]
    assert (first.meta.finish_reason, first.columns.rank.tolist()) == ("stop", [1, 0])
    assert [row.bytes for row in second] == [b"\xf0\x9f", b"\xe2"]
    assert second.meta.finish_reason == ""
    assert second.columns.rank.tolist() == [1, 2]
    likely = lp.read(_generated(), tokenizer=Tokenizer())
    assert likely[1].columns.counts.tolist() == [4, 4]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("held", "tokenizer", "message"),
    [
        (_generated(), None, "tokenizer=tokenizer"),
        (_generated(scores=None), Tokenizer(), "output_scores=True"),
        (_generated(beam_indices=[0]), Tokenizer(), "num_beams=1"),
        (_generated(sequences=np.array([[1, 2]])), Tokenizer(), "num_beams=1"),
    ],
)
def test_what_transformers_left_out_is_said(
    held: Any, tokenizer: Any, message: str
) -> None:
    """With what to pass."""
    with pytest.raises(InputError, match=message):
        lp.read(held, tokenizer=tokenizer)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (3, "knows no log probabilities in this: int"),
        (None, "NoneType"),
        ({"a": 1, "b": 2}, "dict with a, b"),
        ({}, "no keys"),
        ({"content": "Hi"}, "dict with content"),
        ([1.5], "float"),
        ("", "nothing in this str"),
        ([], "nothing in this list"),
        ("https://example.org/a.json", "fetches nothing"),
        ("no/such/file.json", "No such file"),
        (Path("no/such/file.json"), "No such file"),
        ("word " * 1000, "file"),
        ("a\0b", "file"),
        (Path(__file__), "neither JSON nor events"),
        (b"plain", "neither JSON nor events"),
        ("{'a': 1}", "neither JSON nor enough"),
        ("[1, 2]", "expected JSON objects"),
        ('{"a": 1}\nword\n{"a": 1}', "line 2"),
        ('data: {"a"\n\ndata: {}\n\n', "event 1"),
        (Object(content=[], text="", outputs=[1]), "dict with content"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(held: Any, message: str) -> None:
    """In at most three lines, with what could be."""
    with pytest.raises(InputError, match=message) as raised:
        lp.read(held)
    assert str(raised.value).count("\n") <= 2


def test_a_response_that_was_not_read_says_so() -> None:
    """`httpx` raises its own error for the body of an open stream."""
    response = httpx.Response(200, stream=httpx.ByteStream(b"{}"))
    with pytest.raises(InputError, match=r"call its read\(\)"):
        lp.read(response)


def test_a_promise_that_is_broken_is_a_wire_error() -> None:
    """Choices whose log probabilities are fine, but not their text."""
    with pytest.raises(WireError, match="no chat completion"):
        lp.read({"choices": [{"message": {"content": 3}}]})


def test_an_error_in_place_of_an_answer_is_its_error() -> None:
    """As in a failed line of a batch."""
    failed = {"custom_id": "2", "response": None, "error": {"message": "too long"}}
    found = lp.read(_lines({"response": {"body": CHAT}}, failed))
    assert [one.status for one in found] == ["complete", "error"]  # type: ignore[union-attr]
    assert found[1].meta.error == "too long"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "held",
    [
        {
            **RESPONSE,
            "output": [],
            "status": "failed",
            "error": {"message": "too long"},
        },
        [*EVENTS, {"type": "error", "code": "x", "message": "too long"}],
        [*CHUNKS[:2], {"error": {"message": "too long"}}],
        [LEGACY | {"choices": []}, {"error": "too long"}],
    ],
    ids=["response", "event", "chat", "completion"],
)
def test_an_error_within_an_answer_keeps_what_came(held: Any) -> None:
    """With the server's message."""
    found = lp.read(held)
    assert isinstance(found, lp.Generation)
    assert (found.status, found.meta.error) == ("error", "too long")
    assert len(found) == (2 if found.text else 0)


def test_a_native_stream_of_deepinfra_is_read() -> None:
    """Through the dialect of Text Generation Inference."""
    events = [
        {"token": {"id": i, "text": text, "logprob": value, "special": False}}
        for i, (text, value) in enumerate([("Hi", -0.5), ("!", -0.25)])
    ]
    end = {"generated_text": "Hi!", "details": {"finish_reason": "length"}}
    found = lp.read(_sse(events[0], {**events[1], **end}))
    assert isinstance(found, lp.Generation)
    assert (found.text, found.status) == ("Hi!", "length")
    assert found.columns.token_id.tolist() == [0, 1]


PIECES = [b"Hi", b" a", b"", b"\xf0\x9f", b"\x98\x80", b"caf\xc3\xa9", b"\xed\xa0\xbd"]
VALUES = st.none() | st.floats(-20, 0) | st.sampled_from([-1.0, -9999.0, -math.inf])
ONES = st.tuples(st.integers(0, 6), VALUES, st.booleans())
ROWS = st.tuples(
    ONES, st.lists(ONES, max_size=4, unique_by=lambda one: one[0]), st.booleans()
)


def _candidate(number: int, value: float | None, *, known: bool) -> tuple[Any, ...]:
    return PIECES[number], value, number if known else -1


def _row(row: Any) -> Token:
    """Make a token with its list, sorted as by most, or the sampled one first."""
    (number, value, known), others, first = row
    sampled = _candidate(number, value, known=known)
    listed = [
        sampled if n == number else _candidate(n, v, known=k) for n, v, k in others
    ]
    floor = -math.inf
    listed.sort(key=lambda one: floor if one[1] is None else one[1], reverse=True)
    if first:
        listed.sort(key=lambda one: one is not sampled)
    return token(sampled[0], sampled[1], listed, sampled[2])


TOKENS = ROWS.map(_row)


@st.composite
def _answers(draw: st.DrawFn) -> lp.Generations:
    """Answers of several choices: reasoning and text, or a refusal; ended anyhow."""
    builder = AnswerBuilder(META)
    for index in range(draw(st.integers(1, 3))):
        part = draw(st.sampled_from([Part.GENERATED, Part.REFUSAL]))
        tokens = draw(st.lists(TOKENS, max_size=6))
        said = b"".join(bytes(one.bytes or ()) for one in tokens)
        text = draw(st.sampled_from(["", "other", said.decode("utf-8", "replace")]))
        builder.add(Delta(index, part, text, tokens, draw(st.sampled_from(REASONS))))
    if draw(st.booleans()):
        builder.add(Done())
    builder.add(Usage(3, draw(st.none() | st.integers(0, 9))))
    return builder.finish()


REASONS = [None, "stop", "length", "content_filter"]


@settings(max_examples=150)
@given(_answers())
def test_what_openai_s_shape_carries_comes_back(answer: lp.Generations) -> None:
    """Through JSON too, one generation or several."""
    written = answer.to_openai()
    found = lp.read(json.loads(json.dumps(written)))
    assert (found if len(answer) > 1 else [found]) == answer
    usage = answer[0].meta.usage
    one = lp.read(answer[0].to_openai())
    assert isinstance(one, lp.Generation)
    assert one.meta.usage == usage


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_a_recorded_answer_survives_openai_s_shape(path: Path) -> None:
    """But for tool calls and log probabilities that were not read."""
    answer = replay(path, [path.read_bytes()])
    found = lp.read(answer.to_openai())
    if path.stem in {"tool_call", "foreign_shape"}:
        assert found != answer[0]
        return
    assert (list(found) if isinstance(found, lp.Generations) else [found]) == answer


def test_the_shape_is_openai_s() -> None:
    """Its own types take it; unknown is −9999, half a character keeps its bytes."""
    gen = generation(token(b"\xf0\x9f", None, [("x", -0.7)]), token("!", -0.5))
    completion = ChatCompletion.model_validate(gen.to_openai())
    logprobs = completion.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    first = logprobs.content[0]
    assert (first.token, first.bytes, first.logprob) == ("\ufffd", [240, 159], -9999.0)
    assert [one.token for one in first.top_logprobs] == ["x", "\ufffd"]
    assert lp.read(completion) == gen


def test_reasoning_comes_back_as_reasoning() -> None:
    """Its text tells which tokens it has; a prompt has no place in the shape."""
    builder = AnswerBuilder(META)
    builder.add(Delta(0, Part.REASONING, "Hm", [token("Hm", -0.5)]))
    builder.add(Delta(0, Part.GENERATED, "Hi", [token("Hi", -0.5)], "stop"))
    gen = builder.finish()[0]
    assert gen.to_openai()["choices"][0]["message"]["reasoning_content"] == "Hm"
    assert lp.read(gen.to_openai()) == gen


def test_show_prints_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And returns what it shows, several things one below the other."""
    monkeypatch.setattr("lpwidgets.display.show._shell", lambda: None)
    widget = lp.show(CHAT, [GEN, GEN], color="surprisal")
    assert widget.generations == [GEN] * 3
    assert widget.color == "surprisal"
    assert capsys.readouterr().out == f"{plain_text.render(widget.generations)}\n"


def test_show_in_a_notebook_shows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also as the last value of its cell; in a later cell the widget shows again."""
    shown: list[Any] = []
    shell = Object(execution_count=1)
    monkeypatch.setattr("lpwidgets.display.show._shell", lambda: shell)
    publish: Callable[..., None] = lambda data, *_: shown.append(data)  # noqa: E731
    monkeypatch.setattr("IPython.display.publish_display_data", publish)
    widget: Any = lp.show(GEN)
    widget._ipython_display_()
    assert len(shown) == 1
    assert "text/html" in shown[0]
    shell.execution_count = 2
    widget._ipython_display_()
    assert len(shown) == 2
