"""Import time, each in a fresh interpreter: what a user waits for at the start."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
from importlib.metadata import version

TURNS = 15
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
import time
start = time.perf_counter()
{work}
print(time.perf_counter() - start)
"""
PLAIN = """
import time
start = time.perf_counter()
{work}
print(time.perf_counter() - start)
"""
PAIRS = {
    "import lpwidgets / import httpx": (
        PLAIN.format(work="import lpwidgets"),
        PLAIN.format(work="import httpx"),
    ),
    "lpwidgets.Client / import httpx": (
        PLAIN.format(work="import lpwidgets; lpwidgets.Client"),
        PLAIN.format(work="import httpx"),
    ),
    "%load_ext lpwidgets / import anywidget": (
        SHELL.format(work="shell.run_line_magic('load_ext', 'lpwidgets')"),
        SHELL.format(work="import anywidget"),
    ),
}


def seconds(code: str) -> float:
    """Return what the code prints of its own time."""
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(answer.stdout.split()[-1])


def main() -> None:
    """Print medians and ratios; the two of a pair take turns."""
    packages = ("lpwidgets", "httpx", "anywidget", "ipython")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {versions}, medians of {TURNS}")
    for name, (ours, theirs) in PAIRS.items():
        turns = [(seconds(ours), seconds(theirs)) for _ in range(TURNS)]
        mine, other = (statistics.median(column) for column in zip(*turns, strict=True))
        print(f"{name:40} {mine:.3f} s / {other:.3f} s = {mine / other:.2f}")


if __name__ == "__main__":
    main()
