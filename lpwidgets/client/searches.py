"""The searches of both clients: best of n, beams, and what decides an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from lpwidgets.client.loop import Job
from lpwidgets.client.search_work import SearchWork
from lpwidgets.client.signatures import signature_of
from lpwidgets.client.steering import kept

if TYPE_CHECKING:
    from lpwidgets.analysis.deciding import Deciding
    from lpwidgets.analysis.ranked import Ranked
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.steering import Search
    from lpwidgets.generation import Generation

T = TypeVar("T")


class ClientSearches(SearchWork):
    """The searches of `lpwidgets.Client`."""

    @signature_of(SearchWork.best)
    def best_of(self, prompt: Prompt, *args: Any, **options: Any) -> Ranked:
        """Return samples in order of a score, the best first.

        Parameters
        ----------
        prompt
            As for `generate`, and so is what stands in ``**options``.
        n
            How many samples; several a request where the server gives several.
        score
            A name of `lpwidgets.analysis.scores`, best where the model is surest; one
            of `lpwidgets.analysis.sample_scores` that tells of one answer, such as
            ``"confidence_consistency"``; or a function of a `Generation`, of which more
            is better. What is unknown comes last.
        budget
            A number of requests, or an `lpwidgets.Budget` of requests, tokens and
            money. A request is only sent if the most that it may take fits; what was
            drawn until then is returned, and ``ended`` says so. What llama.cpp is asked
            beside (a few requests the first time, and what it did not report) cannot be
            foreseen and is counted afterwards.

        Returns
        -------
        Ranked
            `Generations` with ``values`` and ``ranking()``; the score of each is in its
            ``meta.search``.

        Raises
        ------
        InputError
            An argument cannot work, or the budget allows nothing; or the score failed,
            and then the samples are in `last`.
        LpError
            The server did not answer; what was drawn before is in `last`.
        """
        return self._found(self.best(prompt, *args, **options))

    @signature_of(SearchWork.beaming)
    def beam(self, prompt: Prompt, *args: Any, **options: Any) -> Ranked:
        """Return the likeliest answers that a beam search finds.

        Each step looks at what may follow the open beams, by token ids, and keeps the
        best of them. llama.cpp (``"local"``) is asked for one after the other, since
        several slots at once may round otherwise; servers whose completions take ids
        are asked for all at once. Where a server takes no ids, it is refused.

        Parameters
        ----------
        prompt
            Text, or messages; a list of token ids where the server is no llama.cpp.
        beams
            How many are kept.
        width
            How many of the likeliest tokens are looked at after each; what is not
            listed is not searched.
        diverse
            Above 0, diverse beam search (Vijayakumar et al. 2016): what a token loses,
            nats, for each earlier group of beams that says it at the same step.
        groups
            Into how many groups the beams fall; one each if they are diverse.
        length_penalty
            Answers are compared by their log probability over their length to this
            power: 1 is the mean of the tokens, 0 the whole, which prefers short ones.
        max_tokens, system, stop, model, api
            As for `generate`.
        budget
            As for `best_of`; for each step a request of one token an open beam.
        ends
            Ids that end a text; llama.cpp tells its own.

        Returns
        -------
        Ranked
            `Generations`, the best first, with the model's own values. The score is in
            ``values`` and ``meta.search``; a beam that was still open has the status
            ``stopped`` or ``interrupted``.

        Raises
        ------
        InputError
            An argument cannot work, or the budget allows nothing.
        LpError
            The server cannot go on from ids, or lists no values; what was found before
            is in `last`.
        """
        return self._found(self.beaming(prompt, *args, **options))

    @signature_of(SearchWork.decide)
    def deciding(self, gen: Generation, **options: Any) -> Deciding:
        """Return which tokens decide an answer.

        At the most uncertain tokens each likely alternative is forced, the text is
        finished, and its answer compared. What was tried is remembered: a repeat asks
        nothing again, a larger budget or another ``answer`` goes on from there, and so
        does a call after an interrupt, whose partial result is in `last`.

        Parameters
        ----------
        gen
            A whole answer of this client, best at ``temperature=0``: then only the
            token that was forced makes a difference.
        answer
            What counts as the answer: a function of the text, a regular expression
            (its last match, or the first group of that), a path such as ``"$.total"``
            for JSON; all of the text by default, case and white space aside.
        tokens
            At how many tokens, those with the highest entropy (lower bound) that have a
            likely alternative.
        likely
            Probability from which on an alternative is tried.
        budget
            As for `best_of`.
        max_tokens, temperature, seed, stop, top_logprobs, **options
            As for `branch`.

        Returns
        -------
        Deciding
            ``change`` has a value a token, NaN where nothing was tried; shown in a
            notebook it is a heat map.

        Raises
        ------
        InputError
            An argument cannot work, or the budget allows nothing.
        LpError
            The server cannot branch, or did not answer.
        """
        return self._found(self.decide(gen, **options))

    def _found(self, work: Search[T]) -> T:
        self._transport.prepare()
        self._say(work.estimate())
        with kept(work, self._keep_any):
            return Job(work.run()).wait()


class AsyncClientSearches(SearchWork):
    """The searches of `lpwidgets.AsyncClient`."""

    @signature_of(SearchWork.best)
    async def best_of(self, prompt: Prompt, *args: Any, **options: Any) -> Ranked:
        """Return samples in order of a score; see `Client.best_of`."""
        return await self._found(self.best(prompt, *args, **options))

    @signature_of(SearchWork.beaming)
    async def beam(self, prompt: Prompt, *args: Any, **options: Any) -> Ranked:
        """Return what a beam search finds; see `Client.beam`."""
        return await self._found(self.beaming(prompt, *args, **options))

    @signature_of(SearchWork.decide)
    async def deciding(self, gen: Generation, **options: Any) -> Deciding:
        """Return which tokens decide an answer; see `Client.deciding`."""
        return await self._found(self.decide(gen, **options))

    async def _found(self, work: Search[T]) -> T:
        self._say(work.estimate())
        with kept(work, self._keep_any):
            return await work.run()
