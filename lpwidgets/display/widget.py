"""`TokensWidget`: generations in the page, live while they grow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from ipywidgets import CallbackDispatcher

from lpwidgets.analysis import metrics
from lpwidgets.display import asking, codec, plain_text, saved, static_html
from lpwidgets.display.feed import Feed
from lpwidgets.display.front_end import WIDGET_VIEW, draws_widgets
from lpwidgets.display.pacing import PACE
from lpwidgets.display.stretches import mask, stretches, taken
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lpwidgets.display.stretches import Stretches
    from lpwidgets.generation import Alternative, Generation, Generations

STATIC = Path(__file__).parent.parent / "static"


class TokensWidget(anywidget.AnyWidget):
    """Tokens coloured by a metric, with their alternatives on hover.

    Parameters
    ----------
    generations
        One `Generation`, or several to show one below the other.
    color
        The metric of the background: a name of `lpwidgets.analysis.metrics.names`.
    highlight
        Tokens to mark: a condition such as ``"rank > 1"``, what `Generation.where`
        gave, a mask, positions, a slice, or runs as in ``selection``.
    underline
        A second metric, as an underline that is thicker where the model was less
        certain; "" for none.
    filter
        A condition as `Generation.where` takes it; its matches are framed, and a
        reader goes through them with n and p. The search in the page sets it, too.

    Attributes
    ----------
    selection
        What was clicked or brushed in the page, as runs of ``[generation, start,
        stop]``; set it as `highlight` to select from here. `selected` gives the tokens.
    hovered
        ``[generation, position]`` of the token whose card is open, None without one.
    filtered
        What the tokens say to ``filter``: its text, the runs that meet it, an error.

    Every trait works both ways, with ``observe`` and ``link``::

        w = lp.TokensWidget(gen, highlight="surprisal > 4")
        w.observe(lambda change: print(w.selected.text), "selection")
        ipywidgets.jslink((w, "hovered"), (other, "hovered"))
        w.filter = "surprisal > 4 and part == 'generated'"

    Raises
    ------
    InputError
        There is no metric of that name, what to mark are no tokens of these, or the
        filter is no condition.
    """

    _view = "widget"
    _esm = STATIC / "widget.js"
    _css = STATIC / "widget.css"

    frame = traitlets.Bytes(help="the newest keyframe").tag(
        sync=True, echo_update=False
    )
    address = traitlets.Unicode(help="where appends go").tag(sync=True)
    color = traitlets.Unicode(help="the metric of the background").tag(sync=True)
    selection = traitlets.Any([], help="runs of selected tokens").tag(sync=True)
    highlight = traitlets.Any([], help="runs of marked tokens").tag(sync=True)
    hovered = traitlets.Any(None, help="generation and position").tag(sync=True)
    underline = traitlets.Unicode("", help="a second metric").tag(sync=True)
    filter = traitlets.Unicode("", help="a condition on tokens")
    filtered = traitlets.Dict(help="what the tokens say to it").tag(sync=True)
    choosable = traitlets.Bool(help="whether a choice is listened to").tag(sync=True)

    def __init__(
        self,
        generations: Generation | Sequence[Generation] = (),
        *,
        color: str = "probability",
        **kwargs: Any,
    ) -> None:
        self._generations = _listed(generations)
        self._condition = ""
        self._feed = Feed(self._keep, self._carry, self._generations)
        self._choices = CallbackDispatcher()
        frame = codec.keyframe(self._generations, 0, live=not self._generations)
        super().__init__(
            frame=frame,
            color=metrics.get(color).name,
            filtered=asking.answer([], ""),
            address=self._feed.address,
            **kwargs,
        )
        self.on_msg(self._hear)

    @property
    def generations(self) -> list[Generation]:
        """What is shown."""
        return list(self._generations)

    @property
    def selected(self) -> Generation | Generations:
        """The selected tokens: a `Generation`, or one for each of several."""
        return taken(self._generations, self.selection)

    @property
    def selected_mask(self) -> NDArray[np.bool_]:
        """Shape (n,): which of all tokens are selected, generation after generation."""
        return mask(self._generations, self.selection)

    @traitlets.validate("color")
    def _known_color(self, proposal: dict[str, str]) -> str:
        return metrics.get(proposal["value"]).name

    @traitlets.validate("underline")
    def _known_underline(self, proposal: dict[str, str]) -> str:
        return metrics.get(proposal["value"]).name if proposal["value"] else ""

    @traitlets.validate("filter")
    def _condition_on_tokens(self, proposal: dict[str, str]) -> str:
        self._ask(proposal["value"])
        return proposal["value"]

    @traitlets.validate("selection", "highlight")
    def _runs(self, proposal: dict[str, Any]) -> Stretches:
        meant = proposal["value"]
        if proposal["trait"].name == "highlight":
            self._condition = meant if isinstance(meant, str) else ""
        return stretches(self._generations, meant)

    def on_choice(
        self,
        callback: Callable[[Generation, int, Alternative], object],
        *,
        remove: bool = False,
    ) -> None:
        """Let the reader choose: alternatives in a pinned card become buttons.

        Parameters
        ----------
        callback
            Is called with the generation, the position and the alternative that was
            clicked, which is what `Client.branch` takes::

                w.on_choice(lambda *choice: other.show(client.branch(*choice)))
        remove
            Whether it shall no longer be called.
        """
        self._choices.register_callback(callback, remove=remove)
        self.choosable = bool(self._choices.callbacks)

    def _hear(self, _: object, message: dict[str, Any], __: object) -> None:
        """Do what a page asks for."""
        if message.get("type") == "choose":
            self._choices(*asking.choice(self._generations, message))
        elif message.get("type") == "filter":
            condition = str(message.get("condition"))
            try:
                self.filter = condition
            except InputError as error:
                self.filtered = asking.refusal(condition, error)

    def _ask(self, condition: str) -> None:
        self.filtered = asking.answer(self._generations, condition)

    def grow(self, generations: Generation | Sequence[Generation]) -> None:
        """Show snapshots that are longer than the ones shown, sending only what is new.

        However often this is called, and of however many widgets, at most 30 messages
        a second go to the page; see `lpwidgets.display.pacing`.
        """
        self._put(_listed(generations), live=True)

    def show(self, generations: Generation | Sequence[Generation]) -> None:
        """Show finished generations; conditions are asked again."""
        generations = _listed(generations)
        self._generations = generations
        if self._condition:
            self.highlight = self._condition
        if self.filter:
            self._ask(self.filter)
        self._put(generations, live=False)

    def _put(self, generations: list[Generation], *, live: bool) -> None:
        self._generations = generations
        self._feed.put(generations, live=live)
        PACE.ask(self._feed)

    def _keep(self, frame: bytes) -> None:
        self.frame = frame
        if self.filter:
            self._ask(self.filter)

    def _carry(self, addresses: list[list[str]], frames: list[bytes]) -> None:
        self.send({"type": "append", "to": addresses}, buffers=frames)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' '.join(map(repr, self._generations))}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks, which hold what is shown now.

        A notebook that runs without a page gets the fallbacks only: nbconvert would
        write a widget that needs the network to be seen.
        """
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        if not draws_widgets():
            data.pop(WIDGET_VIEW, None)
        data |= fallbacks(self._generations)
        if any(map(len, self._generations)):
            names = ("color", "underline", "highlight", "selection")
            traits = {name: getattr(self, name) for name in names}
            data[saved.MIME] = saved.render(self._view, traits, self._generations)
        return data, metadata


def fallbacks(generations: Sequence[Generation]) -> dict[str, str]:
    """Return the views for pages and terminals that run no widget."""
    return {
        "text/plain": plain_text.render(generations),
        "text/html": static_html.render(generations),
    }


def mimebundle(
    generations: Sequence[Generation],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the rich display of generations."""
    return TokensWidget(list(generations))._repr_mimebundle_()


def _listed(generations: Generation | Sequence[Generation]) -> list[Generation]:
    from lpwidgets.generation import Generation as One

    return [generations] if isinstance(generations, One) else list(generations)
