"""`StepWidget`: a text made token by token in the page, or guessed."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lpwidgets.display import saved, step_html
from lpwidgets.display.bundles import complete
from lpwidgets.display.step_state import head_of, lists_of, state_of
from lpwidgets.errors import InputError, LpError
from lpwidgets.stepping.stepping import Stepping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STATIC = Path(__file__).parent.parent / "static"

_PAUSE = 0.05
"""At most 20 messages a second: Jupyter drops what comes much faster."""

_A_TOKEN = 0.0005
"""Seconds of pause for each token: a message has the whole text, and pages are slow."""


class StepWidget(anywidget.AnyWidget):
    """A text so far, and below it the candidates of the next token to choose from.

    It follows every change of the text, and what is done in the page changes the text.

    Parameters
    ----------
    stepping
        What `lpwidgets.Client.stepping` or `lpwidgets.guessing` returned.
    teach
        Whether the candidates stay hidden until a guess was made; by default where
        there is nothing to do but guess.
    options
        For letting it run from the page, as for `lpwidgets.Stepping.run`.

    Attributes
    ----------
    error
        What went wrong with what was last done in the page, empty if nothing did.

    Raises
    ------
    InputError
        It is nothing to step in.
    """

    _esm = _STATIC / "step.js"
    _css = _STATIC / "step.css"

    state: Any = traitlets.Any(help="text, candidates, guesses").tag(
        sync=True, echo_update=False
    )
    teach = traitlets.Bool(help="whether candidates stay hidden").tag(sync=True)

    def __init__(
        self,
        stepping: Stepping,
        *,
        teach: bool | None = None,
        options: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(stepping, Stepping):
            kind = type(stepping).__name__
            msg = f"client.stepping(prompt) or lp.guessing(gen) is shown, not {kind}"
            raise InputError(msg)
        self._stepping, self._options = stepping, dict(options or {})
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._working = False
        self._seq = 0
        self._is_live = False
        self._head = head_of(stepping)
        self._due = 0.0
        self.error = ""
        teach = not stepping.has_client if teach is None else teach
        super().__init__(state=self._shown(hidden=teach), teach=teach, **kwargs)
        stepping.watchers.add(self)
        self.on_msg(self._on_message)
        self._is_live = True
        self._look()

    @property
    def stepping(self) -> Stepping:
        """What is shown."""
        return self._stepping

    def close(self) -> None:
        """Take it off the page."""
        if "_stepping" in vars(self):  # one that was refused is closed, too
            self._stepping.watchers.discard(self)
        super().close()

    def refresh(self) -> None:
        """Show what there is now; while the model writes, not more often than good."""
        if self._stepping.running:
            if time.monotonic() >= self._due:
                self._tell()
                pause = max(_PAUSE, _A_TOKEN * len(self._stepping))
                self._due = time.monotonic() + pause
        elif not self._working:
            self._tell()
            self._look()

    def _tell(self) -> None:
        self.state = self._shown(hidden=self.teach)

    def _shown(self, *, hidden: bool) -> dict[str, Any]:
        self._seq += 1
        shown = state_of(self._stepping, hidden=hidden)
        return {"seq": self._seq, "error": self.error, **self._head, **shown}

    @traitlets.observe("teach")
    def _on_teach(self, _: object) -> None:
        if self._is_live:
            self._tell()
            self._look()

    def _look(self) -> None:
        """Ask what may come next if it is to be shown and not known yet."""
        if not self.teach and self._stepping.known() is None:
            self._later(lambda: None)

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "stop":
            self._stepping.stop()
        else:
            self._later(lambda: self._do(content))

    def _later(self, work: Callable[[], None]) -> None:
        """Do something in a thread of its own, one after the other."""
        with self._lock:
            self._waiting.append(work)
            if not self._working:
                self._working = True
                threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working = False
                    break
                work = self._waiting.popleft()
            self.error = ""
            try:
                work()
                if not self.teach:
                    self._stepping.listed()
            except LpError as error:
                self.error = str(error)
            except Exception as error:  # noqa: BLE001 — nobody else would see it
                self.error = f"{type(error).__name__}: {error}"
            self._tell()

    def _do(self, message: dict[str, Any]) -> None:
        """Do what was asked for in the page, if it still shows what there is.

        Raises
        ------
        LpError
            It cannot be done.
        """
        stepping = self._stepping
        if message.get("at", stepping.position) != stepping.position:
            return
        match message:
            case {"type": "pick", "rank": rank}:
                stepping.pick(rank)
            case {"type": "write", "text": text}:
                stepping.write(text)
            case {"type": "guess", "text": text}:
                stepping.guess(text)
            case {"type": "next"}:
                stepping.next()
            case {"type": "rewind", "position": position}:
                stepping.rewind(position)
            case {"type": "run", "tokens": tokens}:
                stepping.run(tokens, **self._options)
            case {"type": "undo"}:
                stepping.undo()
            case {"type": "redo"}:
                stepping.redo()
            case _:
                raise InputError(
                    f"the page asks for something unknown: {message!r:.60}"
                )

    def __repr__(self) -> str:
        return f"<StepWidget {self._stepping!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks, which hold what is shown now."""
        if not self.teach:
            try:
                self._stepping.listed()
            except LpError as error:
                self.error = str(error)
        shown = state_of(self._stepping, hidden=self.teach)
        lists = lists_of(self._stepping, hidden=self.teach)
        state = {**self._head, **shown}
        return complete(
            super()._repr_mimebundle_(**kwargs),
            step_html.as_text(self._stepping, shown),
            step_html.as_html(self._stepping, shown),
            saved.whole("step", {"state": state, "teach": self.teach, "lists": lists}),
        )
