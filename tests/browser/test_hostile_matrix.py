"""Texts that would run if they could, in every place of every view."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lpwidgets as lp
from lpwidgets.display import saved, static_html
from lpwidgets.display.compare import CompareWidget
from lpwidgets.display.lattice_widget import LatticeWidget
from lpwidgets.generation import Generation, Generations
from lpwidgets.meta import Meta, Status
from tests.make_generation import generation, token
from tests.payloads import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
EXTENSION = HERE.parents[1] / "js" / "labextension" / "static"
ORIGIN = "http://notebook.test/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HOST = """<!doctype html><meta charset=utf-8><body>
<script src="/{}"></script><script type=module src="/host.js"></script>"""
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

FOREIGN = """() => {
  const named = [
    "script[src^='data']", "link[href^='data']", "meta[http-equiv='refresh']", "a",
    "img", "iframe", "object", "embed", "base", "form", "video", "marquee", "math",
    "foreignObject", "animate", "template",
  ];
  const isCode = ({ name }) => /^on|^srcdoc$|^href$|^xlink/.test(name);
  const inBody = [...document.querySelectorAll("body *")];
  return [
    ...[...document.querySelectorAll(named)].map((node) => node.outerHTML),
    ...inBody.flatMap((node) => [...node.attributes].filter(isCode)).map((a) => a.name),
    ...(window.pwned ? ["it ran"] : []),
  ];
}"""
OPEN_CARDS = """() => {
  dispatchEvent(new Event("beforeprint"));
  const isPayload = ({ textContent }) => !["left", "right"].includes(textContent);
  const tokens = [...document.querySelectorAll(".lpw-token")].filter(isPayload);
  const isMeant = (token, k) => k % 10 === 0 || !token.closest("#compare, #tree");
  return tokens.filter(isMeant).filter((token) => {
    token.tabIndex = 0;
    token.focus();
    return token.closest(".lpw").querySelector(".lpw-card:not([hidden])");
  }).length;
}"""
REORDERED = """([lines, tokens]) => {
  const isAfter = (a, b) => {
    const [from, to] = [[...a.getClientRects()].at(-1), b.getClientRects()[0]];
    return to.top >= from.bottom - 2 || to.left >= from.right - 2;
  };
  const bad = [...document.querySelectorAll(lines)].flatMap((line) => {
    let [before, ...others] = line.querySelectorAll(tokens);
    return others.filter((node) => {
      const isBad = !isAfter(before, node);
      before = node;
      return isBad;
    });
  });
  return bad.map((node) => node.textContent);
}"""


def _said(payload: str) -> Generation:
    """Return a payload as token, alternative, model, error text and prompt."""
    other = payload + "'"
    spoken = generation(
        token("left", -0.5),
        token(payload, -1.5, [(payload, -1.5), (other, -2.0)]),
        token("right", -0.5),
    )
    meta = Meta(
        provider=payload,
        model=payload,
        error=payload,
        note=payload,
        status=Status.ERROR,
        finish_reason=payload,
        parameters={"messages": [{"role": "user", "content": payload}]},
    )
    return Generation(spoken.columns, meta)


def _object() -> Generation:
    fields = {f"{payload}{k}": payload for k, payload in enumerate(PAYLOADS)}
    return generation(token(json.dumps(fields), -1.0))


GENERATIONS = [_said(payload) for payload in PAYLOADS]
WORDS = [token(p, -1.0, [(p, -1.0), (p + "'", -2.0)]) for p in PAYLOADS]


def _views() -> dict[str, Any]:
    """Return each view's widget, with every payload wherever it takes a text."""
    text, other = generation(*WORDS), generation(*WORDS[:50], *WORDS[51:])
    tree, stepping = lp.Tree(text), lp.guessing(text)
    stepping.rewind(len(text))
    comparison = lp.compare(text, other, names=[PAYLOADS[0], "".join(PAYLOADS[1:])])
    return {
        "widget": lp.TokensWidget(GENERATIONS),
        "table": lp.TableWidget(GENERATIONS),
        "compare": CompareWidget(comparison),
        "lattice": LatticeWidget(lp.lattice([text, other])),
        "tree": lp.TreeWidget(tree),
        "fields": lp.FieldsWidget([_object()]),
        "step": lp.StepWidget(stepping, teach=False),
        "label": lp.LabelWidget(GENERATIONS + list(PAYLOADS)),
    }


@pytest.fixture(scope="module")
def bundles() -> dict[str, dict[str, Any]]:
    """Return what a notebook gets of each view."""
    return {name: w._repr_mimebundle_()[0] for name, w in _views().items()}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that takes note of what its policy forbids."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text))
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    yield page
    context.close()
    assert not faults


def test_there_are_two_hundred() -> None:
    """Different ones."""
    assert len(set(PAYLOADS)) >= 200


def test_a_notebook_can_be_written(bundles: dict[str, dict[str, Any]]) -> None:
    """A lone surrogate in one output, and nothing of the notebook would be saved."""
    for name, bundle in bundles.items():
        assert json.dumps(bundle, ensure_ascii=False).encode(), name
    for name, widget in _views().items():
        state = widget.get_state()
        assert json.dumps(state, ensure_ascii=False, default=str).encode(), name


def test_the_extension_draws_them_as_text(
    page: Page, bundles: dict[str, dict[str, Any]]
) -> None:
    """Every view, on a page that takes no markup from a script."""
    kept = {name: bundle[saved.MIME] for name, bundle in bundles.items()}
    (entry,) = EXTENSION.glob("remoteEntry.*.js")
    answers = {
        "": (HOST.format(entry.name), "text/html"),
        "saved.json": (json.dumps(kept), TYPES[".json"]),
        "host.js": ((HERE / "host.js").read_text(), TYPES[".js"]),
    }
    for file in EXTENSION.iterdir():
        answers[file.name] = (file.read_text(), TYPES[file.suffix])

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ORIGIN)
        body, kind = answers.get(name, ("", "text/plain"))
        policy = {"content-security-policy": POLICY}
        route.fulfill(body=body, content_type=f"{kind};charset=utf-8", headers=policy)

    page.route("**/*", answer)
    page.goto(ORIGIN)
    page.locator("body[data-drawn]").wait_for()
    for _ in range(4):
        page.get_by_text("more answers: show").click()
    for name in kept:
        section = page.locator(f"#{name}")
        assert not section.get_by_text("cannot be read").count(), name
        assert section.locator(".lpw").count() == 1, name
        assert len(section.text_content() or "") > len(PAYLOADS), name
    assert page.evaluate(OPEN_CARDS) >= len(PAYLOADS)
    assert page.locator("#table tr[data-at]").count() == 3 * len(PAYLOADS)
    assert page.evaluate(FOREIGN) == []
    assert page.evaluate(REORDERED, ["#widget .lpw-text", ".lpw-token"]) == []


def test_the_file_draws_them_as_text(page: Page, tmp_path: Path) -> None:
    """What ``to_html`` writes is the widget under a policy of its own."""
    Generations(GENERATIONS).to_html(tmp_path / "page.html")
    page.goto((tmp_path / "page.html").as_uri())
    page.locator(".lpw-token").first.wait_for()
    assert page.evaluate(OPEN_CARDS) >= len(PAYLOADS)
    assert page.evaluate(FOREIGN) == []
    assert page.evaluate(REORDERED, [".lpw-text", ".lpw-token"]) == []


def test_static_html_and_frames_are_text(
    page: Page, bundles: dict[str, dict[str, Any]]
) -> None:
    """On a page without a policy: what a trusted notebook puts into its document."""
    tables = ("tokens", "alternatives")
    frames = [Generations(GENERATIONS).to_pandas(table) for table in tables]
    parts = [bundle["text/html"] for bundle in bundles.values()]
    parts += [frame.to_html() for frame in frames]
    page.set_content("<!doctype html>" + "<hr>".join(parts))
    assert page.evaluate(FOREIGN) == []
    page.set_content("<!doctype html>" + static_html.render(GENERATIONS))
    assert page.evaluate(REORDERED, ["div[style*='pre-wrap']", "span"]) == []


def test_a_terminal_gets_no_controls(bundles: dict[str, dict[str, Any]]) -> None:
    """No escape sequences, nothing that rewrites or reorders a line."""
    controls = {
        *map(chr, range(32)),
        *map(chr, range(127, 160)),
        *"\u202e\u202d\u2066\u2067",
    }
    for name, bundle in bundles.items():
        assert not (controls - {"\n"}) & set(bundle["text/plain"]), name
