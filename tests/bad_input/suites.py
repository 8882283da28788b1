"""Suites that others collected, from npm packages: see ``js/package.json``."""

from __future__ import annotations

import json
from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "js" / "node_modules"


def json_suite() -> dict[str, bytes]:
    """Return JSONTestSuite by file name: valid, invalid, and undecided JSON.

    The package writes it as two modules, which are JSON but for their first words.
    """
    bodies = {}
    for name in ("parsing", "transform"):
        path = PACKAGES / "json-test-suite" / "data" / f"{name}.js"
        listed = path.read_text("utf-8").partition("export default ")[2]
        for case in json.loads(listed):
            body = case["input"].encode("utf-8", "surrogatepass")
            bodies[f"{name}/{case['name']}"] = body
    return bodies


def naughty_strings() -> list[str]:
    """Return the Big List of Naughty Strings."""
    path = PACKAGES / "blns" / "resources" / "blns.json"
    strings: list[str] = json.loads(path.read_bytes())
    return strings
