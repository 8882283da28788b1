"""Letting the model go on with a text: followed, and kept however it ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from lpwidgets.client.arguments import check, whole
from lpwidgets.client.loop import Job
from lpwidgets.errors import InputError
from lpwidgets.sampling.candidates import Context
from lpwidgets.sampling.loop import Loop
from lpwidgets.sampling.shaping import Temperature
from lpwidgets.stepping.singly import Singly
from lpwidgets.stepping.steps import How, Step, step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.stepping.ground import Ground
    from lpwidgets.wire.records import Candidate

_FRAME_SECONDS = 0.05
"""At most 20 looks a second: Jupyter drops what comes much faster."""


class Run:
    """Tokens that the model adds to a text.

    Parameters
    ----------
    ground
        Who lists candidates.
    text
        What stands there.
    limit, until, sampler, seed
        As for `Stepping.run`.

    Raises
    ------
    InputError
        One of these cannot work.
    """

    def __init__(
        self,
        ground: Ground,
        text: Sequence[Step],
        limit: int,
        *,
        until: object,
        sampler: object,
        seed: int | None,
    ) -> None:
        is_text = isinstance(until, str) and bool(until)
        fits = until is None or is_text or callable(until)
        check(fits, "until", until, "text, or a function of what is said")
        rule: Any = Temperature(1.0) if sampler is None else sampler
        is_rule = callable(rule) and not isinstance(rule, type)
        said = "a function of the candidates, or one of lpwidgets.sampling"
        check(is_rule, "sampler", sampler, said)
        if getattr(rule, "second", None) is not None:
            msg = "this sampler reads a second prompt: take it to client.sample"
            raise InputError(msg)
        if seed is not None:
            whole("seed", seed, 0, None)
        self._until = until
        self._ground = ground
        self._context = Context(
            prompt_ids=ground.prompt,
            ids=tuple(one.token.id for one in text),
            pieces=tuple(one.piece for one in text),
            logprobs=tuple(one.logprob for one in text),
        )
        self._limit, self._seed, self._rule = limit, seed, rule
        self._changed = threading.Event()
        self._stopped = self._done = False
        self._failure: Exception | None = None
        self._steps: list[Step] = []

    def stop(self) -> None:
        """End it where it is."""
        self._stopped = True
        self._changed.set()

    def follow(
        self,
        listed: list[Candidate] | None,
        take: Callable[[Sequence[Step]], None],
    ) -> None:
        """Have it grow, and pass all that was added to `take`, each time it is more.

        Parameters
        ----------
        listed
            The first position's list, if it is known.
        take
            Called in this thread, also with what came before an interrupt or an error.

        Raises
        ------
        LpError
            The sampler or `until` failed, or the server did not answer.
        KeyboardInterrupt
            The wait was interrupted.
        """
        source = self._ground.drafts
        common: dict[str, Any] = {
            "limit": self._limit,
            "ends": self._ground.ends,
            "seed": self._seed,
        }
        growing: Loop | Singly
        if source is None or (self._limit == 1 and listed is not None):
            peek = self._ground.peek
            growing = Singly(peek, self._rule, self._context, first=listed, **common)
            work = growing.run()
        else:
            top = self._ground.top
            growing = Loop(source, self._rule, self._context, top=top, **common)
            work = growing.speculate()
        job = Job(work, self._changed.set).start()
        try:
            while not (self._stopped or job.over):
                self._look(growing, take)
                if self._done:
                    break
                job.attend(self._changed, _FRAME_SECONDS)
        finally:
            ended = job.over
            job.stop()
            self._look(growing, take)
        if self._failure:
            why = f"{type(self._failure).__name__}: {self._failure!s:.120}"
            raise InputError(f"until raised {why}") from self._failure
        if ended and not self._done:
            job.wait()

    def _look(
        self, growing: Loop | Singly, take: Callable[[Sequence[Step]], None]
    ) -> None:
        """Pass on what is new, up to where it is to end."""
        before = len(self._steps)
        for own, listed in growing.tokens[before:]:
            if self._done:
                break
            self._steps.append(step(own, listed, How.RAN))
            self._done = self._holds()
        if len(self._steps) > before:
            take(self._steps)

    def _holds(self) -> bool:
        if self._until is None:
            return False
        said = b"".join(one.piece for one in self._steps).decode("utf-8", "replace")
        try:
            if callable(self._until):
                return bool(self._until(said))
            return str(self._until) in said
        except Exception as error:  # noqa: BLE001 — raised when all is kept
            self._failure = error
            return True
