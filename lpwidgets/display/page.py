"""One file that shows generations as a notebook does: no kernel, no network.

The code of the widget, its styles and a compressed frame stand in the page itself. Its
policy allows that code by its hash and nothing else, so that no text of a model runs.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lpwidgets.analysis import metrics
from lpwidgets.display import codec, static_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import Generation

_STATIC = Path(__file__).parent.parent / "static"
_START = (Path(__file__).parent / "page.js").read_text()
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="content-security-policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
<main><noscript>{fallback}</noscript></main>
<script type="application/json" id="traits">{traits}</script>
<script type="text/plain" id="frame">{frame}</script>
<script type="module">{code}</script>
</html>
"""
_STYLE = """
body { margin: 0; background: Canvas; font-family: system-ui, sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 12px 16px; }
"""


def render(generations: Sequence[Generation], color: str = "probability") -> str:
    """Return generations as a whole HTML document.

    Parameters
    ----------
    generations
        What it shows, one below the other.
    color
        The metric of the background, which the reader can change.

    Raises
    ------
    InputError
        There is no metric of that name.
    """
    name = metrics.get(color).name
    frame = gzip.compress(codec.keyframe(generations, 0, live=False), mtime=0)
    style = (_STATIC / "widget.css").read_text() + _STYLE
    code = _code()
    return _PAGE.format(
        policy=_policy(code, style),
        title=html.escape(static_html.visible(_title(generations))),
        style=style,
        fallback=static_html.render(generations),
        traits=json.dumps({"color": name}),
        frame=base64.b64encode(frame).decode(),
        code=code,
    )


def _code() -> str:
    bundle, _, widget = (_STATIC / "widget.js").read_text().rpartition("export default")
    return f"{bundle}const startWidget ={widget}\n{_START}"


def _policy(code: str, style: str) -> str:
    script, look = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (code, style)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; "
        f"style-src 'sha256-{look}'; require-trusted-types-for 'script'"
    )


def _title(generations: Sequence[Generation]) -> str:
    names = dict.fromkeys(one.meta.model for one in generations if one.meta.model)
    return " · ".join(["token probabilities", *names])
