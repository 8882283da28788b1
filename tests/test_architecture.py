"""Imports point one way, and heavy libraries load only where they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("errors",),
    ("wire",),
    (
        "pieces",
        "columns",
        "meta",
        "alignment",
        "exports",
        "generation",
        "growing",
        "builder",
        "folders",
        "queries",
        "charts",
    ),
    ("client", "analysis", "frames", "reading", "openai_shape"),
    (
        "sampling",
        "searching",
        "stepping",
        "tree",
        "display",
        "batch",
        "local",
        "plots",
        "testing",
    ),
)
DOORS = {
    # A generation offers what upper floors can do with it, loaded when asked for.
    ("generation", "analysis"),
    ("queries", "analysis"),
    ("queries", "display"),
    ("analysis.selection", "display"),
    ("analysis.choices", "display"),
    ("analysis.deciding", "display"),
    ("analysis.lattice", "display"),
    ("analysis.comparing", "display"),
    ("exports", "frames"),
    ("exports", "plots"),
    ("exports", "openai_shape"),
    ("exports", "display"),
    ("generation", "display"),
    # client.sample decodes with samplers.
    ("client.verbs", "sampling"),
    # client.stepping makes a text by hand, with samplers.
    ("client.client", "stepping"),
    # client.best_of, beam and deciding search.
    ("client.search_work", "searching"),
    ("client.search_work", "sampling"),
    # Client("local") starts the engine.
    ("client.endpoint", "local"),
}


class Import(NamedTuple):
    """One import statement; `at_top` if it runs when its module loads."""

    importer: str
    imported: str
    at_top: bool


def _imports(path: Path) -> Iterator[Import]:
    name = ".".join(path.relative_to(ROOT / "lpwidgets").with_suffix("").parts)
    tree = ast.parse(path.read_text())
    for statement in tree.body:
        typing_only = isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(
            statement.test
        )
        if typing_only:
            continue
        for node in ast.walk(statement):
            for imported in _names(node):
                yield Import(name, imported, node is statement)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


IMPORTS = [one for path in (ROOT / "lpwidgets").rglob("*.py") for one in _imports(path)]
OURS = sorted(
    {
        one._replace(imported=one.imported.removeprefix("lpwidgets."))
        for one in IMPORTS
        if one.imported.startswith("lpwidgets.") and one.importer != "__init__"
    }
)


def _layer(module: str) -> int:
    top = module.partition(".")[0]
    return next(number for number, names in enumerate(LAYERS) if top in names)


@pytest.mark.parametrize("one", OURS, ids=lambda one: f"{one.importer}->{one.imported}")
def test_an_import_goes_down_or_through_a_door(one: Import) -> None:
    """A door is an import inside a function, and all of them are listed above."""
    door = (one.importer, one.imported.split(".")[0])
    if _layer(one.importer) < _layer(one.imported):
        assert not one.at_top
        assert door in DOORS


@pytest.mark.parametrize(
    ("room", "stranger"),
    [
        ("wire", "numpy"),
        ("wire", "httpx"),
        ("analysis", "lpwidgets.wire.openai"),
        ("display", "httpx"),
    ],
)
def test_a_room_does_not_know_a_stranger(room: str, stranger: str) -> None:
    """Wire decoding is pure, analysis knows no dialect, display asks no server."""
    known = {one.imported for one in IMPORTS if one.importer.split(".")[0] == room}
    assert not {name for name in known if name.startswith(stranger)}


def test_of_the_display_only_the_magic_sees_the_client() -> None:
    """A widget shows what it is given, from wherever."""
    seers = {one.importer for one in OURS if one.imported.startswith("client")}
    assert {name for name in seers if name.startswith("display")} == {"display.magic"}


@pytest.mark.parametrize(
    ("code", "strangers"),
    [
        ("import lpwidgets", "numpy httpx pandas pyarrow IPython anywidget msgspec"),
        ("import lpwidgets; lpwidgets.Client", "pandas pyarrow IPython anywidget"),
        (
            "import lpwidgets; lpwidgets.Generation",
            "pandas pyarrow IPython anywidget httpx",
        ),
    ],
)
def test_importing_stays_light(code: str, strangers: str) -> None:
    """Libraries load when they are needed, in a fresh interpreter."""
    check = f"{code}; import sys; print(*sys.modules)"
    output = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert not set(strangers.split()) & set(output.stdout.split())
