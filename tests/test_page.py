"""The HTML file that stands by itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from lpwidgets.display import codec
from lpwidgets.errors import InputError
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "</script><script>alert(1)</script><!--"
GEN = generation(
    token(HOSTILE, -0.5, [(HOSTILE, -0.5), ("x", -1.0)]), token("\n", -1.0)
)


@pytest.fixture
def page(tmp_path: Path) -> str:
    """Return the file of a generation whose text is out for trouble."""
    GEN.to_html(tmp_path / "page.html", color="surprisal")
    return (tmp_path / "page.html").read_text()


def _element(page: str, start: str) -> str:
    (found,) = re.findall(rf"<{start}>(.*?)</(?:script|style)>", page, re.DOTALL)
    return str(found)


def test_the_page_holds_the_whole_frame(page: str) -> None:
    """Compressed, and not readable as markup."""
    frame = _element(page, 'script type="text/plain" id="frame"')
    whole = codec.keyframe([GEN], 0, live=False)
    assert gzip.decompress(base64.b64decode(frame)) == whole
    traits = json.loads(_element(page, 'script type="application/json" id="traits"'))
    assert traits == {"color": "surprisal"}


def test_only_our_code_and_styles_are_allowed(page: str) -> None:
    """By their hashes; a text of a model adds no element."""
    policy = re.search(r'content-security-policy" content="(.*?)"', page)
    assert policy
    for start in ('script type="module"', "style"):
        digest = hashlib.sha256(_element(page, start).encode()).digest()
        assert base64.b64encode(digest).decode() in policy[1]
    assert page.count("<script") == 3
    assert "https:" not in page.replace("https://www.w3.org", "")


def test_an_unknown_color_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """With the known ones."""
    with pytest.raises(InputError, match="there are: probability"):
        GEN.to_html(tmp_path / "page.html", color="certainty")
    assert not list(tmp_path.iterdir())
