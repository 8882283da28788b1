"""Reading what each server's own API answers, by its shape alone."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace as Object
from typing import Any

import pytest

import lpwidgets as lp
from lpwidgets.wire.framing import SSEDecoder
from tests.wire.replay import replay

FOLDER = Path(__file__).parent / "wire"
TOLD_BY_SHAPE = (
    *("gemini", "llamacpp", "ollama"),
    *("openai_chat", "openai_responses", "sglang"),
)
BODIES = sorted(
    path
    for name in TOLD_BY_SHAPE
    for path in (FOLDER / name).iterdir()
    if path.suffix in {".sse", ".json", ".ndjson"}
    and not path.name.endswith((".expected.json", ".asked.json"))
    and not path.with_suffix(".asked.json").exists()
)
WHOLE = [
    "gemini/plain.json",
    "llamacpp/plain.json",
    "ollama/plain.json",
    "openai_responses/plain.json",
    "sglang/plain.json",
    "tgi/plain.json",
]
STREAMS = [
    "gemini/stream.sse",
    "gemini/thinking.sse",
    "llamacpp/stream.sse",
    "ollama/chat.ndjson",
    "ollama/generate.ndjson",
    "openai_responses/stream.sse",
    "openai_responses/reasoning.sse",
    "openai_responses/error_failed.sse",
    "openai_responses/error_event.sse",
    "sglang/incremental.sse",
    "sglang/stream.sse",
    "sglang/two_choices.sse",
]


def _listed(found: lp.Generation | lp.Generations) -> list[lp.Generation]:
    return list(found) if isinstance(found, lp.Generations) else [found]


def _id(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def _decoded(name: str) -> list[lp.Generation]:
    return list(replay(FOLDER / name, [(FOLDER / name).read_bytes()]))


def _documents(name: str) -> list[dict[str, Any]]:
    data = (FOLDER / name).read_bytes()
    events = [e.data for e in SSEDecoder().feed(data)]
    lines = events if name.endswith(".sse") else data.splitlines()
    return [json.loads(line) for line in lines if line.startswith(b"{")]


@pytest.mark.parametrize("path", BODIES, ids=_id)
@pytest.mark.parametrize("kind", [Path, str])
def test_a_recorded_body_reads_as_it_decodes(path: Path, kind: type) -> None:
    """Every body of the wire tests, by path, without being told the dialect."""
    assert _listed(lp.read(kind(path))) == list(replay(path, [path.read_bytes()]))


@pytest.mark.parametrize("name", WHOLE)
def test_a_dict_is_recognised(name: str) -> None:
    """One is a generation, two are two, and so they are as text."""
    [expected] = _decoded(name)
    body = json.loads((FOLDER / name).read_text())
    [found] = _listed(lp.read(body))
    assert found == expected
    assert found.meta.dialect == expected.meta.dialect
    other = json.loads(json.dumps(body).replace('-1"', '-2"'))  # its id
    assert lp.read([body, other]) == [expected, expected]
    assert lp.read("\n".join(map(json.dumps, (body, other)))) == [expected, expected]


@pytest.mark.parametrize("name", STREAMS)
def test_a_list_of_chunks_is_recognised(name: str) -> None:
    """As a client for that API yields them, and as lines of JSON."""
    chunks = _documents(name)
    assert _listed(lp.read(chunks)) == _decoded(name)
    assert _listed(lp.read("\n".join(map(json.dumps, chunks)))) == _decoded(name)


def test_two_ollama_answers_in_a_file_are_two() -> None:
    """Each ends with its last line."""
    text = (FOLDER / "ollama/chat.ndjson").read_text()
    assert lp.read(text + text) == _decoded("ollama/chat.ndjson") * 2


def test_chunks_of_gemini_without_an_id_end_with_a_reason() -> None:
    """Older answers have none."""
    chunks = _documents("gemini/stream.sse")
    for chunk in chunks:
        del chunk["responseId"]
    found = _listed(lp.read([*chunks, *chunks]))
    assert [one.text for one in found] == ["Low tide."] * 2


class Reason(StrEnum):
    """As Gemini's SDK has them."""

    STOP = "STOP"


def test_an_object_of_geminis_sdk_is_recognised() -> None:
    """Its names are Python's, what a server left out is None."""
    top = Object(token="No", token_id=4, log_probability=-0.5)
    chosen = Object(token="Yes", token_id=3, log_probability=-1.5)
    candidate = {
        "content": {
            "parts": [{"text": "Yes", "thought": None, "function_call": None}],
            "role": "model",
        },
        "finish_reason": Reason.STOP,
        "index": None,
        "logprobs_result": {
            "chosen_candidates": [vars(chosen)],
            "top_candidates": [{"candidates": [vars(top)]}],
        },
    }
    dumped = {
        "candidates": [candidate],
        "prompt_feedback": None,
        "usage_metadata": {"prompt_token_count": 2, "candidates_token_count": 1},
        "model_version": "a-model",
    }
    found = lp.read(Object(model_dump=lambda: dumped))
    assert isinstance(found, lp.Generation)
    assert (found.text, found.status, found.meta.model) == (
        "Yes",
        "complete",
        "a-model",
    )
    assert found[0][1:5] == ("Yes", b"Yes", 3, -1.5)
    assert [one.token for one in found[0].alternatives] == ["No", "Yes"]
    assert found.meta.usage.completion_tokens == 1


def test_names_of_an_argument_of_a_call_stay() -> None:
    """They are the caller's own, not Gemini's."""
    call = {"functionCall": {"name": "depth", "args": {"sea_name": None}}}
    body = {"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}]}
    [found] = _listed(lp.read(body))
    assert found.text_of(lp.Part.TOOL) == 'depth{"sea_name": null}'


@pytest.mark.parametrize("name", [*WHOLE, *STREAMS])
def test_what_was_cut_off_keeps_its_tokens(name: str) -> None:
    """Cut at any place, it has the first tokens, and never looks finished."""
    if name.endswith(".sse"):
        text = "\n".join(map(json.dumps, _documents(name)))
    else:
        text = (FOLDER / name).read_text().strip()
    wholes = _decoded(name)
    for end in range(len(text) - 1, 0, -11):
        try:
            found = _listed(lp.read(text[:end]))
        except lp.LpError:  # not enough of it
            continue
        for one in found:
            whole = wholes[one.meta.choice]
            rows = [repr(row[1:5]) for row in whole]
            assert [repr(row[1:5]) for row in one] == rows[: len(one)]
            if one.status not in {"truncated", "error"}:
                assert one == whole
