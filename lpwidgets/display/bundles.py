"""What a notebook gets of a view: the live one, and all that stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.display import saved
from lpwidgets.display.front_end import WIDGET_VIEW, draws_widgets

if TYPE_CHECKING:
    from collections.abc import Mapping

Bundle = tuple[dict[str, Any], dict[str, Any]]


def complete(
    live: Bundle | None, text: str, html: str, kept: Mapping[str, Any]
) -> Bundle:
    """Return a widget's mime bundle with its fallbacks.

    A notebook that runs without a page gets the fallbacks only.

    Parameters
    ----------
    live
        What anywidget returned.
    text, html
        For terminals, and for pages that run no scripts.
    kept
        What `lpwidgets.display.saved` made for the notebook's file.
    """
    data, metadata = live or ({}, {})
    if not draws_widgets():
        data.pop(WIDGET_VIEW, None)
    said = {"text/plain": text, "text/html": html, saved.MIME: dict(kept)}
    return {**data, **said}, metadata
