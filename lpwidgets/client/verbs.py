"""What both clients can be asked for, as work that is ready to start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.client.arguments import messages, model_name, text, whole
from lpwidgets.client.base import Base
from lpwidgets.client.branching import Branching
from lpwidgets.client.choosing import Asked, Way, choose, without
from lpwidgets.client.completing import completable, completed
from lpwidgets.client.echoed import score_echoed, scoring_for
from lpwidgets.client.fork import fork
from lpwidgets.client.labels import spellings
from lpwidgets.client.p_true import inquiry, options_for
from lpwidgets.client.scoring import given_text, score_forced
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from lpwidgets.analysis.choices import Choices
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.flight import Answer
    from lpwidgets.generation import Alternative, Generation
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.sampling.work import Sampling
    from lpwidgets.searching.budget import Limits


class Verbs(Base):
    """The verbs beside `generate`; each method names the one of `Client` it is for."""

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

    def choosing(
        self,
        prompt: Prompt,
        labels: Sequence[str],
        *,
        system: str | None = None,
        model: str | None = None,
        api: str | None = None,
        ignore_case: bool = False,
        calibrate: bool | str = False,
    ) -> Coroutine[Any, Any, Choices]:
        """Return the work of choosing, ready to start; see `Client.choose`."""
        row = self._endpoint.provider
        is_chat = row.api(api).is_chat
        asked = Asked(
            (messages if is_chat else text)(prompt, system),
            spellings(labels, ignore_case=ignore_case),
            self._choose_model(model_name(model)),
            api,
        )
        if calibrate is not False:
            without(asked.prompt, calibrate, "")
        way = Way(row, self._transport, self.flight, self.scoring)
        return choose(way, asked, calibrate)

    def branching(
        self,
        gen: Generation,
        position: int,
        token: str | bytes | int | Alternative,
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        stop: str | Sequence[str] | None = None,
        top_logprobs: int | None = None,
        **extra: Any,
    ) -> Branching:
        """Return a branch that is ready to grow; see `Client.branch`."""
        given = {
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stop": stop,
            "top_logprobs": top_logprobs,
        }
        if max_tokens is not None:
            whole("max_tokens", max_tokens, 1, None)
        options = {name: one for name, one in given.items() if one is not None}
        own = fork(gen, position, token)
        self._own(gen)
        return Branching(own, self._transport, self.flight, options | extra)

    def sampling(
        self,
        prompt: Prompt,
        sampler: Rule,
        *,
        max_tokens: int | None = None,
        seed: int | None = None,
        top_logprobs: int = 20,
        system: str | None = None,
        stop: str | Sequence[str] | None = None,
        model: str | None = None,
        api: str | None = None,
        way: str = "auto",
        budget: Limits = None,
        **extra: Any,
    ) -> Sampling:
        """Return a text that is ready to be sampled; see `Client.sample`."""
        from lpwidgets.sampling.ordering import order_for
        from lpwidgets.sampling.work import Sampling

        row = self._endpoint.provider
        order = order_for(
            row,
            prompt,
            sampler,
            way,
            max_tokens=max_tokens,
            seed=seed,
            top_logprobs=top_logprobs,
            system=system,
            stop=stop,
            model=self._choose_model(model_name(model)),
            api=api,
            budget=budget,
            extra=extra,
        )
        work = Sampling(order, sampler, self._transport, self.flight)
        if budget is not None:
            self._progress(work.estimate())
        return work

    def _own(self, gen: Generation) -> None:
        """Refuse a generation that another server gave, as far as it tells."""
        name, row = gen.meta.provider, self._endpoint.provider
        if name != row.name:
            msg = (
                f"this generation is of {name or 'an unnamed server'!r}, and this "
                f"client asks {row.name or self._endpoint.name!r}\n"
                "branch with the client that made it"
            )
            raise InputError(msg)
        self._choose_model(gen.meta.model)

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
