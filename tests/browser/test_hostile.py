from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Opener

pytestmark = pytest.mark.browser

MAKE = r"""
from make_generation import generation, token
from IPython.display import HTML, display
import lpwidgets as lp
bad = [
    "<img src=x onerror=window.pwned=1>", "<script>window.pwned=2</script>",
    "\"'><b onmouseover=window.pwned=3>", "&lt;", "${7*7}", "javascript:window.pwned=4",
]
halves = [b"\xf0\x9f", b"\x98\x80"]
pieces = [*bad, "left", "\u202e", "right", "\0", *halves, "]]>", "\u2028"]
gen = generation(*[token(p, -1.5, [(p, -1.5), (bad[0], -2.0)]) for p in pieces])
gen
"""
FALLBACK = """
data, _ = lp.TokensWidget(gen)._repr_mimebundle_()
display(HTML(data["text/html"]))
"""
EDGES = (
    "(spans) => spans.map((span) => span.getBoundingClientRect()).map(b => [b.x, b.y])"
)


def test_nothing_that_a_model_says_runs(open_notebook: Opener) -> None:
    """Markup, controls and half characters are shown as such, in view and fallback."""
    notebook = open_notebook(MAKE, FALLBACK)
    notebook.run()
    tokens = notebook.tokens(0)
    expect(tokens).to_have_count(14)
    texts = tokens.all_text_contents()
    assert texts[0] == "<img src=x onerror=window.pwned=1>"
    assert texts[6:12] == ["left", "U+202E", "right", "U+0000", "F0 9F", "98 80"]
    for token in tokens.all()[:8]:
        token.hover()
    expect(notebook.page.locator(".lpw-card:visible")).to_have_count(1)
    fallback = notebook.cell(1).locator(".jp-RenderedHTMLCommon")
    expect(fallback).to_contain_text("<img src=x onerror=window.pwned=1>")
    expect(fallback).to_contain_text("left[U+202E]right[U+0000]")
    assert notebook.page.locator("img[src=x], b[onmouseover]").count() == 0
    assert notebook.page.evaluate("() => window.pwned") is None


def test_neighbours_keep_their_order(open_notebook: Opener) -> None:
    """A control that reverses text does not move the words around it."""
    notebook = open_notebook(MAKE.replace("*bad, ", ""), FALLBACK)
    notebook.run()
    places = notebook.tokens(0).evaluate_all(EDGES)
    spans = notebook.cell(1).locator(".jp-RenderedHTMLCommon span[title]")
    for edges in (places[:3], spans.evaluate_all(EDGES)[:3]):
        lefts = [x for x, _ in edges]
        assert lefts == sorted(lefts)
        assert len(set(lefts)) == 3
