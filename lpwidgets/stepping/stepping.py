"""`Stepping`: a text made token by token, by hand or by the model, or guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.client.arguments import check, whole
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.stepping.guesses import Guess, found, judged, scored
from lpwidgets.stepping.moving import Moving, check_text
from lpwidgets.stepping.steps import given
from lpwidgets.stepping.text import ENDED
from lpwidgets.wire.records import Candidate, Part

if TYPE_CHECKING:
    import pandas as pd

    from lpwidgets.stepping.guesses import Score

    MimeBundle = tuple[dict[str, Any], dict[str, Any]]

_SHOWN = 40
"""Characters of the text in a repr."""


class Stepping(Moving):
    """A text so far, and what may come next; `Client.stepping` and `guessing` make it.

    Nothing is lost: what is cut off by `rewind` stays ahead, every way that was tried
    is in `tree`, and a position that was seen once is not asked for again. One thing is
    done at a time; while the model runs, everything else is refused.

    Attributes
    ----------
    watchers
        What shows it; each is told of a change by its ``refresh()``.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._guesses: list[Guess] = []

    def guess(self, token: str | bytes) -> Guess:
        """Guess the next token, then see it, and what the guess scores.

        What comes is what stands ahead, else what the model draws. A guess that is not
        listed is asked for on llama.cpp (of one that the model reads as several tokens
        the first counts); without a client its score is at least what the list says.

        Parameters
        ----------
        token
            Its text or bytes. A space before it may be left out: the likelier counts.

        Returns
        -------
        Guess
            Its rank, its bits, and what came; see `lpwidgets.stepping.guesses`.

        Raises
        ------
        InputError
            It is empty or no text, or the text has ended.
        LpError
            The server did not answer; nothing was shown then, and nothing counted.
        """
        if not isinstance(token, bytes):
            check_text(token)
        data = token if isinstance(token, bytes) else token.encode()
        check(bool(data), "token", token, "text, such as ' sea'")
        if self.over:
            raise InputError(ENDED)
        position, listed = self.position, self.listed()
        place = found(listed, data)
        guess = listed[place] if place >= 0 else self._valued(data)
        self.next()
        one = judged(guess, self.place.steps[position], position)
        self._guesses.append(one)
        self._refresh()
        return one

    @property
    def guesses(self) -> pd.DataFrame:
        """All guesses, a row each, with the columns of `lpwidgets.stepping.Guess`."""
        import pandas as pd

        return pd.DataFrame(self._guesses, columns=list(Guess._fields))

    @property
    def log(self) -> tuple[Guess, ...]:
        """All guesses."""
        return tuple(self._guesses)

    @property
    def score(self) -> Score:
        """How the guesses did, as means in bits a guess."""
        return scored(self._guesses)

    def _valued(self, data: bytes) -> Candidate:
        """Return a guess that is not listed, with its value if that can be had."""
        text = data.decode("utf-8", "replace")
        ground = self._ground
        if ground is None or not ground.tells_all or text.encode() != data:
            return Candidate(text, None, tuple(data))
        with self._alone():
            said: Candidate = self._ask(ground.value(text, self._ids()))
        return said

    def __repr__(self) -> str:
        text = self.text
        shown = text if len(text) <= _SHOWN else f"…{text[1 - _SHOWN :]}"
        facts = [f"{self.position:,} tokens", repr(shown)]
        facts += [f"{self.ahead:,} ahead"] if self.ahead else []
        facts += [f"{len(self._guesses):,} guesses"] if self._guesses else []
        return f"<Stepping {' · '.join(facts)}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> MimeBundle:
        from lpwidgets.display.step_widget import StepWidget

        bundle: MimeBundle = StepWidget(self)._repr_mimebundle_(**kwargs)
        return bundle


def guessing(generation: Generation, position: int | None = None) -> Stepping:
    """Return a text to be guessed token by token, without asking anybody.

    Parameters
    ----------
    generation
        Any, with alternatives: an answer, or a text of yours by `Client.score`.
    position
        Where to begin; by default at the first token after the prompt.

    Raises
    ------
    InputError
        It is none, lists no alternatives, or has no such position.
    """
    if not isinstance(generation, Generation):
        msg = f"a Generation is guessed, not {type(generation).__name__}: lp.read(…)"
        raise InputError(msg)
    if not int(generation.columns.counts.max(initial=0)):
        msg = "this generation lists no alternatives: ask with top_logprobs=20"
        raise InputError(msg)
    if position is None:
        parts = [row.part for row in generation]
        position = next(k for k, part in enumerate(parts) if part is not Part.PROMPT)
    steps = list(given(generation))
    whole("position", position, 0, len(steps) - 1)
    return Stepping(steps, position, meta=generation.meta)
