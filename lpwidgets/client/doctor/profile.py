"""What the doctor found, as a value: dated, readable as a table, kept as JSON."""

from __future__ import annotations

import html
import textwrap
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, to_builtins

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from lpwidgets.analysis.calibration.maps import CalibrationMap
    from lpwidgets.analysis.calibration.store import Saved

Judgement = Literal["yes", "partly", "no", "unknown"]

_MARKS = {"yes": "✓ yes", "partly": "◐ partly", "no": "✗ no", "unknown": "? unknown"}
_GIST = ("raw_values", "bytes", "complete", "stream")
_WIDTH = 66
_CELL = "text-align:left;vertical-align:top;white-space:normal"
_SPACE = "\N{NO-BREAK SPACE}"


class Row(Struct, frozen=True):
    """One check.

    Parameters
    ----------
    check
        Its name.
    question
        What it asks, to be answered by yes or no.
    verdict
        ``"yes"``, ``"partly"``, ``"no"``, or ``"unknown"`` if it could not be told.
    evidence
        What was seen, in words and numbers.
    numbers
        The numbers alone; differences of log probabilities in nats.
    """

    check: str
    question: str
    verdict: Judgement
    evidence: str
    numbers: dict[str, float] = {}


class Profile(Struct, frozen=True, kw_only=True):
    """What one server really does with one model, as seen on one day.

    ``profile["raw values"]`` is the `Row` of a check. It never holds a key.

    Parameters
    ----------
    date
        When, ISO 8601 in UTC.
    provider
        The row of the table of providers, empty for a server without one.
    origin
        Scheme, host and port; ``"local"`` for the embedded engine.
    model
        The model that was asked.
    server
        What the server calls its build, empty if it does not say.
    requests
        How many requests it took.
    checks
        A row each.
    """

    date: str
    provider: str
    origin: str
    model: str
    server: str = ""
    requests: int = 0
    checks: tuple[Row, ...] = ()

    def __getitem__(self, check: str) -> Row:
        """Return the row of a check.

        Raises
        ------
        InputError
            There is no such check.
        """
        for row in self.checks:
            if row.check == check:
                return row
        known = ", ".join(row.check for row in self.checks)
        raise InputError(f"there is no check {check!r}; there are: {known}")

    def __iter__(self) -> Iterator[Row]:
        return iter(self.checks)

    @property
    def day(self) -> str:
        """The date without the time."""
        return self.date.partition("T")[0]

    def brief(self) -> dict[str, Any]:
        """Return what later generations carry in ``meta.profile``.

        The ``date``, the number ``k`` of alternatives that come, and the verdicts on
        what changes the meaning of numbers: ``raw_values``, ``bytes``, ….
        """
        rows = {row.check.replace(" ", "_"): row for row in self.checks}
        k = rows["k"].numbers.get("least") if "k" in rows else None
        verdicts = {name: rows[name].verdict for name in _GIST if name in rows}
        return {"date": self.day, "k": k, **verdicts}

    @property
    def calibrations(self) -> list[str]:
        """The maps from scores to probabilities that are saved for this model."""
        from lpwidgets.analysis.calibration.maps import saved

        return [_map_line(one) for one in saved(self)]

    def to_pandas(self) -> pd.DataFrame:
        """Return one row a check: check, question, verdict, evidence, numbers."""
        import pandas as pd

        rows = [to_builtins(row) for row in self.checks]
        return pd.DataFrame(rows, columns=list(Row.__struct_fields__))

    @property
    def _title(self) -> str:
        who = self.provider or self.origin
        where = f" at {self.origin}" if self.provider not in {"", self.origin} else ""
        build = f", {self.server}" if self.server else ""
        return f"{self.model} of {who}{where}{build}"

    @property
    def _when(self) -> str:
        when = self.date.replace("T", " ")[:16]
        return f"asked on {when} UTC, {self.requests} requests"

    def __repr__(self) -> str:
        lines = [self._title, self._when, ""]
        wide = max((len(row.check) for row in self.checks), default=0)
        for row in self.checks:
            said = textwrap.wrap(row.evidence, _WIDTH) or [""]
            lines.append(f"{row.check:<{wide}}  {_MARKS[row.verdict]:<9}  {said[0]}")
            lines += [" " * (wide + 13) + more for more in said[1:]]
        lines += [f"calibration {one}" for one in self.calibrations]
        return "\n".join(_printable(line) for line in lines)

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(row) for row in self.checks)
        head = "".join(
            f'<th style="{_CELL}">{name}</th>'
            for name in ("check", "question", "verdict", "evidence")
        )
        maps = "".join(
            f"<div>calibration {_escaped(one)}</div>" for one in self.calibrations
        )
        title, when = _escaped(self._title), _escaped(self._when)
        return (
            f"<div><b>{title}</b><br>{when}</div>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"{maps}"
        )


def _map_line(one: Saved[CalibrationMap]) -> str:
    score = f", score {one.map.score}" if one.map.score else ""
    return (
        f"{one.name!r}: {one.map.how} from {one.map.answers:,} answers{score}, "
        f"saved on {one.date:%Y-%m-%d}"
    )


def _html_row(row: Row) -> str:
    verdict = _MARKS[row.verdict].replace(" ", _SPACE)
    cells = (row.check, row.question, verdict, row.evidence)
    written = "".join(f'<td style="{_CELL}">{_escaped(cell)}</td>' for cell in cells)
    return f"<tr>{written}</tr>"


def _escaped(text: str) -> str:
    return html.escape(_printable(text), quote=True)


def _printable(text: str) -> str:
    """Return text without what moves a terminal's cursor or hides in a page."""
    return "".join(c if c.isprintable() or c == _SPACE else "�" for c in text)
