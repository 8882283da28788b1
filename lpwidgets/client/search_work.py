"""Best of n, beams and deciding tokens, as work that is ready to start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lpwidgets.analysis.deciding import plan
from lpwidgets.analysis.ranked import scorer
from lpwidgets.analysis.reading_answers import reader
from lpwidgets.client.arguments import (
    check,
    messages,
    model_name,
    parameters,
    text,
    whole,
)
from lpwidgets.client.continuing import tokens_left
from lpwidgets.client.fork import fork, whole_answer
from lpwidgets.client.verbs import Verbs
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.analysis.deciding import Try
    from lpwidgets.analysis.reading_answers import Answer
    from lpwidgets.client.arguments import Prompt
    from lpwidgets.client.branching import Branching
    from lpwidgets.client.flight import Flight
    from lpwidgets.generation import Generation
    from lpwidgets.searching.beam import BeamSearch
    from lpwidgets.searching.best import BestOf
    from lpwidgets.searching.budget import Limits
    from lpwidgets.searching.deciding import DecidingWork

_CHARACTERS = 3
"""Characters a token, for a prompt whose tokens nobody has counted yet."""


class SearchWork(Verbs):
    """Searches as work that is ready to start; `ClientSearches` says what they do."""

    def best(
        self,
        prompt: Prompt,
        n: int = 4,
        *,
        score: str | Callable[[Generation], float] = "mean_logprob",
        budget: Limits = None,
        **options: Any,
    ) -> BestOf:
        """Return samples that are ready to be drawn; see `Client.best_of`."""
        from lpwidgets.searching.best import BestOf
        from lpwidgets.searching.budget import Ledger, budget_of

        row = self._endpoint.provider
        seed = options.pop("seed", None)
        if seed is not None:
            whole("seed", seed, 0, None)
        options.setdefault("stream", row.streams_choices or "stop_when" in options)

        def flight(size: int, first: int) -> Flight:
            seeds = {} if seed is None else {"seed": seed + first}
            return self.flight(prompt, n=size, **seeds, **options)

        return BestOf(
            n=n,
            score=scorer(score),
            row=row,
            flight=flight,
            ledger=Ledger(budget_of(budget)),
            limit=options.get("max_tokens") or row.default_max_tokens,
            prompt_tokens=len(str(prompt)) // _CHARACTERS + 1,
        )

    def beaming(
        self,
        prompt: Prompt,
        beams: int = 4,
        *,
        width: int = 8,
        diverse: float = 0.0,
        groups: int | None = None,
        length_penalty: float = 1.0,
        max_tokens: int = 64,
        budget: Limits = None,
        system: str | None = None,
        stop: str | Sequence[str] | None = None,
        ends: Sequence[int] = (),
        model: str | None = None,
        api: str | None = None,
    ) -> BeamSearch:
        """Return beams that are ready to grow; see `Client.beam`."""
        from lpwidgets.sampling.ordering import Order
        from lpwidgets.searching.beam import BeamSearch
        from lpwidgets.searching.beams import Rules
        from lpwidgets.searching.budget import Ledger, budget_of

        row = self._endpoint.provider
        parameters(
            max_tokens=max_tokens,
            least_tokens=1,
            temperature=None,
            seed=None,
            stop=stop,
        )
        whole("width", width, 1, row.top_logprobs[1], row.name)
        if row.api(api).is_chat:
            asked: dict[str, Any] = {"messages": messages(prompt, system)}
        else:
            asked = {"prompt": text(prompt, system)}
        chosen = self._choose_model(model_name(model))
        order = Order(asked, chosen, max_tokens, width)
        stops = [stop] if isinstance(stop, str) else [one for one in stop or () if one]
        said = "a number, 0 or more, such as 0.5"
        for name, value in (("diverse", diverse), ("length_penalty", length_penalty)):
            check(_is_number(value) and value >= 0, name, value, said)
        whole("beams", beams, 1, None)
        groups = (beams if diverse else 1) if groups is None else groups
        whole("groups", groups, 1, beams)
        if beams % groups:
            msg = f"groups={groups}: {beams} beams do not fall into as many alike"
            raise InputError(msg)
        rules = Rules(
            beams,
            groups,
            diverse,
            width,
            length_penalty,
            max_tokens,
            frozenset(ends),
            [one.encode() for one in stops],
        )
        ledger = Ledger(budget_of(budget))
        return BeamSearch(order, rules, ledger, self._transport, self.flight)

    def decide(
        self,
        gen: Generation,
        *,
        answer: Answer = None,
        tokens: int = 8,
        likely: float = 0.05,
        budget: Limits = None,
        **options: Any,
    ) -> DecidingWork:
        """Return branches that are ready to be tried; see `Client.deciding`."""
        from lpwidgets.searching.budget import Ledger, budget_of
        from lpwidgets.searching.deciding import DecidingWork

        whole("tokens", tokens, 1, None)
        share = _is_number(likely) and 0 < likely < 1
        check(
            share, "likely", likely, "a probability above 0 and below 1, such as 0.05"
        )
        read, ledger = reader(answer), Ledger(budget_of(budget))
        gen = whole_answer(gen)
        self._own(gen)
        if not int(gen.columns.counts.max(initial=0)):
            msg = (
                "this answer lists no alternatives to try: generate(…, top_logprobs=5)"
            )
            raise InputError(msg)

        def branching(one: Try) -> Branching:
            chosen = gen[one.position].alternatives[one.place]
            return self.branching(gen, one.position, chosen, **options)

        def most(one: Try) -> int | None:
            if options.get("max_tokens") is not None:
                return int(options["max_tokens"])
            chosen = gen[one.position].alternatives[one.place]
            own = fork(gen, one.position, chosen)
            return tokens_left(own, self._endpoint.provider.default_max_tokens)

        tries = plan(gen, tokens, likely)
        for one in tries[:1]:  # what no branch can be is told before anything is sent
            branching(one)
        return DecidingWork(
            gen,
            tries,
            read=read,
            ledger=ledger,
            branching=branching,
            tokens=most,
            transport=self._transport,
            options=options,
        )

    def _say(self, line: str) -> None:
        """Tell what a search may take, before it begins."""
        self._progress(line)

    def _keep_any(self, found: object) -> None:
        self.last = found


def _is_number(value: object) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and math.isfinite(value)  # type: ignore[arg-type]
