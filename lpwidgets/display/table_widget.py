"""`TableWidget`: tokens as rows of numbers."""

from __future__ import annotations

from lpwidgets.display.widget import STATIC, TokensWidget


class TableWidget(TokensWidget):
    """Tokens as rows: position, token, probability, nats, rank and every metric.

    Takes what `TokensWidget` takes and has the same traits. ``color`` names the metric
    that colours the tokens, which also gets a column; with a ``filter`` only the tokens
    that meet it are listed. A heading sorts by its column. Only the rows in view exist
    on the page, however many there are.

    To see where in the text a row stands, link both views::

        text, table = lp.TokensWidget(gen), lp.TableWidget(gen, filter="surprisal > 4")
        ipywidgets.jslink((text, "selection"), (table, "selection"))

    Raises
    ------
    InputError
        As for `TokensWidget`.
    """

    _view = "table"
    _esm = STATIC / "table.js"
    _css = STATIC / "table.css"
