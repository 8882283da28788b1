"""`Client` and `AsyncClient`: the same questions, asked in either style."""

from __future__ import annotations

import asyncio
import inspect
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, Self, TypeVar

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
from lpwidgets.client.completing import completable, completed
from lpwidgets.client.echoed import score_echoed, scoring_for
from lpwidgets.client.endpoint import Embedded, endpoint_for
from lpwidgets.client.flight import Flight
from lpwidgets.client.keys import given_key
from lpwidgets.client.loop import Job
from lpwidgets.client.p_true import inquiry, options_for, verdict
from lpwidgets.client.scoring import given_text, score_forced
from lpwidgets.client.stream import Stream
from lpwidgets.client.transport import Transport
from lpwidgets.errors import InputError, LpError
from lpwidgets.wire.question import Question

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Callable,
        Coroutine,
        Iterator,
        Sequence,
    )

    import httpx

    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.flight import Answer
    from lpwidgets.client.p_true import PTrue
    from lpwidgets.generation import Generation

    P = ParamSpec("P")
    R = TypeVar("R")

_MAX_CHOICES = 128


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
        **extra: Any,
    ) -> Flight:
        """Return a call that is ready to start; see `Client.generate`."""
        row = self._endpoint.provider
        way = row.api(api)
        refuse_misplaced(extra)
        refuse_misspelled(extra)
        check(isinstance(stream, bool), "stream", stream, "True or False")
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
        return Flight(question, way, self._transport, completes=complete and ours)

    def scoring(
        self,
        text: str,
        *,
        prompt: Prompt | None = None,
        model: str | None = None,
        top_logprobs: int = 5,
    ) -> Coroutine[Any, Any, Generation]:
        """Return the work of scoring a text, ready to start; see `Client.score`."""
        row, name = self._endpoint.provider, self._endpoint.name
        least, largest = row.top_logprobs
        top = whole("top_logprobs", top_logprobs, 0, largest, row.name)
        chosen = self._choose_model(model_name(model))
        given = given_text(text, prompt, chosen, max(top, least))
        way = scoring_for(row, given, name)
        if way.api:
            return score_echoed(given, way, self.flight, name)
        return score_forced(given, self._transport, self._progress)

    def _completion(self, answer: Answer) -> Coroutine[Any, Any, Answer]:
        """Return the work of completing an answer; see `Client.complete`."""
        way = self._endpoint.provider.scoring
        forces = way is not None and not way.api
        choices = completable(answer, self._endpoint.name, forces=forces)
        return completed(answer, choices, self._transport)

    def _inquiry(
        self,
        question: str,
        answer: Generation | str,
        ideas: Sequence[str],
        options: dict[str, Any],
    ) -> dict[str, Any]:
        """Return what to generate from; see `Client.p_true`."""
        most = self._endpoint.provider.top_logprobs[1]
        prompt = inquiry(question, answer, ideas)
        return {"prompt": prompt, **options_for(most, options)}

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
        ``"vllm"``, ``"sglang"``, ``"llama.cpp"``, ``"ollama"``, ``"tgi"``,
        ``"together"``, ``"fireworks"``, ``"openrouter"``, ``"xai"`` or ``"gemini"``;
        None with a ``base_url``.
    base_url
        With a provider: another host for it. Without: the full root of any server of
        OpenAI's kind, such as ``"http://127.0.0.1:8000/v1"``.
    api_key
        The key; without it the provider's environment variables are looked at.
    model
        The model when a call names none; for ``"local"`` the path of a GGUF file.
    timeout
        Seconds without a byte after which a server counts as silent; for the
        connection at most 10 of them.
    total_timeout
        Seconds that an answer may take from first to last, retries included. What
        came until then is kept, as ``truncated``. None sets no limit.
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
        complete
            Whether the embedded model is asked again for the values of tokens that it
            did not report: those of a character that several spell, and the last one.
        api
            ``"chat"``, ``"completions"``, ``"responses"`` (OpenAI, vLLM), or
            ``"native"`` for the own API of DeepInfra, llama.cpp (``"local"``), SGLang,
            Ollama and Gemini. Completions and the native APIs of the first three take
            text as it is, without a chat template.
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
        try:
            return Stream(flight, self._keep)
        except BaseException:
            self._keep(flight.land())
            raise

    @_signature_of(_Base.scoring)
    def score(self, text: str, **options: Any) -> Generation:
        """Return a given text with the model's own log probability of each token.

        Parameters
        ----------
        text
            What to score.
        prompt
            What stands before it: text as it is, or messages, which the model's chat
            template turns into text. Without, the first token follows the model's mark
            of a beginning, if the server can do that.
        model
            The model, if not the client's own.
        top_logprobs
            How many alternatives a token.

        Returns
        -------
        Generation
            Its ``meta.scored`` is true. Tokens of the prompt that the server sends
            along are of `Part.PROMPT` and not part of any score.

        Raises
        ------
        InputError
            The text is empty, no text, or too long for the model.
        LpError
            The server cannot score a given text, or did not answer.
        """
        work = self.scoring(text, **options)
        self._transport.prepare()
        scored = Job(work).wait()
        self.last = scored
        return scored

    def complete(self, answer: Answer) -> Any:
        """Return an answer of llama.cpp with the tokens that it did not report.

        Done by itself after `generate` and `stream` on ``"local"``. A token that
        cannot be told has neither bytes nor a value.

        Parameters
        ----------
        answer
            What `generate` returned: one choice or several.

        Returns
        -------
        Generation or Generations
            ``meta.note`` says what was filled in.

        Raises
        ------
        InputError
            It is no whole answer that has ended.
        LpError
            Only llama.cpp can do it, or what came does not tell which tokens are
            missing.
        """
        work = self._completion(answer)
        self._transport.prepare()
        self.last = Job(work).wait()
        return self.last

    def p_true(
        self,
        question: str,
        answer: Generation | str,
        *,
        ideas: Sequence[str] = (),
        **options: Any,
    ) -> PTrue:
        """Ask the model whether an answer is true (Kadavath et al. 2022).

        Parameters
        ----------
        question
            What the answer is to, as text.
        answer
            A `Generation` or text.
        ideas
            Other answers to show first, such as the texts of samples.
        **options
            As for `generate`. A model that reasons first needs a higher
            ``max_tokens``; ``api="completions"`` asks a base model.

        Returns
        -------
        PTrue
            Its ``probability``, and how all of it was spread, over every spelling of
            the labels; the reply is its ``generation``.

        Raises
        ------
        InputError
            There is no question or no answer.
        LpError
            Nothing came, and why.
        """
        return verdict(self.generate(**self._inquiry(question, answer, ideas, options)))

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

    @_signature_of(_Base.scoring)
    async def score(self, text: str, **options: Any) -> Generation:
        """Return a given text with its log probabilities; see `Client.score`."""
        scored = await self.scoring(text, **options)
        self.last = scored
        return scored

    async def complete(self, answer: Answer) -> Any:
        """Return an answer with the tokens not reported; see `Client.complete`."""
        self.last = await self._completion(answer)
        return self.last

    async def p_true(
        self,
        question: str,
        answer: Generation | str,
        *,
        ideas: Sequence[str] = (),
        **options: Any,
    ) -> PTrue:
        """Ask the model whether an answer is true; see `Client.p_true`."""
        asked = self._inquiry(question, answer, ideas, options)
        return verdict(await self.generate(**asked))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
