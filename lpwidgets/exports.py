"""What a generation, or several, can be turned into."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import altair as alt
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from lpwidgets.generation import Generation


class Exports:
    """Frames, files and other people's shapes; see `lpwidgets.frames.tables`."""

    @abstractmethod
    def _each(self) -> Sequence[Generation]:
        """Return the generations one by one."""

    def to_pandas(
        self, table: str = "tokens", metrics: Sequence[str] = ()
    ) -> pd.DataFrame:
        """Return a DataFrame of the ``"tokens"`` or of their ``"alternatives"``.

        Parameters
        ----------
        table
            ``"tokens"`` or ``"alternatives"``.
        metrics
            Metrics that become columns of the tokens, such as ``["entropy_low"]``.

        Raises
        ------
        InputError
            There is no table or metric of that name.
        """
        from lpwidgets import frames

        return frames.to_pandas(self._each(), table, metrics)

    def to_polars(
        self, table: str = "tokens", metrics: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Return a Polars DataFrame; as `to_pandas`, and ``"generations"``.

        Raises
        ------
        InputError
            There is no table or metric of that name.
        MissingPackageError
            Polars or PyArrow is not installed.
        """
        from lpwidgets import frames

        return frames.to_polars(self._each(), table, metrics)

    def to_arrow(self, table: str = "tokens", metrics: Sequence[str] = ()) -> pa.Table:
        """Return a PyArrow table; as `to_pandas`, and ``"generations"``.

        ``"generations"`` has one row for each, its tokens and alternatives as lists.

        Raises
        ------
        InputError
            There is no table or metric of that name.
        MissingPackageError
            PyArrow is not installed.
        """
        from lpwidgets import frames

        return frames.to_arrow(self._each(), table, metrics)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write a Parquet file that `lpwidgets.read` gives back, equal to the bit.

        Half characters, unknown values and ``meta`` are kept; one row a generation.

        Raises
        ------
        MissingPackageError
            PyArrow is not installed.
        """
        from lpwidgets import frames

        frames.to_parquet(self._each(), Path(path))

    def plot(self, metric: str = "surprisal", kind: str = "") -> alt.Chart:
        """Return a chart; see `lpwidgets.plots.plot`.

        Parameters
        ----------
        metric
            A token metric.
        kind
            ``"text"``, ``"distribution"`` or ``"agreement"``.

        Raises
        ------
        InputError
            There is no such metric or kind, or nothing to draw.
        MissingPackageError
            Altair is not installed.
        """
        from lpwidgets import plots

        return plots.plot(self._each(), metric, kind)

    def to_html(self, path: str | PathLike[str], color: str = "probability") -> None:
        """Write one HTML file with the interactive view: no kernel, no network.

        It can be printed, and reads without JavaScript too.

        Parameters
        ----------
        path
            The file, which is written over.
        color
            The metric of the background, which the reader can change.

        Raises
        ------
        InputError
            There is no metric of that name.
        """
        from lpwidgets.display import page

        Path(path).write_text(page.render(self._each(), color), encoding="utf-8")

    def to_svg(
        self,
        path: str | PathLike[str] | None = None,
        color: str = "probability",
        width: int = 80,
        strip: str = "surprisal",
    ) -> str:
        """Return the coloured tokens as an SVG drawing, for a paper.

        A raster image is made of it by a browser, or ``rsvg-convert -z 3``.

        Parameters
        ----------
        path
            A file to write it to as well, which is written over.
        color
            The metric of the background.
        width
            Characters a line, at least 20.
        strip
            The metric that is drawn over the text's length, "" for none.

        Raises
        ------
        InputError
            There is no metric of that name, or the lines are too short.
        """
        from lpwidgets.display import svg

        drawing = svg.render(self._each(), color, width, strip)
        if path is not None:
            Path(path).write_text(drawing, encoding="utf-8")
        return drawing

    def to_openai(self) -> dict[str, Any]:
        """Return a ``chat.completion`` as OpenAI writes it, which many tools read.

        See `lpwidgets.openai_shape.to_openai` for what it cannot carry.
        """
        from lpwidgets import openai_shape

        return openai_shape.to_openai(list(self._each()))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the tokens to any Arrow library (PyArrow, Polars, DuckDB, pandas 3).

        Raises
        ------
        MissingPackageError
            PyArrow is not installed.
        """
        from lpwidgets import frames

        return frames.arrow_stream(self._each(), requested_schema)
