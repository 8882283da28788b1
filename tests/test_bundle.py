"""What is sent into every notebook: small, and without a way out."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "lpwidgets" / "static"


@pytest.mark.parametrize(
    "view", sorted(STATIC.glob("*.js")), ids=lambda path: path.stem
)
def test_a_bundle_stays_small(view: Path) -> None:
    """At most 40 kB minified and 15 KiB gzipped: it is saved with every widget."""
    code = view.read_bytes()
    assert len(code) <= 40_000
    assert len(gzip.compress(code)) <= 15 * 1024


@pytest.mark.parametrize("file", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_a_bundle_names_no_other_place(file: Path) -> None:
    """No CDN, no import at run time, no markup from text."""
    code = file.read_text()
    assert not re.findall(r"https?://(?!www\.w3\.org)|\bimport\s*\(|@import", code)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(", code)
