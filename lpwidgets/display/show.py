"""`show`: the view of what people already hold."""

from __future__ import annotations

from typing import Any

from lpwidgets.display import plain_text
from lpwidgets.display.widget import TokensWidget
from lpwidgets.generation import Generation
from lpwidgets.reading.read import read


class _Shown(TokensWidget):
    """A widget that its own cell shows already: being its last value adds nothing."""

    def __init__(self, generations: list[Generation], *, color: str) -> None:
        super().__init__(generations, color=color)
        self._cell = _cell()

    def _ipython_display_(self) -> None:
        if _cell() != self._cell:
            _publish(self)


def show(*things: Any, color: str = "probability") -> TokensWidget:
    """Show generations, or anything that `lpwidgets.read` takes.

    A notebook shows the tokens at once, a terminal prints them.

    Parameters
    ----------
    *things
        What to show, one below the other.
    color
        The metric of the background: a name of `lpwidgets.analysis.metrics.names`.

    Returns
    -------
    TokensWidget
        What is shown; ``show(…, color=…)`` again, or set its ``color``, to change it.

    Raises
    ------
    InputError
        One of them has no known shape, or there is no such metric.
    WireError
        One of them promises an answer and holds something else.
    """
    widget = _Shown([one for thing in things for one in _listed(thing)], color=color)
    if _shell() is None:
        print(plain_text.render(widget.generations))  # noqa: T201
    else:
        _publish(widget)
    return widget


def _listed(thing: Any) -> list[Generation]:
    found = read(thing)
    return [found] if isinstance(found, Generation) else list(found)


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _cell() -> int | None:
    return getattr(_shell(), "execution_count", None)


def _publish(widget: TokensWidget) -> None:
    from IPython.display import publish_display_data

    publish_display_data(*widget._repr_mimebundle_())
