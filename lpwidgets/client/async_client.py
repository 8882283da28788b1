"""`AsyncClient`: the questions of `Client`, asked with await."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from lpwidgets.client.p_true import verdict
from lpwidgets.client.searches import AsyncClientSearches
from lpwidgets.client.signatures import signature_of
from lpwidgets.client.steering import kept
from lpwidgets.client.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from lpwidgets.analysis.choices import Choices
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.flight import Answer
    from lpwidgets.client.p_true import PTrue
    from lpwidgets.generation import Generation
    from lpwidgets.sampling.loop import Rule


class AsyncClient(AsyncClientSearches):
    """Ask a server for text with log probabilities, with ``await``.

    Takes the arguments of `Client`. Cancelling a call closes the request and leaves
    what had arrived in `last`.
    """

    @signature_of(Verbs.flight)
    async def generate(self, prompt: Prompt, **options: Any) -> Any:
        """Return the answer to a prompt; see `Client.generate`."""
        flight = self.flight(prompt, **options)
        with self.keeping(flight):
            return await flight.run()

    @signature_of(Verbs.flight)
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

    @signature_of(Verbs.scoring)
    async def score(self, text: str, **options: Any) -> Generation:
        """Return a given text with its log probabilities; see `Client.score`."""
        scored = await self.scoring(text, **options)
        self.last = scored
        return scored

    @signature_of(Verbs.choosing)
    async def choose(
        self, prompt: Prompt, labels: Sequence[str], **options: Any
    ) -> Choices:
        """Return a distribution over labels; see `Client.choose`."""
        chosen = await self.choosing(prompt, labels, **options)
        self.last = chosen
        return chosen

    @signature_of(Verbs.branching)
    async def branch(self, gen: Generation, *args: Any, **options: Any) -> Generation:
        """Return what the model says after another token; see `Client.branch`."""
        work = self.branching(gen, *args, **options)
        with kept(work, self._keep):
            return await work.run()

    @signature_of(Verbs.sampling)
    async def sample(self, prompt: Prompt, sampler: Rule, **options: Any) -> Generation:
        """Return an answer, each token taken by a sampler; see `Client.sample`."""
        work = self.sampling(prompt, sampler, **options)
        with kept(work, self._keep):
            return await work.run()

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
