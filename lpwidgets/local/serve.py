"""Running the gateway until a signal stops it."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lpwidgets.errors import InputError, MissingPackageError
from lpwidgets.local.engine import acquire

if TYPE_CHECKING:
    from starlette.applications import Starlette

_STOP_SECONDS = 3
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
_WELCOME = """\
{model} answers as DeepInfra does at {url} (Ctrl-C stops it)

python - <<END
from openai import OpenAI

client = OpenAI(
    api_key="{key}",
    base_url="{url}/v1/openai",
)

response = client.chat.completions.create(
    model="deepseek-ai/DeepSeek-V3",
    messages=[{{"role": "user", "content": "Say hello in one word"}}],
    logprobs=True,
    top_logprobs=3,
)

for token in response.choices[0].logprobs.content:
    print(f"{{token.token!r}}: {{token.logprob:.4f}}")
    for alt in token.top_logprobs:
        print(f"  alt {{alt.token!r}}: {{alt.logprob:.4f}}")
END

curl -X POST \\
    -d '{{"input": "I have this dream", "stream": true}}' \\
    -H "Authorization: Bearer {key}" \\
    -H 'Content-Type: application/json' \\
    '{url}/v1/inference/deepseek-ai/DeepSeek-V3'
"""


def serve(model: str | None, host: str, port: int, token: str) -> None:
    """Answer as DeepInfra does, until SIGINT or SIGTERM.

    Parameters
    ----------
    model
        A path to a GGUF file; None for the packaged model.
    host, port
        Where to listen; port 0 takes a free one.
    token
        The only bearer token to accept; empty for any or none.

    Raises
    ------
    InputError
        It cannot listen there.
    MissingPackageError
        A package is not installed.
    EngineError
        The model does not start.
    """
    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            raise MissingPackageError(
                f"lpwidgets serve needs the package {package}. Install it: "
                "pip install 'lpwidgets[local]'"
            )
    with _listen(host, port) as listener, acquire(model, progress=_tell) as lease:
        from lpwidgets.local.backend import Backend
        from lpwidgets.local.gateway import Gateway

        if not _is_loopback(host):
            _tell(f"warning: whoever reaches {host} can use this model; see --token")
        place = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
        url = f"http://{place}:{listener.getsockname()[1]}"
        key = "$DEEPINFRA_TOKEN" if token else "any"
        print(_WELCOME.format(model=lease.model, url=url, key=key), flush=True)  # noqa: T201
        _run(Gateway(Backend(lease, model), token).app(), listener)


def _run(app: Starlette, listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",  # streams that a stop cuts are no errors
        access_log=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    # Once it has stopped, uvicorn raises the signal again for who was there before.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    uvicorn.Server(config).run([listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                f"port {port} is in use; choose another one: "
                f"lpwidgets serve --port {port % 65535 + 1}"
            ) from None
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
