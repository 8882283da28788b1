"""What can be done with a text that is made step by step."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsIndex

from lpwidgets.client.arguments import check, whole
from lpwidgets.client.llamacpp import spelled
from lpwidgets.errors import IndexInputError, InputError
from lpwidgets.stepping.moves import Place
from lpwidgets.stepping.running import Run
from lpwidgets.stepping.steps import How, step
from lpwidgets.stepping.text import ENDED, Text, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lpwidgets.generation import Generation, TokenRow
    from lpwidgets.sampling.loop import Rule
    from lpwidgets.stepping.steps import Step
    from lpwidgets.wire.records import Candidate

    Until = str | Callable[[str], object] | None

_WAIT = 0.1
"""Seconds until it is looked at again whether what is done is a run."""

_FEW = 4
"""Candidates that a message lists."""


class Moving(Text):
    """A text that can be changed, one thing at a time."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._doing = threading.Lock()
        self._run: Run | None = None

    @property
    def running(self) -> bool:
        """Whether the model writes."""
        return self._run is not None

    def pick(self, token: str | bytes | int) -> TokenRow:
        """Take one of the candidates as the next token.

        Parameters
        ----------
        token
            Its text or bytes, or its rank: 1 is the likeliest.

        Raises
        ------
        InputError
            It is not among them, or several are spelled so.
        LpError
            The server did not answer.
        """
        with self._alone():
            listed = self.listed()
            one = listed[self._chosen(listed, token)]
            ahead = self.place.steps[self.position :]
            if ahead and ahead[0].token.id == one.id and ahead[0].piece == spelled(one):
                self._go(ahead[:1])
            else:
                self._need_client("picks another token")
                self._go([step(one, listed, How.PICKED)])
        return self._row()

    def write(self, text: str) -> Generation:
        """Put text of your own next, and return its tokens.

        They are those that the model's tokenizer makes of the text by itself. On
        llama.cpp each has the model's value; other servers are refused.

        Raises
        ------
        InputError
            It is empty, no text, or too long for the model.
        LpError
            The server did not answer, or does not tell which tokens the text has.
        """
        check_text(text)
        with self._alone():
            ground = self._need_client("writes")
            self._need_room(1)
            known, said = self.known(), self._ids()
            tokens = self._ask(ground.spell(text, said))
            self._need_room(len(tokens))
            steps = [
                step(token, token.top_logprobs or [], How.WRITTEN) for token in tokens
            ]
            for one in known or ():  # what was shown is what counts
                if one.id == tokens[0].id:
                    steps[0] = step(one, known or (), How.WRITTEN)
            before = self.position
            self._go(steps)
        return self.generation[before:]

    def next(self) -> TokenRow:
        """Go one token on: to the one ahead, or to one that the model draws.

        Raises
        ------
        InputError
            The text has ended.
        LpError
            The server did not answer.
        """
        if not self.ahead:
            self.run(1)
        else:
            with self._alone():
                self._go(self.place.steps[self.position : self.position + 1])
        return self._row()

    def rewind(self, position: SupportsIndex) -> None:
        """Go back to a position; what is cut off stays ahead, and can be gone to again.

        Parameters
        ----------
        position
            From 0 to the end of what is ahead; below 0 counted from the end of the
            text, so that −1 takes one token back.

        Raises
        ------
        InputError
            There is no such position.
        """
        with self._alone():
            steps, at = self.place
            is_number = hasattr(position, "__index__") and type(position) is not bool
            check(is_number, "position", position, "a whole number, such as 3")
            wanted = position.__index__()
            wanted += at if wanted < 0 else 0
            if not 0 <= wanted <= len(steps):
                msg = f"there is no position {position}: they go from 0 to {len(steps)}"
                raise IndexInputError(msg)
            if wanted != at:
                self._moves.go(Place(steps, wanted))

    def undo(self) -> None:
        """Take the last change back: what was picked, written, run, or cut off.

        Raises
        ------
        InputError
            There is none.
        """
        with self._alone():
            if not self._moves.undo():
                raise InputError("nothing to undo: this is how it began")

    def redo(self) -> None:
        """Make again what `undo` took back.

        Raises
        ------
        InputError
            There is nothing.
        """
        with self._alone():
            if not self._moves.redo():
                raise InputError("nothing to redo: nothing was undone since")

    def run(
        self,
        max_tokens: int = 32,
        *,
        until: Until = None,
        sampler: Rule | None = None,
        seed: int | None = None,
    ) -> Generation:
        """Let the model go on, and return what it said.

        An interrupt, or `stop` from elsewhere, ends it; what had arrived is kept.

        Parameters
        ----------
        max_tokens
            How many at most; it also ends where the model ends the text.
        until
            Text after whose first appearance in what is said it ends, or a function of
            what is said that returns whether it does.
        sampler
            As for `lpwidgets.Client.sample`; by default a draw from the candidates by
            their probabilities.
        seed
            Of all chance.

        Raises
        ------
        InputError
            The text has ended, or an argument cannot work.
        LpError
            The sampler failed, or the server did not answer; what came is kept.
        """
        whole("max_tokens", max_tokens, 1, None)
        with self._alone():
            ground = self._need_client("lets the model run")
            self._need_room(1)
            room = ground.room
            limit = (
                max_tokens if room is None else min(max_tokens, room - self.position)
            )
            run = Run(
                ground, self.place.text, limit, until=until, sampler=sampler, seed=seed
            )
            listed, before = self.known(), self.place
            grow = self._moves.go

            def take(new: Sequence[Step]) -> None:
                nonlocal grow
                grow(before.then(new))
                grow = self._moves.amend
                self._refresh()

            self._run = run
            try:
                run.follow(listed, take)
            finally:
                self._run = None
                self._keep(before.at)
                if self._client:
                    self._client.last = self.generation
        return self.generation[before.at :]

    def stop(self) -> None:
        """End a `run` that goes on in another thread; without one, do nothing."""
        if run := self._run:
            run.stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        while not self._doing.acquire(timeout=_WAIT):
            if self._run:
                raise InputError("the model is running: stop() ends it, or wait")
        try:
            yield
        finally:
            self._doing.release()
            self._refresh()

    def _go(self, new: Sequence[Step]) -> None:
        before = self.position
        self._moves.go(self.place.then(new))
        self._keep(before)

    def _keep(self, before: int) -> None:
        """Remember the lists of new positions."""
        ids = self._ids()
        for place in range(before, len(ids)):
            self._known.setdefault(ids[:place], self.place.steps[place].listed)

    def _chosen(self, listed: Sequence[Candidate], token: object) -> int:
        """Return where the candidate that is meant is in the list."""
        if not listed:
            raise InputError(ENDED if self.over else "nothing is listed here")
        if isinstance(token, SupportsIndex) and not isinstance(token, bool):
            rank = whole("rank", token, 1, len(listed))
            return rank - 1
        if not isinstance(token, str | bytes):
            msg = f"token={token!r:.40}: it is a candidate's text or bytes, or its rank"
            raise InputError(msg)
        data = token.encode("utf-8", "replace") if isinstance(token, str) else token
        places = [k for k, one in enumerate(listed) if spelled(one) == data]
        places = places or [k for k, one in enumerate(listed) if text_of(one) == token]
        if len(places) == 1:
            return places[0]
        few = ", ".join(repr(text_of(one)) for one in listed[:_FEW])
        if places:
            ranks = " and ".join(str(place + 1) for place in places)
            msg = (
                f"{token!r} is spelled by the candidates {ranks}: pick one by its rank"
            )
            raise InputError(msg)
        msg = f"{token!r:.40} is not among the {len(listed)} candidates: {few} …"
        raise InputError(f"{msg}\npick one of them, or write({token!r:.40})")


def check_text(text: object) -> None:
    """Refuse what is no text.

    Raises
    ------
    InputError
        It is empty, none, or not to be encoded.
    """
    check(isinstance(text, str) and bool(text), "text", text, "text, such as ' sea'")
    try:
        str(text).encode()
    except UnicodeEncodeError:
        msg = f"text={text!r:.40} has a lone surrogate: that is no text"
        raise InputError(msg) from None
