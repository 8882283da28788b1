"""`LatticeWidget`: the runs of one question as a graph in the page."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lpwidgets.display import lattice_html, saved
from lpwidgets.display.bundles import complete
from lpwidgets.pieces import well_formed

if TYPE_CHECKING:
    from lpwidgets.analysis.lattice import Lattice

_STATIC = Path(__file__).parent.parent / "static"


class LatticeWidget(anywidget.AnyWidget):
    """What many runs said, from left to right, with their answers at the end.

    The streams are as thick as their share of the runs, tokens have the colour of the
    probability that the model gave them. Rare branches are folded; what is folded is
    counted, and opens by a click. Pointing at a token, or walking there with the arrow
    keys, shows the runs through it.

    Parameters
    ----------
    lattice
        What `lpwidgets.lattice` returned.
    """

    _esm = _STATIC / "lattice.js"
    _css = _STATIC / "lattice.css"

    data: Any = traitlets.Dict(help="edges, paths, answers").tag(
        sync=True, echo_update=False
    )

    def __init__(self, lattice: Lattice, **kwargs: Any) -> None:
        self._lattice = lattice
        super().__init__(data=_plain(lattice), **kwargs)

    @property
    def lattice(self) -> Lattice:
        """What is shown."""
        return self._lattice

    def __repr__(self) -> str:
        return f"<LatticeWidget {self._lattice!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks."""
        return complete(
            super()._repr_mimebundle_(**kwargs),
            repr(self._lattice),
            lattice_html.as_html(self._lattice),
            saved.whole("lattice", {"data": self.data}),
        )


def _plain(lattice: Lattice) -> dict[str, Any]:
    """Return a lattice as JSON can say it: edges as columns, different paths once."""
    edges = lattice.edges
    paths = Counter(tuple(path) for path in lattice.paths)
    return {
        "source": lattice_html.source(lattice),
        "facts": lattice_html.facts(lattice),
        "notes": list(lattice.notes),
        "edges": {
            "source": [one.source for one in edges],
            "target": [one.target for one in edges],
            "token": [_text(one.bytes) for one in edges],
            "token_id": [one.token_id for one in edges],
            "part": [one.part for one in edges],
            "probability": [_number(one.probability) for one in edges],
            "contexts": [one.contexts for one in edges],
            "answer": [one.answer for one in edges],
        },
        "paths": [{"edges": path, "runs": n} for path, n in paths.most_common()],
        "answers": [
            {
                "text": well_formed(one.text),
                "runs": len(one.runs),
                "mass": _number(one.mass),
            }
            for one in lattice.leaves
        ],
    }


def _text(data: bytes) -> str | list[int]:
    """Return a token's text, or its bytes where they are no text."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return list(data)


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
