"""Showing a stream while it grows, and leaving its final state in the notebook."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle

from lpwidgets.display.widget import TokensWidget
from lpwidgets.errors import LpError

if TYPE_CHECKING:
    from lpwidgets.client.stream import Stream

_FRAME_SECONDS = 0.05
"""At most 20 messages a second: Jupyter drops what comes much faster."""

_QUIET_SECONDS = 0.4
"""How long nothing is shown: a refusal that comes at once leaves no empty view."""


def show_live(stream: Stream, color: str) -> None:
    """Show a stream until it ends; an interrupt or error closes it and is raised.

    Raises
    ------
    LpError
        Nothing came, and why.
    """
    with stream:
        stream.wait(_QUIET_SECONDS)
        widget = TokensWidget(color=color)
        handle = DisplayHandle()
        handle.display(widget)
        try:
            _follow(stream, widget)
        except LpError:
            widget.close()
            handle.update({"text/plain": ""}, raw=True)
            raise
        except KeyboardInterrupt:
            stream.close()
            _settle(stream, widget, handle)
            raise
        _settle(stream, widget, handle)


def _follow(stream: Stream, widget: TokensWidget) -> None:
    while not stream.over:
        widget.grow(stream.latest)
        time.sleep(_FRAME_SECONDS)
        stream.wait(1.0)


def _settle(stream: Stream, widget: TokensWidget, handle: Any) -> None:
    """Show the end, and put it into the output's saved fallbacks too."""
    widget.show(stream.latest)
    handle.update(widget)
