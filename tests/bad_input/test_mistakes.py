"""What users mistype in Python: one message, which says what to type next."""

from __future__ import annotations

import inspect
import io
import math
import socket
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import lpwidgets as lp
from lpwidgets.client.arguments import OPTIONS
from lpwidgets.local import cli
from tests.client.server import HELLO, mocked, streamed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAN = math.nan
MESSAGE = "{'role': 'user', 'content': '…'}"


def client(**options: Any) -> lp.Client:
    """Return a client whose server always answers."""
    return mocked(lambda _: streamed(*HELLO[1:]), **options)


@cache
def gen() -> lp.Generation:
    """Return an answer of two tokens."""
    answer: lp.Generation = client().generate("Hi")
    return answer


def ask(prompt: Any = "Hi", **options: Any) -> Callable[[], Any]:
    """Return a call of `generate`."""
    return lambda: client().generate(prompt, **options)


def make(*names: Any, **options: Any) -> Callable[[], Any]:
    """Return a call of `Client`."""
    return lambda: lp.Client(*names, **options)


def deepinfra(**options: Any) -> Callable[[], Any]:
    """Return a call of `generate` with a provider's limits."""
    known = client(provider="deepinfra", api_key="key-for-tests")
    return lambda: known.generate("Hi", **options)


MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    # Whom to ask
    "provider misspelled": (make("deepinfa"), "did you mean 'deepinfra'?"),
    "provider without its dot": (make("llamacpp"), "did you mean 'llama.cpp'?"),
    "provider with a dash": (make("open-ai"), "did you mean 'openai'?"),
    "address as provider": (make("http://h.test/v1"), "Client(base_url='http://"),
    "host as provider": (make("localhost:8000"), "Client(base_url='http://"),
    "file as provider": (make("a.gguf"), "Client('local', model='path/to/model.gguf')"),
    "model as provider": (make("deepseek-ai/DeepSeek-V3"), "there are: local, deep"),
    "nothing": (make(), "Client('local')"),
    "no key": (make("openai"), "OPENAI_API_KEY"),
    "key that is a number": (make("openai", api_key=5), "os.environ["),
    "key as an option": (ask(api_key="key-for-tests"), "Client(…, api_key=…)"),
    "timeout as text": (make("vllm", timeout="2 s"), "number of seconds above 0"),
    "transport as text": (make("vllm", transport="x"), "httpx.AsyncHTTPTransport()"),
    "progress as text": (make("local", progress="x"), "a function that takes a line"),
    "model that is a number": (make("vllm", model=5), "model=5: it is text, such as"),
    "model of a local client": (make("local", model=5), "the path of a GGUF file"),
    "no model": (lambda: lp.Client("vllm").generate("Hi"), "pass model=…"),
    "blank model": (
        lambda: lp.Client("vllm", model=" ").generate("Hi"),
        "pass model=…",
    ),
    "model as a list": (ask(model=["m"]), "model=['m']: it is text"),
    "another local model": (
        lambda: lp.Client("local").generate("Hi", model="gpt-4"),
        "Client('local', model='path/to/model.gguf')",
    ),
    "nobody listens": (
        lambda: lp.Client(base_url="http://127.0.0.1:9/v1", model="m").generate("Hi"),
        "nothing listens at 127.0.0.1:9: start the server there",
    ),
    # How to ask
    "option misspelled": (ask(top_logprob=5), "did you mean top_logprobs=…?"),
    "option in the singular": (ask(max_token=5), "did you mean max_tokens=…?"),
    "temprature": (ask(temprature=1), "did you mean temperature=…?"),
    "seeds": (ask(seeds=1), "did you mean seed=…?"),
    "logprobs as a number": (ask(logprobs=5), "top_logprobs=5"),
    "top_logprobs too large": (deepinfra(top_logprobs=50), "0 to 20 for deepinfra"),
    "top_logprobs below 0": (ask(top_logprobs=-1), "a whole number, 0 or more"),
    "top_logprobs as text": (ask(top_logprobs="5"), "top_logprobs='5': it is a whole"),
    "top_logprobs True": (ask(top_logprobs=True), "a whole number"),
    "max_tokens 0": (ask(max_tokens=0), "max_tokens=0: it is a whole number, 1 or"),
    "max_tokens -1": (ask(max_tokens=-1), "1 or more"),
    "max_tokens as text": (ask(max_tokens="x"), "max_tokens='x'"),
    "temperature in words": (ask(temperature="hot"), "a number from 0, such as 0.7"),
    "temperature nan": (ask(temperature=NAN), "temperature=nan: it is a number"),
    "temperature inf": (ask(temperature=math.inf), "a number from 0"),
    "temperature -1": (ask(temperature=-1), "a number from 0"),
    "another number nan": (ask(top_p=NAN), "cannot be sent as JSON: Out of range"),
    "n 0": (ask(n=0), "n=0: it is a whole number, 1 to 128"),
    "seed 1.5": (ask(seed=1.5), "seed=1.5: it is a whole number"),
    "stop as a number": (ask(stop=[5]), "text or a list of texts, such as ['.']"),
    "stream as text": (ask(stream="no"), "True or False"),
    "system as a list": (ask(system=["x"]), "system=['x']: it is text"),
    "api misspelled": (ask(api="chatt"), "it has: chat, completions"),
    "api as a list": (ask(api=["chat"]), "it has: chat, completions"),
    "text api with a system": (ask(api="completions", system="x"), "api='chat'"),
    # What to ask
    "empty prompt": (ask(""), "write what the model should answer"),
    "no prompt": (ask(None), "text or a list of messages, not NoneType"),
    "prompt as bytes": (ask(b"Hi"), "not bytes"),
    "one message": (ask({"role": "user", "content": "Hi"}), "a list of messages"),
    "no role": (ask([{"content": "Hi"}]), MESSAGE),
    "no content": (ask([{"role": "user"}]), MESSAGE),
    "role as a number": (ask([{"role": 5, "content": "Hi"}]), MESSAGE),
    "pairs": (ask([("user", "Hi")]), MESSAGE),
    "half a character": (ask("\ud83d"), "surrogates not allowed"),
    # What comes back
    "text of a stream": (lambda: client().stream("Hi").text, "stream.latest.text"),
    "text of several": (lambda: client().generate("Hi", n=2).text, "answers[0].text"),
    "frame of a stream": (lambda: client().stream("Hi").to_pandas, "so_far.to_pandas"),
    "gen['x']": (lambda: gen()["x"], 'gen.to_pandas()["logprob"]'),  # type: ignore[call-overload]
    "gen[99]": (lambda: gen()[99], "there is no token 99: there are 2"),
    "metric": (lambda: gen().metric("nope"), "there are: probability"),
    "metric as a list": (lambda: gen().metric([]), "there are: probability"),  # type: ignore[arg-type]
    "table": (lambda: gen().to_pandas("x"), "there are: tokens, alternatives"),
    "color": (lambda: lp.show(gen(), color="red"), "there are: probability"),
    # What is read
    "read a number": (lambda: lp.read(3), "It takes answers"),
    "show a number": (lambda: lp.show(3), "It takes answers"),
    "read nothing": (lambda: lp.read(None), "this: NoneType"),
    "read a frame": (lambda: lp.read(gen().to_pandas()), "this: DataFrame"),
    "read empty text": (lambda: lp.read(""), "nothing in this str"),
    "read an empty list": (lambda: lp.read([]), "nothing in this list"),
    "read nonsense": (lambda: lp.read("nonsense"), "or the path of its file"),
    "read half a brace": (lambda: lp.read("{"), "neither JSON nor enough"),
    "read an address": (lambda: lp.read("https://h.test/x"), "download https://h.test"),
    "read bytes": (lambda: lp.read(b"\xff\xfe"), "neither JSON nor events"),
    "read an empty file": (lambda: lp.read(io.StringIO("")), "nothing in this String"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake(mistake: str) -> None:
    """An error of ours, at most three lines, with the words that help."""
    call, words = MISTAKES[mistake]
    with pytest.raises(lp.LpError) as caught:
        call()
    said = str(caught.value)
    assert words in said
    assert len(said.splitlines()) <= 3
    assert caught.value.__cause__ is None


def test_every_option_is_known_by_its_spelling() -> None:
    """Or its misspelling would be sent."""
    known = inspect.signature(lp.Client.generate).parameters.keys()
    assert set(OPTIONS) == known - {"self", "prompt", "extra"}


def test_python_finds_its_own_kinds_of_error() -> None:
    """So that ``for``, ``hasattr`` and people's ``except`` work."""
    with pytest.raises(IndexError):
        gen()[99]
    assert not hasattr(client().stream("Hi"), "text")
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = client().stream("Hi").nothing


@pytest.mark.engine
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "Cannot read"),
        (b"", "is not a GGUF file"),
        (b"not a model at all", "is not a GGUF file"),
        (b"GGUF\x01\x00\x00\x00", "has GGUF version 1"),
        (b"GGUF\x03\x00\x00\x00cut off", "Cannot load"),
    ],
)
def test_what_is_no_model(content: bytes | None, words: str, tmp_path: Path) -> None:
    """Named with its path, and what to pass instead."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(lp.LpError, match=words) as caught:
        lp.Client("local", model=str(path)).generate("Hi")
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--port", "x"], "'x' is no port: 0 to 65535"),
        (["serve", "--port", "-5"], "'-5' is no port: 0 to 65535"),
        (["serve", "--port", "65536"], "is no port: 0 to 65535"),
        (["serv"], "choose from serve"),
        ([], "required: {serve"),
        (["serve", "--model"], "expected one argument"),
    ],
)
def test_a_mistyped_command(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The usage, and one line that says what is wrong."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err.splitlines()[-1].replace("'serve'", "serve")


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, with the command to type."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert cli.main(["serve", "--port", str(port)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "lpwidgets serve --port" in line
