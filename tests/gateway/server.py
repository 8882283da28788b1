"""Running a gateway as people do, and what to ask it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODEL = "SmolLM2-135M-Instruct"
CHAT = "/v1/openai/chat/completions"
COMPLETIONS = "/v1/openai/completions"
NATIVE = "/v1/inference/deepseek-ai/DeepSeek-V3"
HELLO: dict[str, Any] = {
    "model": "deepseek-ai/DeepSeek-V3",
    "messages": [{"role": "user", "content": "Say hello in one word"}],
    "max_tokens": 8,
    "seed": 5,
    "logprobs": True,
    "top_logprobs": 3,
}
ENDLESS = HELLO | {"max_tokens": 4000, "logit_bias": {"0": -100, "2": -100}}
DREAM: dict[str, Any] = {"input": "I have this dream", "max_new_tokens": 6, "seed": 5}
PROGRAM = """
from openai import OpenAI

client = OpenAI(
    api_key="$DEEPINFRA_TOKEN",
    base_url="https://api.deepinfra.com/v1/openai",
)

response = client.chat.completions.create(
    model="deepseek-ai/DeepSeek-V3",
    messages=[{"role": "user", "content": "Say hello in one word"}],
    logprobs=True,
    top_logprobs=3,
)

for token in response.choices[0].logprobs.content:
    print(f"{token.token!r}: {token.logprob:.4f}")
    for alt in token.top_logprobs:
        print(f"  alt {alt.token!r}: {alt.logprob:.4f}")
"""
COMMAND = """
curl -X POST \\
    -d '{"input": "I have this dream", "stream": true}' \\
    -H "Authorization: Bearer $DEEPINFRA_TOKEN" \\
    -H 'Content-Type: application/json' \\
    'https://api.deepinfra.com/v1/inference/deepseek-ai/DeepSeek-V3'
"""


class Server(NamedTuple):
    """A running gateway and what it printed."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    said: str

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Ask it something."""
        return httpx.post(self.url + path, json=body, timeout=60)

    def events(self, path: str, **body: Any) -> list[Any]:
        """Ask for a stream and return its events, once its end is as it should be."""
        lines = self.post(path, **body, stream=True).text.split("\r\n\r\n")
        assert lines[-2:] == ["data: [DONE]", ""]
        return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


@contextmanager
def gateway(folder: Path, *options: str) -> Iterator[Server]:
    """Run a gateway on a free port; end it if it has not ended."""
    command = [sys.executable, "-m", "lpwidgets.local.cli", "serve", "--port", "0"]
    command += options
    settings = {"LPWIDGETS_CACHE_DIR": str(folder), "LPWIDGETS_ENGINE_GRACE": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, env=os.environ | settings
    ) as process:
        assert process.stdout
        try:
            said = ""
            while "/v1/inference/" not in said and process.poll() is None:
                said += process.stdout.readline()
            (url, *_) = re.findall(r"http://[^/ ]+", said)
            yield Server(process, url, folder / "engine", said)
        finally:
            process.kill()
