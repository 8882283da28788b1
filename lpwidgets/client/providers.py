"""The servers lpwidgets knows, a row each; one that speaks a known format is a row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lpwidgets.errors import InputError


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
    """

    path: str
    dialect: str
    is_chat: bool = False
    only_streams_values: bool = False


def _openai_apis(root: str) -> dict[str, Api]:
    return {
        "chat": Api(f"{root}/chat/completions", "openai_chat", is_chat=True),
        "completions": Api(f"{root}/completions", "openai_completions"),
    }


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
    needs_key
        Whether asking without a key is pointless.
    default_model, default_max_tokens
        Used when the caller names none.
    top_logprobs
        Smallest and largest number of alternatives the server takes; a request for
        fewer is raised to the smallest (llama.cpp sends no values at all for 0).
    streams_choices
        Whether one stream can carry several choices; if not, n requests run at once.
    usage_option
        Whether usage in a stream has to be asked for by ``stream_options``.
    max_tokens_name
        What the server calls the limit of generated tokens.
    """

    name: str
    root: str | None
    apis: dict[str, Api] = field(default_factory=lambda: _openai_apis("/v1"))
    key_variables: tuple[str, ...] = ()
    needs_key: bool = True
    default_model: str | None = None
    default_max_tokens: int | None = None
    top_logprobs: tuple[int, int | None] = (0, 20)
    streams_choices: bool = True
    usage_option: bool = True
    max_tokens_name: str = "max_tokens"

    def api(self, name: str | None) -> Api:
        """Return one of its APIs, the usual one without a name.

        Raises
        ------
        InputError
            It has none of that name.
        """
        chosen = name or next(iter(self.apis))
        if chosen not in self.apis:
            who = self.name or "a server given by base_url"
            msg = f"{who} has no api {name!r}; it has: {', '.join(self.apis)}"
            raise InputError(msg)
        return self.apis[chosen]


def _local(name: str, root: str | None, **differences: object) -> Provider:
    return Provider(name, root, needs_key=False, **differences)  # type: ignore[arg-type]


_LLAMACPP = Api("/completion", "llamacpp")

_ROWS = (
    _local(
        "local", None, apis=_openai_apis("/v1") | {"native": _LLAMACPP},
        default_model="SmolLM2-135M-Instruct", default_max_tokens=512,
        top_logprobs=(1, None),
    ),
    Provider(
        "deepinfra", "https://api.deepinfra.com",
        _openai_apis("/v1/openai")
        | {"native": Api("/v1/inference/{model}", "tgi", only_streams_values=True)},
        ("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN", "DEEPINFRA_TOKEN"),
        default_model="deepseek-ai/DeepSeek-V3", streams_choices=False,
    ),
    Provider(
        "openai", "https://api.openai.com", key_variables=("OPENAI_API_KEY",),
        default_model="gpt-4.1-mini", max_tokens_name="max_completion_tokens",
    ),
    _local("vllm", "http://127.0.0.1:8000", key_variables=("VLLM_API_KEY",)),
    _local("sglang", "http://127.0.0.1:30000", top_logprobs=(0, None)),
    _local(
        "llama.cpp", "http://127.0.0.1:8080",
        apis=_openai_apis("/v1") | {"native": _LLAMACPP},
        default_model="default", top_logprobs=(1, None),
    ),
    _local(
        "ollama", "http://127.0.0.1:11434",
        apis=_openai_apis("/v1")
        | {
            "native": Api("/api/chat", "ollama", is_chat=True),
            "raw": Api("/api/generate", "ollama"),
        },
        streams_choices=False,
    ),
    Provider(
        "together", "https://api.together.xyz", key_variables=("TOGETHER_API_KEY",),
    ),
    Provider(
        "fireworks", "https://api.fireworks.ai", _openai_apis("/inference/v1"),
        ("FIREWORKS_API_KEY",), top_logprobs=(0, 5),
    ),
    Provider(
        "openrouter", "https://openrouter.ai", _openai_apis("/api/v1"),
        ("OPENROUTER_API_KEY",), streams_choices=False,
    ),
    Provider(
        "xai", "https://api.x.ai", key_variables=("XAI_API_KEY",), top_logprobs=(0, 8),
    ),
)  # fmt: skip

PROVIDERS = {row.name: row for row in _ROWS}

ANY_SERVER = _local(
    "", None, apis=_openai_apis(""), top_logprobs=(0, None), usage_option=False
)
"""Stands for whatever answers at a ``base_url`` that no provider was named for."""


def provider(name: str) -> Provider:
    """Return the row of a provider.

    Raises
    ------
    InputError
        There is no such row.
    """
    row = PROVIDERS.get(str(name).lower().strip())
    if row is None:
        harmless = re.fullmatch(r"[A-Za-z. _]{1,24}", str(name))
        typed = f"{name!r}" if harmless else "of that name"  # it might be a key
        msg = (
            f"there is no provider {typed}; there are: {', '.join(PROVIDERS)}\n"
            "for any other OpenAI-style server give its base_url instead, "
            "such as base_url='http://127.0.0.1:8000/v1'"
        )
        raise InputError(msg)
    return row
