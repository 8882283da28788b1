"""`Client`: questions asked with plain calls."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Self

from lpwidgets.client.arguments import model_name
from lpwidgets.client.loop import Job
from lpwidgets.client.p_true import verdict
from lpwidgets.client.searches import ClientSearches
from lpwidgets.client.signatures import signature_of
from lpwidgets.client.steering import kept
from lpwidgets.client.stream import Stream
from lpwidgets.client.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.analysis.choices import Choices
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.flight import Answer
    from lpwidgets.client.p_true import PTrue
    from lpwidgets.client.transport import Transport
    from lpwidgets.generation import Generation
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.stepping.stepping import Stepping


class Client(ClientSearches):
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

    @signature_of(Verbs.flight)
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
        stop_when
            Closes the request once a condition on tokens has held for so many in a
            row, such as ``"entropy_low > 2 for 3 tokens"``; see
            `lpwidgets.analysis.stopping`. All tokens that came are kept, the status is
            ``stopped``, and ``meta.note`` says where and why.
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

    @signature_of(Verbs.flight)
    def stream(self, prompt: Prompt, **options: Any) -> Stream:
        """Return growing snapshots of the answer; arguments as for `generate`."""
        flight = self.flight(prompt, **options)
        self._transport.prepare()
        try:
            return Stream(flight, self._keep)
        except BaseException:
            self._keep(flight.land())
            raise

    @signature_of(Verbs.scoring)
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

    @signature_of(Verbs.choosing)
    def choose(self, prompt: Prompt, labels: Sequence[str], **options: Any) -> Choices:
        """Return how the model's probability is spread over labels.

        A label's probability is that the answer begins with it: alone, after a space
        or after a newline, each in the tokens that the model's tokenizer makes of it.
        Exact on llama.cpp (``"local"``) and where a server scores given texts; of
        others the lists of likely tokens give bounds.

        Parameters
        ----------
        prompt
            Text, or messages.
        labels
            What to choose from, such as ``["yes", "no", "maybe"]``.
        system
            A system message to put first.
        model
            The model, if not the client's own.
        api
            As for `generate`; ``"completions"`` takes the prompt as it is.
        ignore_case
            Whether ``yes``, ``Yes`` and ``YES`` count as one.
        calibrate
            The part of the prompt that is its content, True for all of the last
            message: it is replaced by ``N/A``, nothing and ``[MASK]``, and what the
            model then prefers is divided out (contextual calibration, Zhao et al.
            2021).

        Raises
        ------
        InputError
            The labels cannot be told apart, or an argument cannot work.
        LpError
            The server tells nothing of its tokens' probabilities.
        """
        work = self.choosing(prompt, labels, **options)
        self._transport.prepare()
        chosen = Job(work).wait()
        self.last = chosen
        return chosen

    @signature_of(Verbs.branching)
    def branch(self, gen: Generation, *args: Any, **options: Any) -> Generation:
        """Return what the model says if it had said another token at a position.

        Exact by token ids on llama.cpp (``"local"``), and where a server's completions
        take ids and the generation has them; otherwise by assistant prefill, where the
        server continues one. ``meta.note`` says how, ``meta.requests`` counts.

        Parameters
        ----------
        gen
            A whole answer of this client.
        position
            Where in it; the tokens before stay as they are.
        token
            What is to stand there: text, bytes, a token id, or one of
            ``gen[position].alternatives``. One that is not listed only on llama.cpp.
        max_tokens
            Tokens to generate after it; what is left of the answer's limit by default.
        temperature, seed, stop, top_logprobs, **extra
            As for `generate`; what is not given is as it was for `gen`.

        Returns
        -------
        Generation
            The prefix with its values, the token as `Part.FORCED` with its own log
            probability and alternatives, and the continuation.

        Raises
        ------
        InputError
            The position or the token cannot be meant, or `gen` is not of this server.
        LpError
            The server cannot continue this prefix exactly, and why.
        """
        work = self.branching(gen, *args, **options)
        self._transport.prepare()
        with kept(work, self._keep):
            return Job(work.run()).wait()

    @signature_of(Verbs.sampling)
    def sample(self, prompt: Prompt, sampler: Rule, **options: Any) -> Generation:
        """Return the answer to a prompt, each token taken by a sampler of yours.

        A sampler that the server has is sent there, in one request. Any other gets the
        candidates of each position; the server drafts runs of tokens and each is kept
        or replaced by the rule of speculative sampling, so that the text is distributed
        exactly as if it were sampled a token at a time, for a fraction of the requests.

        That takes a server that goes on from what was said: llama.cpp (``"local"``);
        one whose completions take a prompt of token ids and list them; or one that
        continues a message of the assistant, where ``meta.note`` says how often the
        server cut that into other tokens. Elsewhere it is refused.

        Parameters
        ----------
        prompt
            Text, or messages; a list of token ids where the server's ``api`` takes one.
        sampler
            One of `lpwidgets.sampling`, or any function of `Candidates` that returns a
            place in the list, a token's text, or an array of probabilities.
        max_tokens, system, stop, model, api, **extra
            As for `generate`; ``api="completions"`` takes the prompt as it is. With
            ``complete=True`` more requests tell what llama.cpp did not report.
        seed
            Of all chance on this side, and of the drafts. It gives the same text again
            as long as the server says the same values; a busy one rounds otherwise.
        top_logprobs
            How many candidates a position: what the sampler sees.
        way
            ``"auto"``; or ``"server"`` for the server's own sampler only,
            ``"speculative"``, or ``"single"`` for a request a token.
        budget
            As for `best_of`; drafted tokens count, and what it may take is told before.

        Returns
        -------
        Generation
            With the model's own values. ``meta.sampling`` counts what was drafted and
            rejected, and ``meta.note`` says what mass the sampler needed and did not
            see.

        Raises
        ------
        SamplerError
            The sampler raised, or returned no choice and no distribution; the tokens
            until then are in `last`.
        LpError
            The server cannot be sampled from so, or did not answer.
        """
        work = self.sampling(prompt, sampler, **options)
        self._transport.prepare()
        with kept(work, self._keep):
            return Job(work.run()).wait()

    def stepping(
        self,
        prompt: Prompt,
        *,
        text: str | None = None,
        top_logprobs: int = 20,
        system: str | None = None,
        model: str | None = None,
        api: str | None = None,
        ends: Sequence[int] = (),
    ) -> Stepping:
        """Return a text to be made token by token: by hand, or by the model.

        Shown in a notebook it is a view to step in. The server is asked for each
        position as it is reached, by token ids; one that takes none is refused.

        Parameters
        ----------
        prompt
            Text, or messages; a list of token ids where the server is no llama.cpp.
        text
            A text that is to be stepped through, or guessed; its tokens are ahead.
        top_logprobs
            How many candidates a position.
        system, model, api
            As for `generate`; ``api="completions"`` takes the prompt as it is.
        ends
            Ids that end a text; llama.cpp tells its own.

        Raises
        ------
        InputError
            An argument cannot work.
        LpError
            The server cannot go on from token ids, or did not answer.
        """
        from lpwidgets.stepping.beginning import begin

        return begin(
            self,
            prompt,
            text=text,
            top_logprobs=top_logprobs,
            system=system,
            model=self._choose_model(model_name(model)),
            api=api,
            ends=ends,
        )

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
    Job(transport.close()).start()
