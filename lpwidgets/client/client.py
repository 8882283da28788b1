"""`Client` and `AsyncClient`: the same questions, asked in either style."""

from __future__ import annotations

import asyncio
import inspect
import math
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from operator import index
from typing import (
    TYPE_CHECKING,
    Any,
    NoReturn,
    ParamSpec,
    Self,
    SupportsIndex,
    TypeAlias,
    TypeVar,
)

from lpwidgets.client.endpoint import Embedded, endpoint_for
from lpwidgets.client.flight import Flight
from lpwidgets.client.keys import given_key
from lpwidgets.client.loop import Job
from lpwidgets.client.transport import Transport
from lpwidgets.errors import InputError, LpError
from lpwidgets.wire.question import Question

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

    import httpx

    from lpwidgets.client.flight import Answer

    P = ParamSpec("P")
    R = TypeVar("R")

_MAX_CHOICES = 128
_OF_THE_CLIENT = {"api_key", "base_url", "timeout", "transport", "extra_headers"}

Prompt: TypeAlias = str | Sequence[Mapping[str, Any]]


def _print_progress(line: str) -> None:
    end = "\n" if line.startswith("ready") else ""
    print(f"\r{line:<72}", end=end, flush=True)  # noqa: T201


class _Base:
    """What both clients share: the arguments, and how a call becomes a flight."""

    def __init__(
        self,
        provider: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        model: str | None = None,
        timeout: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
        progress: Callable[[str], None] = _print_progress,
    ) -> None:
        key = given_key(api_key)
        del api_key  # a traceback with local variables would show it
        self._endpoint = endpoint_for(
            provider, base_url=base_url, key=key, model=model, progress=progress
        )
        self._model = model
        seconds = _checked_timeout(timeout)
        self._transport = Transport(self._endpoint, seconds, transport)
        self.last: Any = None
        """The newest answer of this client, also one that an interrupt cut off."""
        self._opened()

    def _opened(self) -> None:
        """Prepare for the end of this client."""

    def flight(
        self,
        prompt: Prompt,
        *,
        model: str | None = None,
        top_logprobs: int = 5,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        n: int = 1,
        system: str | None = None,
        stop: str | Sequence[str] | None = None,
        stream: bool = True,
        api: str | None = None,
        **extra: Any,
    ) -> Flight:
        """Return a call that is ready to start; see `Client.generate`."""
        row = self._endpoint.provider
        way = row.api(api)
        _refuse_misplaced(extra)
        least, largest = row.top_logprobs
        wanted = _whole("top_logprobs", top_logprobs, 0, largest, row.name)
        question = Question(
            prompt=(_messages if way.is_chat else _text)(prompt, system),
            model=self._choose_model(model),
            top_logprobs=max(wanted, least),
            n=_whole("n", n, 1, _MAX_CHOICES),
            stream=stream,
            limit=row.default_max_tokens if max_tokens is None else max_tokens,
            limit_name=row.max_tokens_name,
            asks_usage=row.usage_option,
            parameters={
                "temperature": temperature,
                "seed": seed,
                "stop": stop,
                **extra,
            },
        )
        return Flight(question, way, self._transport)

    def _choose_model(self, model: str | None) -> str:
        endpoint = self._endpoint
        if isinstance(endpoint, Embedded):
            if model is not None and model != endpoint.model:
                msg = (
                    f"this client runs {endpoint.model}: for another model "
                    "make lpwidgets.Client('local', model='path/to/model.gguf')"
                )
                raise InputError(msg)
            return endpoint.model
        chosen = model or self._model or endpoint.provider.default_model
        if not chosen:
            msg = f"name a model: {endpoint.name} has no default; pass model=…"
            raise InputError(msg)
        return chosen

    @contextmanager
    def keeping(self, flight: Flight) -> Iterator[None]:
        """Keep the answer in `last`, also one that an interrupt cuts off."""
        try:
            yield
        except LpError:
            raise
        except BaseException:
            self.last = flight.land()
            raise
        self.last = flight.answer()

    def __repr__(self) -> str:
        built = "_endpoint" in vars(self)  # tracebacks show objects half made
        return f"<{type(self).__name__} {self._endpoint.name if built else '…'}>"

    def __reduce__(self) -> NoReturn:
        msg = "a client holds a key and is never pickled: make it where it is used"
        raise TypeError(msg)


def _signature_of(
    prototype: Callable[P, Any],
) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a method the parameters of another, for readers, completion and mypy."""

    def lend(method: Callable[..., R]) -> Callable[P, R]:
        signature = inspect.signature(prototype)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            return_annotation=inspect.signature(method).return_annotation
        )
        return method

    return lend


class Client(_Base):
    """Ask a server for text with log probabilities.

    Works in notebooks, in scripts, and inside running event loops. An interrupt returns
    at once, closes the request, and leaves what had arrived in `last`.

    Parameters
    ----------
    provider
        ``"local"`` (a small model on this machine), ``"deepinfra"``, ``"openai"``,
        ``"vllm"``, ``"sglang"``, ``"llama.cpp"``, ``"ollama"``, ``"together"``,
        ``"fireworks"``, ``"openrouter"`` or ``"xai"``; None with a ``base_url``.
    base_url
        With a provider: another host for it. Without: the full root of any server of
        OpenAI's kind, such as ``"http://127.0.0.1:8000/v1"``.
    api_key
        The key; without it the provider's environment variables are looked at.
    model
        The model when a call names none; for ``"local"`` the path of a GGUF file.
    timeout
        Seconds without a byte after which a server counts as silent.
    transport
        An httpx transport in place of the network, for tests and proxies.
    progress
        Called with a line while a local model loads.

    Raises
    ------
    InputError
        The arguments name no server, or one that cannot be.
    MissingKeyError
        The provider needs a key and none was found.
    """

    def _opened(self) -> None:
        weakref.finalize(self, _hang_up, self._transport).atexit = False

    @_signature_of(_Base.flight)
    def generate(self, prompt: Prompt, **options: Any) -> Any:
        """Return the answer to a prompt.

        Parameters
        ----------
        prompt
            Text, or messages ``[{"role": "user", "content": "…"}, …]``.
        model
            The model, if not the client's own.
        top_logprobs
            How many alternatives a token.
        max_tokens, temperature, seed, stop
            Sent when given; otherwise the server's defaults hold.
        n
            How many choices; above 1 the result is `Generations`.
        system
            A system message to put first.
        stream
            False asks for the answer in one piece.
        api
            ``"chat"``, ``"completions"``, or ``"native"`` for the own API of DeepInfra,
            llama.cpp (``"local"``) and Ollama. All but chats take text as it is,
            without a chat template.
        **extra
            Sent as they are, such as ``top_p=0.9``.

        Returns
        -------
        Generation or Generations
            What goes wrong after the first token stands in ``status`` and ``findings``.

        Raises
        ------
        InputError
            An argument cannot work.
        LpError
            Nothing came, and why.
        """
        flight = self.flight(prompt, **options)
        self._transport.prepare()
        with self.keeping(flight):
            return Job(flight.run()).wait()

    @_signature_of(_Base.flight)
    def stream(self, prompt: Prompt, **options: Any) -> Stream:
        """Return growing snapshots of the answer; arguments as for `generate`."""
        flight = self.flight(prompt, **options)
        self._transport.prepare()
        return Stream(flight, self)

    def close(self) -> None:
        """Close the connections."""
        Job(self._transport.close()).wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _hang_up(transport: Transport) -> None:
    """Close the connections of a client that nobody holds any more."""
    Job(transport.close())


class Stream:
    """Growing snapshots of an answer, the last one finished.

    An iterator, and a context manager whose end closes the request, as does letting go
    of it. A slow reader misses snapshots, never tokens.
    """

    def __init__(self, flight: Flight, client: _Base) -> None:
        self._flight = flight
        self._client = client
        self._changed = threading.Event()
        self._job = Job(flight.run(self._changed.set), self._changed.set)
        self._let_go = weakref.finalize(self, _let_go, self._job, flight, client)
        self.over = False
        """Whether the answer is finished, or was closed."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.over:
            raise StopIteration
        try:
            self.wait(math.inf)
            latest = self.latest
        except BaseException:
            self.close()
            raise
        return latest

    @property
    def latest(self) -> Any:
        """What there is by now."""
        return self._flight.answer()

    def wait(self, seconds: float) -> bool:
        """Wait for something new, at most so long; say whether there is.

        Raises
        ------
        LpError
            Nothing came, and why.
        """
        if self.over:
            return True
        try:
            new = self._job.attend(self._changed, seconds)
            self._changed.clear()
            if self._job.over:
                self.over = True
                self._let_go.detach()
                self._client.last = self._job.wait()
        except BaseException:
            self.close()
            raise
        return new

    def close(self) -> None:
        """Close the request; what had arrived is then the client's `last`."""
        if not self.over:
            self.over = True
            self._job.stop()
            self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _let_go(job: Job[Answer], flight: Flight, client: _Base) -> None:
    job.cancel()
    client.last = flight.land()


class AsyncClient(_Base):
    """Ask a server for text with log probabilities, with ``await``.

    Takes the arguments of `Client`. Cancelling a call closes the request and leaves
    what had arrived in `last`.
    """

    @_signature_of(_Base.flight)
    async def generate(self, prompt: Prompt, **options: Any) -> Any:
        """Return the answer to a prompt; see `Client.generate`."""
        flight = self.flight(prompt, **options)
        with self.keeping(flight):
            return await flight.run()

    @_signature_of(_Base.flight)
    async def stream(self, prompt: Prompt, **options: Any) -> AsyncGenerator[Any, None]:
        """Yield growing snapshots of the answer, the last one finished."""
        flight = self.flight(prompt, **options)
        changed = asyncio.Event()
        task = asyncio.ensure_future(flight.run(changed.set))
        task.add_done_callback(lambda _: changed.set())
        try:
            with self.keeping(flight):
                while not task.done():
                    await changed.wait()
                    changed.clear()
                    if not task.done():
                        yield flight.answer()
                yield await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _messages(prompt: Prompt, system: str | None) -> list[dict[str, Any]]:
    if isinstance(prompt, str):
        if not prompt:
            msg = "the prompt is empty: write what the model should answer"
            raise InputError(msg)
        messages: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    elif isinstance(prompt, Mapping | bytes) or not isinstance(prompt, Iterable):
        msg = f"the prompt is text or a list of messages, not {type(prompt).__name__}"
        raise InputError(msg)
    else:
        messages = [_message(item, i) for i, item in enumerate(prompt)]
        if not messages:
            msg = "the list of messages is empty: give at least one"
            raise InputError(msg)
    return [{"role": "system", "content": system}, *messages] if system else messages


def _text(prompt: Prompt, system: str | None) -> str:
    if not isinstance(prompt, str) or system:
        msg = (
            "this api takes text as it is: write messages and system as the model's "
            "chat template does, or use api='chat'"
        )
        raise InputError(msg)
    return str(_messages(prompt, None)[0]["content"])


def _message(item: object, index: int) -> dict[str, Any]:
    if not isinstance(item, Mapping) or "role" not in item:
        msg = (
            f"message {index} is {item!r:.60}; a message is "
            "{'role': 'user', 'content': '…'}"
        )
        raise InputError(msg)
    return dict(item)


def _refuse_misplaced(options: Mapping[str, Any]) -> None:
    """Refuse what would be sent to the server, and kept in meta, by mistake."""
    for name in sorted(_OF_THE_CLIENT & options.keys()):
        msg = f"{name} goes into the client: Client(…, {name}=…)"
        raise InputError(msg)


def _whole(
    name: str, value: object, smallest: int, largest: int | None, who: str = ""
) -> int:
    """Return a whole number within its bounds."""
    number = index(value) if isinstance(value, SupportsIndex) else smallest - 1
    fits = smallest <= number and (largest is None or number <= largest)
    if isinstance(value, bool) or not fits:
        bounds = (
            f"{smallest} or more" if largest is None else f"{smallest} to {largest}"
        )
        whom = f" for {who}" if who else ""
        msg = f"{name}={value!r:.60}: it is a whole number, {bounds}{whom}"
        raise InputError(msg)
    return number


def _checked_timeout(timeout: object) -> float:
    real = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not (real and isinstance(timeout, int | float) and timeout > 0):
        msg = f"timeout={timeout!r:.60}: it is a number of seconds above 0, such as 120"
        raise InputError(msg)
    return float(timeout)
