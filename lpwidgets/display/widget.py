"""`TokensWidget`: generations in the page, live while they grow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lpwidgets.analysis import metrics
from lpwidgets.display import codec, static_html
from lpwidgets.display.stretches import mask, stretches, taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lpwidgets.display.stretches import Stretches
    from lpwidgets.generation import Generation, Generations

_STATIC = Path(__file__).parent.parent / "static"
_KEYFRAME_SECONDS = 1.0


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

    Attributes
    ----------
    selection
        What was clicked or brushed in the page, as runs of ``[generation, start,
        stop]``; set it as `highlight` to select from here. `selected` gives the tokens.
    hovered
        ``[generation, position]`` of the token whose card is open, None without one.

    Every trait works both ways, with ``observe`` and ``link``::

        w = lp.TokensWidget(gen, highlight="surprisal > 4")
        w.observe(lambda change: print(w.selected.text), "selection")
        ipywidgets.jslink((w, "hovered"), (other, "hovered"))

    Raises
    ------
    InputError
        There is no metric of that name, or what to mark are no tokens of these.
    """

    _esm = _STATIC / "widget.js"
    _css = _STATIC / "widget.css"

    frame = traitlets.Bytes(help="the newest keyframe").tag(
        sync=True, echo_update=False
    )
    color = traitlets.Unicode(help="the metric of the background").tag(sync=True)
    selection = traitlets.Any([], help="runs of selected tokens").tag(sync=True)
    highlight = traitlets.Any([], help="runs of marked tokens").tag(sync=True)
    hovered = traitlets.Any(None, help="generation and position").tag(sync=True)

    def __init__(
        self,
        generations: Generation | Sequence[Generation] = (),
        *,
        color: str = "probability",
        **kwargs: Any,
    ) -> None:
        self._generations = _listed(generations)
        self._condition = ""
        self._seq = 0
        self._extents: list[codec.Extent] = []
        self._keyframe_at = 0.0
        self._sent_since_keyframe = 0
        frame = codec.keyframe(self._generations, 0, live=not self._generations)
        super().__init__(frame=frame, color=metrics.get(color).name, **kwargs)

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

    @traitlets.validate("selection", "highlight")
    def _runs(self, proposal: dict[str, Any]) -> Stretches:
        meant = proposal["value"]
        if proposal["trait"].name == "highlight":
            self._condition = meant if isinstance(meant, str) else ""
        return stretches(self._generations, meant)

    def grow(self, generations: Generation | Sequence[Generation]) -> None:
        """Show snapshots that are longer than the ones shown, sending only what is new.

        Keyframes come at least a second apart, and not before half as much was sent in
        between as the last one held: all of them together cost at most twice the rest.
        """
        self._generations = _listed(generations)
        self._seq += 1
        due = time.monotonic() - self._keyframe_at >= _KEYFRAME_SECONDS
        grown = len(self._extents) == len(self._generations)
        if not grown or (due and self._sent_since_keyframe >= len(self.frame) / 2):
            self._send_keyframe(live=True)
            return
        delta = codec.append(self._generations, self._extents, self._seq)
        self._extents = [
            codec.Extent.of(generation) for generation in self._generations
        ]
        self._sent_since_keyframe += len(delta)
        self.send({"type": "append"}, buffers=[delta])

    def show(self, generations: Generation | Sequence[Generation]) -> None:
        """Show finished generations; a condition to highlight is asked again."""
        self._generations = _listed(generations)
        if self._condition:
            self.highlight = self._condition
        self._seq += 1
        self._send_keyframe(live=False)

    def _send_keyframe(self, *, live: bool) -> None:
        self._keyframe_at = time.monotonic()
        self._sent_since_keyframe = 0
        self._extents = [
            codec.Extent.of(generation) for generation in self._generations
        ]
        self.frame = codec.keyframe(self._generations, self._seq, live=live)

    def __repr__(self) -> str:
        return f"<TokensWidget {static_html.render_text(self._generations)}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks, which hold what is shown now."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, **fallbacks(self._generations)}, metadata


def fallbacks(generations: Sequence[Generation]) -> dict[str, str]:
    """Return the views for pages and terminals that run no widget."""
    return {
        "text/plain": static_html.render_text(generations),
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
