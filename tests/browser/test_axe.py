"""What people who do not see or point need, as far as a program can check it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lpwidgets.display import codec, page
from lpwidgets.display.asking import refusal
from lpwidgets.errors import InputError
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
CHECK = """async () => {
  const { violations } = await axe.run(".lpw");
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}"""
LISTED = [(" Paris", -0.2), (" the", -2.0), (" a", -4.0)]
DONE = generation(
    *(token(" Paris", -0.05 * i, LISTED, i) for i in range(300)),
    token("unknown", None),
    text="Paris",
)
FRAMES = {
    "empty": codec.keyframe([], 0, live=True),
    "streaming": codec.keyframe([DONE], 0, live=True),
    "done": codec.keyframe([DONE, DONE[:3]], 0, live=False),
    "no values": codec.keyframe([generation(text="No values.")], 0, live=False),
    "error": b"this is not a frame",
}


WRONG = refusal("rank > x", InputError("there is no x\n  rank > x\n         ^"))
KERNEL = {
    "color": "probability",
    "underline": "entropy_low",
    "filtered": {**WRONG, "runs": [[0, 3, 9]]},
    "choosable": True,
}
"""What a page knows of its kernel: a condition that is wrong, a second metric."""


def _document(frame: bytes, traits: dict[str, Any]) -> str:
    packed = base64.b64encode(gzip.compress(frame)).decode()
    text = re.sub(r'(id="frame">)[^<]*', rf"\g<1>{packed}", page.render([DONE]))
    said = json.dumps(traits).replace("\\", r"\\")
    return re.sub(r'(id="traits">)[^<]*', rf"\g<1>{said}", text)


LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "high contrast": {"color_scheme": "dark", "forced_colors": "active"},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", FRAMES)
def test_axe_finds_nothing(
    browser: Browser, tmp_path: Path, state: str, look: str
) -> None:
    """With nothing open, then with a card, pinned cards, the search and the help.

    "streaming" has what only a kernel adds: an underline, a condition, choices.
    """
    traits = KERNEL if state == "streaming" else {"color": "probability"}
    (tmp_path / "page.html").write_text(_document(FRAMES[state], traits))
    context = browser.new_context(bypass_csp=True, **LOOKS[look])
    shown = context.new_page()
    shown.goto((tmp_path / "page.html").as_uri())
    shown.locator(".lpw").wait_for()
    shown.add_script_tag(path=AXE)
    assert shown.evaluate(CHECK) == []
    if state in {"streaming", "done"}:
        shown.locator(".lpw-token").nth(8).click()
        for key in (
            "ArrowRight",
            "Enter",
            "ArrowRight",
            "Enter",
            "n",
            "/",
            "Escape",
            "?",
        ):
            shown.keyboard.press(key)
            assert shown.evaluate(CHECK) == [], key
    context.close()
