"""`compare`: texts side by side, aligned by their bytes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lpwidgets.analysis import metrics
from lpwidgets.analysis.comparing import comparison
from lpwidgets.display import codec, compare_html, saved
from lpwidgets.display.bundles import complete
from lpwidgets.display.static_html import visible
from lpwidgets.generation import Generation
from lpwidgets.reading.read import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lpwidgets.analysis.comparing import Comparison

_STATIC = Path(__file__).parent.parent / "static"
DIFFERENCE = "difference"


def compare(*generations: Any, names: Sequence[str] | None = None) -> Comparison:
    """Compare texts with the first: samples, prompts, models, quantisations.

    They are aligned by bytes, so their tokenizers need not be the same. A notebook
    shows them side by side: the fork is marked, colours tell where each was more
    surprised than the first, and the tokens of one lead to those of the others.

    Parameters
    ----------
    *generations
        Two or more: each a `Generation`, `Generations`, or what `lpwidgets.read` takes.
    names
        What to call them; by default by the model or the parameters that differ, or
        numbers from 1.

    Returns
    -------
    Comparison
        With ``stretches``, ``fork`` and ``to_pandas()``.

    Raises
    ------
    InputError
        There are fewer than two, one has no tokens or no known shape, or there are not
        as many names.
    WireError
        One of them promises an answer and holds something else.
    """
    every = [one for thing in generations for one in _listed(thing)]
    return comparison(every, names)


def _listed(thing: Any) -> list[Generation]:
    found = read(thing)
    return [found] if isinstance(found, Generation) else list(found)


class CompareWidget(anywidget.AnyWidget):
    """A comparison in the page.

    Parameters
    ----------
    comparison
        What `lpwidgets.compare` returned.
    color
        The background: ``"difference"``, by how much each was more or less surprised
        than the first, bits a byte; or a name of `lpwidgets.analysis.metrics.names`.

    Raises
    ------
    InputError
        There is no metric of that name.
    """

    _esm = _STATIC / "compare.js"
    _css = _STATIC / "compare.css"

    frame = traitlets.Bytes(help="the generations").tag(sync=True, echo_update=False)
    pairs: Any = traitlets.List(help="the stretches of each against the first").tag(
        sync=True, echo_update=False
    )
    names: Any = traitlets.List(help="what each is called").tag(sync=True)
    summaries: Any = traitlets.List(help="what is said of each in a line").tag(
        sync=True
    )
    color = traitlets.Unicode(help="the metric of the background").tag(sync=True)

    def __init__(
        self, comparison: Comparison, *, color: str = DIFFERENCE, **kwargs: Any
    ) -> None:
        self._comparison = comparison
        super().__init__(
            frame=codec.keyframe(comparison.generations, 0, live=False),
            pairs=_pairs(comparison),
            names=[visible(name) for name in comparison.names],
            summaries=compare_html.summaries(comparison),
            color=_known(color),
            **kwargs,
        )

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._comparison

    @traitlets.validate("color")
    def _known_color(self, proposal: dict[str, str]) -> str:
        return _known(proposal["value"])

    def __repr__(self) -> str:
        return f"<CompareWidget {self._comparison!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view, where a page can draw it, with its fallbacks."""
        names = ("pairs", "names", "summaries", "color")
        traits = {name: getattr(self, name) for name in names}
        return complete(
            super()._repr_mimebundle_(**kwargs),
            compare_html.as_text(self._comparison),
            compare_html.as_html(self._comparison),
            saved.whole("compare", traits, self._comparison.generations),
        )


def _known(color: str) -> str:
    return color if color == DIFFERENCE else metrics.get(color).name


def _pairs(comparison: Comparison) -> list[dict[str, Any]]:
    """Return what the page needs of the stretches, column by column."""
    pairs = []
    for number, fork in enumerate(comparison.forks, start=1):
        rows = comparison.against(number)
        pairs.append(
            {
                "kinds": [one.kind for one in rows],
                "starts": [rows[0].position, rows[0].other_position],
                "counts": [
                    [one.tokens for one in rows],
                    [one.other_tokens for one in rows],
                ],
                "bits": [
                    _plain(one.bits for one in rows),
                    _plain(one.other_bits for one in rows),
                ],
                "delta": _plain(one.delta for one in rows),
                "divergence": _plain(one.divergence for one in rows),
                "fork": [fork.position, fork.other_position] if fork else None,
                "isText": fork is not None and fork.kind == "text",
            }
        )
    return pairs


def _plain(values: Iterable[float]) -> list[float | None]:
    """Return numbers as JSON can say them, with as many digits as are shown."""
    return [float(f"{one:.4g}") if math.isfinite(one) else None for one in values]
