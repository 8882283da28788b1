"""The servers lpwidgets knows, a row each; one that speaks a known format is a row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Api:
    """One of the ways to ask a server.

    Parameters
    ----------
    path
        Where it is below the root; ``{model}`` stands for the model.
    dialect
        A name of `lpwidgets.wire.dialects.DIALECTS`.
    is_chat
        Whether it takes messages; otherwise it takes text as it is.
    only_streams_values
        Whether its answer in one piece has no token values, so that it is streamed.
    only_one_choice
        Whether it takes no n, so that n requests run at once.
    stream_path
        Where a streamed answer is, if that is another place; may end in a query.
    never_streamed
        Parameters that it takes only when it answers in one piece.
    """

    path: str
    dialect: str
    is_chat: bool = False
    only_streams_values: bool = False
    only_one_choice: bool = False
    stream_path: str = ""
    never_streamed: tuple[str, ...] = ("prompt_logprobs",)


@dataclass(frozen=True)
class Scoring:
    """How a server gives the log probabilities of a text that it did not write.

    Parameters
    ----------
    api
        The way to ask, empty for llama.cpp: it is made to say the text.
    options
        What makes the server send a prompt back with its values.
    counts
        Options that are the number of alternatives.
    """

    api: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    counts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prefill:
    """How a server is made to continue the last message, one of the assistant.

    Parameters
    ----------
    options
        What has to be sent for it.
    trims
        Whether it drops white space at the end of that message.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    trims: bool = False


_FORCED = Scoring()
_ECHO = Scoring("completions", {"echo": True, "max_tokens": 1})
_ECHO_ALONE = Scoring("completions", {"echo": True, "max_tokens": 0})
_CONTINUE = {"continue_final_message": True}
_VLLM_CHAT = Scoring(
    "chat",
    {"add_generation_prompt": False, **_CONTINUE, "max_tokens": 1},
    ("prompt_logprobs",),
)


def _openai_apis(root: str) -> dict[str, Api]:
    return _apis_of("openai", root)


def _apis_of(
    kind: str, root: str, never_streamed: tuple[str, ...] = ("prompt_logprobs",)
) -> dict[str, Api]:
    chat, path = f"{root}/chat/completions", f"{root}/completions"
    return {
        "chat": Api(chat, f"{kind}_chat", True, never_streamed=never_streamed),
        "completions": Api(path, f"{kind}_completions"),
    }


_SAMPLERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_MORE_SAMPLERS = (*_SAMPLERS, "top_k", "min_p", "repetition_penalty")
_PLAIN = {"temperature": 1.0, "top_p": 1.0}
_NO_TOP_K = {**_PLAIN, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}


@dataclass(frozen=True)
class Provider:
    """What differs between servers.

    Parameters
    ----------
    root
        The host's root; None for the embedded engine, whose port is known once it runs.
    apis
        The ways to ask it by name, the usual one first.
    key_variables
        Environment variables that may hold the key, the first found wins.
    key_header
        The header that carries the key, and what stands in front of the key there.
    needs_key
        Whether asking without a key is pointless.
    default_model, default_max_tokens
        Used when the caller names none.
    top_logprobs
        Smallest and largest number of alternatives the server takes; a request for
        fewer is raised to the smallest (llama.cpp sends no values at all for 0).
    streams_choices
        Whether one stream can carry several choices; if not, n requests run at once.
    most_choices
        How many choices one request may have; for more, n requests run at once.
    usage_option
        Whether usage in a stream has to be asked for by ``stream_options``.
    max_tokens_name
        What the server calls the limit of generated tokens.
    scoring, chat_scoring
        How it scores a given text, alone or after a raw prompt, and after messages;
        None if it cannot.
    prefill
        How it continues what an assistant has begun to say; None if it does not.
    takes_ids
        The API whose prompt may be token ids, empty if there is none.
    samplers
        Parameters of sampling that its usual API has.
    unshaped
        What makes it sample from all tokens as they are, whatever its defaults.
    """

    name: str
    root: str | None
    apis: dict[str, Api] = field(default_factory=lambda: _openai_apis("/v1"))
    key_variables: tuple[str, ...] = ()
    key_header: tuple[str, str] = ("Authorization", "Bearer ")
    needs_key: bool = True
    default_model: str | None = None
    default_max_tokens: int | None = None
    top_logprobs: tuple[int, int | None] = (0, 20)
    streams_choices: bool = True
    most_choices: int | None = None
    usage_option: bool = True
    max_tokens_name: str = "max_tokens"
    scoring: Scoring | None = None
    chat_scoring: Scoring | None = None
    prefill: Prefill | None = None
    takes_ids: str = ""
    samplers: tuple[str, ...] = _SAMPLERS
    unshaped: Mapping[str, Any] = field(default_factory=lambda: _PLAIN)

    def api(self, name: str | None) -> Api:
        """Return one of its APIs, the usual one without a name.

        Raises
        ------
        InputError
            It has none of that name.
        """
        chosen = name or next(iter(self.apis))
        if str(chosen) not in self.apis:
            who = self.name or "a server given by base_url"
            msg = f"{who} has no api {name!r}; it has: {', '.join(self.apis)}"
            raise InputError(msg)
        return self.apis[chosen]


def _local(name: str, root: str | None, **differences: object) -> Provider:
    return Provider(name, root, needs_key=False, **differences)  # type: ignore[arg-type]


_LLAMACPP = Api("/completion", "llamacpp", only_one_choice=True)
_RESPONSES = Api(
    "/v1/responses", "openai_responses", is_chat=True, only_one_choice=True
)
_GEMINI = "/v1beta/models/{model}:"

_DEEPINFRA = Api("/v1/inference/{model}", "deepinfra_native", only_streams_values=True)
_TGI = Api(
    "/generate", "tgi", only_one_choice=True, stream_path="/generate_stream",
    never_streamed=("decoder_input_details", "best_of"),
)  # fmt: skip

_ROWS = (
    _local(
        "local", None, apis=_openai_apis("/v1") | {"native": _LLAMACPP},
        default_model="SmolLM2-135M-Instruct", default_max_tokens=512,
        top_logprobs=(1, None), most_choices=4,
        scoring=_FORCED, chat_scoring=_FORCED,
    ),
    Provider(
        "deepinfra", "https://api.deepinfra.com",
        _openai_apis("/v1/openai")
        | {"native": _DEEPINFRA},
        ("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN", "DEEPINFRA_TOKEN"),
        default_model="deepseek-ai/DeepSeek-V3", streams_choices=False, most_choices=4,
        scoring=_ECHO, prefill=Prefill(), takes_ids="completions",
        samplers=_MORE_SAMPLERS, unshaped=_NO_TOP_K | {"top_k": 0},
    ),
    Provider(
        "openai", "https://api.openai.com",
        _openai_apis("/v1") | {"responses": _RESPONSES}, ("OPENAI_API_KEY",),
        default_model="gpt-4.1-mini", max_tokens_name="max_completion_tokens",
        scoring=_ECHO_ALONE,
    ),
    _local(
        "vllm", "http://127.0.0.1:8000",
        apis=_openai_apis("/v1") | {"responses": _RESPONSES},
        key_variables=("VLLM_API_KEY",), scoring=_ECHO_ALONE, chat_scoring=_VLLM_CHAT,
        prefill=Prefill({"add_generation_prompt": False, **_CONTINUE}),
        takes_ids="completions", samplers=_MORE_SAMPLERS, unshaped=_NO_TOP_K,
    ),
    _local(
        "sglang", "http://127.0.0.1:30000",
        apis=_openai_apis("/v1") | {"native": Api("/generate", "sglang")},
        top_logprobs=(0, None),
        scoring=Scoring("native", {"logprob_start_len": 0, "max_tokens": 1}),
        prefill=Prefill(_CONTINUE), takes_ids="native", samplers=_MORE_SAMPLERS,
        unshaped=_NO_TOP_K,
    ),
    _local(
        "llama.cpp", "http://127.0.0.1:8080",
        apis=_openai_apis("/v1") | {"native": _LLAMACPP},
        default_model="default", top_logprobs=(1, None), most_choices=1,
        scoring=_FORCED, chat_scoring=_FORCED,
    ),
    _local(
        "ollama", "http://127.0.0.1:11434",
        apis=_openai_apis("/v1")
        | {
            "native": Api("/api/chat", "ollama", is_chat=True, only_one_choice=True),
            "raw": Api("/api/generate", "ollama", only_one_choice=True),
        },
        streams_choices=False, prefill=Prefill(),
    ),
    _local(
        "tgi", "http://127.0.0.1:3000",
        apis={
            "chat": Api("/v1/chat/completions", "openai_chat", is_chat=True),
            "native": _TGI,
        },
        default_model="tgi", top_logprobs=(0, 5), streams_choices=False,
        prefill=Prefill(trims=True),
    ),
    Provider(
        "together", "https://api.together.xyz", _apis_of("together", "/v1"),
        ("TOGETHER_API_KEY",), top_logprobs=(1, 20), scoring=_ECHO,
    ),
    Provider(
        "fireworks", "https://api.fireworks.ai",
        _apis_of("fireworks", "/inference/v1", ("echo", "echo_last")),
        ("FIREWORKS_API_KEY",), top_logprobs=(0, 5), scoring=_ECHO,
        takes_ids="completions",
    ),
    Provider(
        "openrouter", "https://openrouter.ai", _openai_apis("/api/v1"),
        ("OPENROUTER_API_KEY",), streams_choices=False, prefill=Prefill(),
    ),
    Provider(
        "xai", "https://api.x.ai", key_variables=("XAI_API_KEY",), top_logprobs=(0, 8),
    ),
    Provider(
        "gemini", "https://generativelanguage.googleapis.com",
        {
            "native": Api(
                f"{_GEMINI}generateContent", "gemini", is_chat=True,
                stream_path=f"{_GEMINI}streamGenerateContent?alt=sse",
            )
        },
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"), ("x-goog-api-key", ""),
        streams_choices=False,
    ),
)  # fmt: skip

PROVIDERS = {row.name: row for row in _ROWS}

ANY_SERVER = _local(
    "",
    None,
    apis=_openai_apis(""),
    top_logprobs=(0, None),
    usage_option=False,
    scoring=_ECHO,
)
"""Stands for whatever answers at a ``base_url`` that no provider was named for."""


def provider(name: str) -> Provider:
    """Return the row of a provider.

    Raises
    ------
    InputError
        There is no such row.
    """
    typed = str(name).lower().strip()
    row = PROVIDERS.get(typed)
    if row is None:
        harmless = re.fullmatch(r"[A-Za-z. _]{1,24}", str(name))
        shown = f"{name!r}" if harmless else "of that name"  # it might be a key
        msg = f"there is no provider {shown}; {_what_was_meant(typed)}"
        raise InputError(msg)
    return row


def _what_was_meant(typed: str) -> str:
    if "://" in typed or re.match(r"[\w.-]+:\d", typed):
        return "an address goes into Client(base_url='http://127.0.0.1:8000/v1')"
    if typed.endswith(".gguf"):
        return "a file goes into Client('local', model='path/to/model.gguf')"
    near = get_close_matches(re.sub(r"[-_ ]", ".", typed), PROVIDERS, 1, 0.75)
    guess = f"did you mean '{near[0]}'? " if near else ""
    return (
        f"{guess}there are: {', '.join(PROVIDERS)}\n"
        "for any other OpenAI-style server give its base_url instead, "
        "such as base_url='http://127.0.0.1:8000/v1'"
    )
