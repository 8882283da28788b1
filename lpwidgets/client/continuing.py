"""The ways in which a server goes on from a beginning: ids, prefill, or raw text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.client.fork import ids_of, require_listed, text_before
from lpwidgets.errors import LpError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpwidgets.client.fork import Fork
    from lpwidgets.client.providers import Provider

_SHAPE = {
    *("messages", "prompt", "input", "inputs", "text", "input_ids", "model"),
    *("stream", "n"),
    *("stream_options", "logprobs", "top_logprobs", "n_probs", "echo", "max_tokens"),
    *("max_completion_tokens", "max_new_tokens", "n_predict", "prompt_logprobs"),
    *("return_token_ids", "continue_final_message", "add_generation_prompt"),
    *("best_of", "num_responses", "echo_last", "return_logprob", "top_logprobs_num"),
    *("parameters", "sampling_params", "options", "logprob_start_len"),
    *("return_text_in_logprobs", "post_sampling_probs", "return_tokens"),
}
"""What makes up a request and is said anew; everything else is how it samples."""

_LIMITS = ("max_tokens", "max_completion_tokens", "max_new_tokens", "n_predict")
_RAW = ("prompt", "input", "text", "inputs", "input_ids")


class Continuation(NamedTuple):
    """What is asked, and how: ``beginning`` is the text that may come back."""

    prompt: Any
    api: str
    note: str
    options: Mapping[str, Any]
    beginning: str = ""


def inherited(fork: Fork) -> dict[str, Any]:
    """Return how the generation was sampled."""
    given = fork.generation.meta.parameters
    return {name: value for name, value in given.items() if name not in _SHAPE}


def tokens_left(fork: Fork, usual: int | None) -> int | None:
    """Return how many tokens of the limit are left, at least 1."""
    given = fork.generation.meta.parameters
    limit = next((given[name] for name in _LIMITS if given.get(name)), usual)
    return max(int(limit) - len(fork.before) - 1, 1) if limit else None


def continuation_of(fork: Fork, row: Provider, name: str) -> Continuation:
    """Return the way in which a server that is no llama.cpp continues.

    Raises
    ------
    LpError
        It has none, and why.
    """
    asked = fork.generation.meta.parameters
    own = next((raw for raw in _RAW if isinstance(asked.get(raw), str | list)), None)
    before = _prompt_ids(fork, asked.get(own) if own else None)
    said = ids_of(fork.before)
    require_listed(fork)
    if row.takes_ids and before and said is not None and fork.id >= 0:
        note = "by token ids: prompt, prefix and token as they were"
        return Continuation([*before, *said, fork.id], row.takes_ids, note, {})
    if "messages" in asked:
        return _prefilled(fork, row, name)
    api = next((key for key, api in row.apis.items() if _fits(fork, api.dialect)), None)
    prompt = asked.get(own) if own else None
    if api is None or not isinstance(prompt, str):
        raise LpError(_refused(name, "nothing says what was asked for this answer"))
    text = text_before(fork, name)
    note = "by text: the server may cut the beginning into other tokens"
    return Continuation(prompt + text, api, note, {}, text)


def _fits(fork: Fork, dialect: str) -> bool:
    return dialect == fork.generation.meta.dialect


def _prompt_ids(fork: Fork, prompt: Any) -> list[int] | None:
    """Return the prompt's ids, None where not all of them are known."""
    if isinstance(prompt, list) and all(isinstance(one, int) for one in prompt):
        return prompt
    rows = [row for row in fork.generation if row.part is Part.PROMPT]
    count = fork.generation.meta.usage.prompt_tokens
    return ids_of(rows) if rows and count in {None, len(rows)} else None


def _prefilled(fork: Fork, row: Provider, name: str) -> Continuation:
    way = row.prefill
    if way is None:
        why = "it answers a message of the assistant instead of continuing it"
        raise LpError(_refused(name, why))
    text = text_before(fork, name)
    if way.trims and text != text.rstrip():
        why = f"it would drop the white space at the end of {text[-12:]!r}"
        raise LpError(_refused(name, why))
    messages = [dict(one) for one in fork.generation.meta.parameters["messages"]]
    last = messages[-1]
    content = last.get("content")
    if last.get("role") == "assistant" and isinstance(content, str):
        messages[-1] = last | {"content": content + text}
    else:
        messages.append({"role": "assistant", "content": text})
    api = next(key for key, api in row.apis.items() if api.is_chat)
    note = "by assistant prefill: the server may cut the beginning into other tokens"
    return Continuation(messages, api, note, way.options, text)


def _refused(name: str, why: str) -> str:
    return (
        f"{name} cannot continue this answer exactly: {why}\n"
        "take a server that gets token ids ('local', 'llama.cpp') or continues a "
        "prefill ('vllm', 'deepinfra', …)"
    )
