"""Altair, so that notebooks draw its charts offline, on light and dark pages."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from lpwidgets.errors import MissingPackageError

if TYPE_CHECKING:
    import altair as alt

INK = "#888888"
"""As far from white as from the ground of dark pages."""


def altair() -> Any:
    """Return Altair, which JupyterLab then draws by itself.

    Altair's own default fetches its scripts when a chart is shown. Unless a renderer
    has been chosen, charts become data of a type that JupyterLab, Notebook and VS Code
    draw themselves (``alt.renderers.enable("default")`` undoes it); Colab cannot.

    Raises
    ------
    MissingPackageError
        It is not installed.
    """
    try:
        alt = importlib.import_module("altair")
    except ImportError:
        msg = "charts need Altair: pip install 'lpwidgets[plot]'"
        raise MissingPackageError(msg) from None
    if alt.renderers.active == "default" and "google.colab" not in sys.modules:
        alt.renderers.enable("mimetype")
    return alt


def themed(chart: Any) -> alt.Chart:
    """Return a chart on a transparent ground, its words in a grey for any page."""
    words = {"labelColor": INK, "titleColor": INK}
    made: alt.Chart = (
        chart.configure(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=INK, gridColor=INK, gridOpacity=0.2, tickColor=INK, **words
        )
        .configure_header(**words)
        .configure_legend(**words)
        .configure_title(color=INK)
    )
    return made
