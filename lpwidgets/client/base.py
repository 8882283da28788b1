"""What every client has: where it asks, and how a call becomes a flight."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from lpwidgets.analysis.stopping import parse_rule
from lpwidgets.client.arguments import (
    check,
    messages,
    model_name,
    parameters,
    refuse_misplaced,
    refuse_misspelled,
    seconds,
    text,
    whole,
)
from lpwidgets.client.endpoint import Embedded, endpoint_for
from lpwidgets.client.flight import Flight
from lpwidgets.client.keys import given_key
from lpwidgets.client.transport import Transport
from lpwidgets.errors import InputError, LpError
from lpwidgets.wire.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.flight import Answer


_MAX_CHOICES = 128


def _print_progress(line: str) -> None:
    end = "" if line.endswith("…") else "\n"
    print(f"\r{line:<72}", end=end, flush=True)  # noqa: T201


class Base:
    """What both clients share: the arguments, and how a call becomes a flight."""

    def __init__(
        self,
        provider: str | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        model: str | None = None,
        timeout: float = 120.0,
        total_timeout: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        progress: Callable[[str], None] = _print_progress,
    ) -> None:
        fault: LpError | None = None
        try:
            model = model_name(model)
            key = given_key(api_key)
            self._endpoint = endpoint_for(
                provider, base_url=base_url, key=key, model=model, progress=progress
            )
        except LpError as error:
            fault = error.with_traceback(None)
        # A traceback with local variables would show a key, whichever it was given as.
        del provider, base_url, api_key
        if fault:
            raise fault
        sends = transport is None or hasattr(transport, "handle_async_request")
        said = "an httpx.AsyncBaseTransport, such as httpx.AsyncHTTPTransport()"
        check(sends, "transport", transport, said)
        check(callable(progress), "progress", progress, "a function that takes a line")
        self._model = model
        self._progress = progress
        total = None
        if total_timeout is not None:
            total = seconds(total_timeout, "total_timeout")
        self._transport = Transport(self._endpoint, seconds(timeout), total, transport)
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
        complete: bool = True,
        stop_when: str | None = None,
        **extra: Any,
    ) -> Flight:
        """Return a call that is ready to start; see `Client.generate`."""
        row = self._endpoint.provider
        way = row.api(api)
        refuse_misplaced(extra)
        refuse_misspelled(extra)
        check(isinstance(stream, bool), "stream", stream, "True or False")
        rule = None if stop_when is None else parse_rule(stop_when)
        if rule and not stream:
            msg = "stop_when closes a stream when its rule comes true: leave stream on"
            raise InputError(msg)
        given = parameters(
            max_tokens=max_tokens,
            least_tokens=1 if way.is_chat else 0,
            temperature=temperature,
            seed=seed,
            stop=stop,
        )
        least, largest = row.top_logprobs
        wanted = whole("top_logprobs", top_logprobs, 0, largest, row.name)
        question = Question(
            prompt=(messages if way.is_chat else text)(prompt, system),
            model=self._choose_model(model_name(model)),
            top_logprobs=max(wanted, least),
            n=whole("n", n, 1, _MAX_CHOICES),
            stream=stream,
            limit=row.default_max_tokens if max_tokens is None else max_tokens,
            limit_name=row.max_tokens_name if way.is_chat else "max_tokens",
            asks_usage=row.usage_option,
            parameters=given | extra,
        )
        ours = isinstance(self._endpoint, Embedded)
        completes = complete and ours
        return Flight(question, way, self._transport, completes=completes, rule=rule)

    @property
    def transport(self) -> Transport:
        """The way to the server, for a sampler that compares two models."""
        return self._transport

    def _keep(self, answer: Answer) -> None:
        self.last = answer

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
            self.last = flight.answer()
        except LpError:
            raise
        except BaseException:
            self.last = flight.land()
            raise

    def __repr__(self) -> str:
        built = "_endpoint" in vars(self)  # tracebacks show objects half made
        return f"<{type(self).__name__} {self._endpoint.name if built else '…'}>"

    def __reduce__(self) -> NoReturn:
        msg = "a client holds a key and is never pickled: make it where it is used"
        raise TypeError(msg)
