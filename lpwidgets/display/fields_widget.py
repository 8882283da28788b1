"""`FieldsWidget`: the JSON of an answer as a tree, each value with its probability."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from msgspec import to_builtins

from lpwidgets.analysis.field_trees import trees
from lpwidgets.display import codec, fields_html, saved
from lpwidgets.display.bundles import complete
from lpwidgets.display.stretches import stretches, taken
from lpwidgets.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.display.stretches import Stretches
    from lpwidgets.generation import Generations

_STATIC = Path(__file__).parent.parent / "static"


class FieldsWidget(anywidget.AnyWidget):
    """The values of JSON answers as a tree that can be folded.

    Each value has its probability as a bar and a number, and its least likely token; an
    enum or boolean its possible values and how they were weighed. A click shows the
    tokens of a value and what else could have stood there.

    Parameters
    ----------
    generations
        One `Generation`, or several to show one below the other.
    schema
        As for `Generation.fields`.

    Attributes
    ----------
    selection
        The tokens of the value that is open in the page, as runs of ``[generation,
        start, stop]``; so a view of the tokens can mark them::

            ipywidgets.jslink((fields, "selection"), (tokens, "highlight"))

    Raises
    ------
    InputError
        The schema is none.
    """

    _esm = _STATIC / "fields.js"
    _css = _STATIC / "fields.css"

    frame = traitlets.Bytes(help="the tokens").tag(sync=True, echo_update=False)
    trees: traitlets.List[Any] = traitlets.List(help="the values of each answer").tag(
        sync=True
    )
    selection = traitlets.Any([], help="runs of selected tokens").tag(sync=True)

    def __init__(
        self,
        generations: Generation | Sequence[Generation] = (),
        schema: Any = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(generations, Generation):
            generations = [generations]
        self._generations = list(generations)
        self._trees = trees(self._generations, schema)
        super().__init__(
            frame=codec.keyframe(self._generations, 0, live=False),
            trees=to_builtins(self._trees),
            **kwargs,
        )

    @property
    def generations(self) -> list[Generation]:
        """What is shown."""
        return list(self._generations)

    @property
    def selected(self) -> Generation | Generations:
        """The tokens of the open value: a `Generation`, or one for each of several."""
        return taken(self._generations, self.selection)

    @traitlets.validate("selection")
    def _runs(self, proposal: dict[str, Any]) -> Stretches:
        return stretches(self._generations, proposal["value"])

    def __repr__(self) -> str:
        return fields_html.as_text(self._trees)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks."""
        traits = {"trees": self.trees, "selection": self.selection}
        return complete(
            super()._repr_mimebundle_(**kwargs),
            repr(self),
            fields_html.as_html(self._trees),
            saved.whole("fields", traits, self._generations),
        )
