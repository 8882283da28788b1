"""What the notebook's file holds, for places with and without JupyterLab."""

from __future__ import annotations

import base64
import json
import os
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis import metrics
from lpwidgets.display import packing, plain_text, saved, static_html
from lpwidgets.display.compare import CompareWidget
from lpwidgets.display.front_end import WIDGET_VIEW
from lpwidgets.display.lattice_widget import LatticeWidget
from lpwidgets.display.widget import STATIC
from tests.make_generation import generation, token

CONTRACT = Path(__file__).parent / "contract" / "saved.json"
HELLO = generation(
    token("Hello", -0.1, [("Hello", -0.1), ("Hi", -2.5), ("Hey", -4.0)]),
    token(b"\xf0\x9f", -1.6),
    token("<script>\u202e", None, [("نص", -9.123456), ("x", None)]),
)


EMPTY = generation()
ODD = generation(
    token("alone", -3.25),
    token("", 2.5, [("x" * 300, 2.5), ("", 0.5)]),
    token("not listed", -7.0, [("one", -0.5), ("two", -float("inf"))]),
    token("again", -0.0, [("one", -0.0)]),
)


def header(data: dict[str, Any]) -> dict[str, Any]:
    """Return the header, as the page reads it."""
    packed = zlib.decompress(base64.b85decode(data["data"]), -zlib.MAX_WBITS)
    end = 4 + int.from_bytes(packed[:4], "little")
    found: dict[str, Any] = json.loads(packed[4:end])
    return found


def told(gen: lp.Generation) -> dict[str, Any]:
    """Return all columns of a generation, texts in place of indexes."""
    columns = gen.columns
    names = ("rank", "part", "chosen", "token_id", "alternative_offsets")
    texts = columns.pieces.as_text
    floats = {m.name: m.compute(gen) for m in metrics.every()}
    floats |= {n: getattr(columns, n) for n in ("logprob", "alternative_logprob")}
    return {
        **{name: getattr(columns, name).tolist() for name in names},
        "token": texts[columns.token].tolist(),
        "alternative": texts[columns.alternative].tolist(),
        "values": {name: list(map(str, values)) for name, values in floats.items()},
    }


def test_the_page_reads_what_python_saves() -> None:
    """``js/tests/saved.test.ts`` reads the same file, and finds every column in it."""
    every = [HELLO, EMPTY, ODD]
    traits = {"color": "surprisal", "highlight": [[0, 1, 2]]}
    data = saved.render("widget", traits, every)
    golden: dict[str, Any] = {"saved": data, "columns": [told(one) for one in every]}
    if os.environ.get("LPWIDGETS_WRITE"):
        CONTRACT.write_text(json.dumps(golden, indent=1) + "\n")
    written = json.loads(CONTRACT.read_text())
    packed = [base64.b85decode(one["saved"]["data"]) for one in (written, golden)]
    frames = [zlib.decompress(one, -zlib.MAX_WBITS) for one in packed]
    assert frames[0] == frames[1]
    assert written["columns"] == golden["columns"]
    assert header(data)["traits"] == traits


@given(st.floats(width=32, allow_subnormal=False))
def test_rounding_is_off_by_half_a_step(value: float) -> None:
    """To the nearest value of so many bits; what is no number stays what it is."""
    dropped = 23 - packing.MANTISSA_BITS
    (code,) = packing._code(np.array([value])).tolist()
    (short,) = np.array([code << dropped], np.uint32).view(np.float32).tolist()
    if np.isfinite(short):
        assert abs(short - value) <= abs(value) * 2.0 ** -(packing.MANTISSA_BITS + 1)
    else:
        near_end = np.isfinite(value) and abs(value) >= float(2**127)
        assert near_end or np.array_equal(short, value, equal_nan=True)


@pytest.mark.engine
@pytest.mark.parametrize("most", [30, 256])
def test_a_token_with_20_alternatives_takes_200_bytes(
    client: lp.Client, most: int
) -> None:
    """As JSON in the notebook's file, all that the page draws from."""
    gen = client.generate(
        "Tell me about the sea.", max_tokens=most, top_logprobs=20, seed=7
    )
    assert len(gen) >= min(most, 150)
    assert len(gen.columns.alternative) >= 20 * len(gen)
    data, _ = lp.TokensWidget(gen)._repr_mimebundle_()
    entry = json.dumps({saved.MIME: data[saved.MIME]})
    assert len(entry) <= 200 * len(gen)


def test_what_is_beyond_the_cap_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each generation, above what else there is to say of it."""
    monkeypatch.setattr(saved, "MAX_TOKENS", 4)
    frame = header(saved.render("widget", {}, [HELLO, HELLO, HELLO]))["frame"]
    heads = [one["head"] for one in frame["generations"]]
    assert [head["facts"][0]["value"] for head in heads] == ["3", "3", "3"]
    said = [head["findings"][0]["text"] for head in heads]
    assert said[0] == HELLO.findings[0].text
    assert said[1:] == ["2 more tokens not saved", "3 more tokens not saved"]


def test_many_alternatives_are_capped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is saved with all of its alternatives or not at all."""
    monkeypatch.setattr(saved, "MAX_ALTERNATIVES", 4)
    (only,) = header(saved.render("widget", {}, [HELLO]))["frame"]["generations"]
    assert only["counts"]["tokens"] == 2
    assert only["counts"]["alternatives"] == 3


def test_a_slice_saves_its_own_texts_only() -> None:
    """Although it shares the vocabulary of the whole."""
    (only,) = header(saved.render("widget", {}, [HELLO[1:2]]))["frame"]["generations"]
    counts = {"tokens": 1, "pieces": 1, "alternatives": 0, "bytes": 2}
    assert only["counts"] == counts


def test_a_widget_saves_what_it_shows() -> None:
    """Nothing while nothing has come; its colours and marks with the tokens."""
    assert saved.MIME not in lp.TokensWidget()._repr_mimebundle_()[0]
    look = {"color": "rank", "underline": "margin"}
    widget = lp.TokensWidget(HELLO, highlight="rank > 0", **look)
    data, _ = widget._repr_mimebundle_()
    marks = {"highlight": [[0, 0, 1]], "selection": []}
    assert header(data[saved.MIME])["traits"] == {**look, **marks}
    json.dumps(data)


def views() -> dict[str, Any]:
    """Return every view that is saved whole."""
    tree = lp.Tree(HELLO)
    return {
        "compare": CompareWidget(lp.compare(HELLO, ODD)),
        "fields": lp.FieldsWidget(HELLO),
        "label": lp.LabelWidget([HELLO, "b"], labels=[True, None]),
        "lattice": LatticeWidget(lp.lattice([HELLO, ODD])),
        "tree": lp.TreeWidget(tree),
    }


@pytest.mark.parametrize("name", ["compare", "fields", "label", "lattice", "tree"])
def test_every_view_saves_what_it_shows(name: str) -> None:
    """Its traits but for those that need a kernel, and its tokens."""
    widget = views()[name]
    data = widget._repr_mimebundle_()[0][saved.MIME]
    assert (data["version"], data["view"]) == (saved.VERSION, name)
    found = header(data)
    live = {key: json.loads(json.dumps(getattr(widget, key))) for key in SHOWN[name]}
    assert found["traits"] == live | ADDED.get(name, {})
    assert ("frame" in found) == (name in {"compare", "fields", "tree"})
    assert (STATIC / f"{name}.js").exists()


SHOWN = {
    "compare": ("pairs", "names", "summaries", "color"),
    "fields": ("trees", "selection"),
    "label": ("answers", "labels", "unsure"),
    "lattice": ("data",),
    "tree": ("color",),
}
LEAF = {
    "node": 0,
    "name": "1",
    "status": "complete",
    "tone": "good",
    "logprob": None,
}
ADDED: dict[str, dict[str, Any]] = {
    "label": {"fixed": True},
    "tree": {
        "tree": {
            "seq": 0,
            "live": False,
            "stoppable": False,
            "parent": [-1],
            "position": [0],
            "runs": [[0, 3]],
            "leaves": [LEAF],
        }
    },
}


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("MAX_TOKENS", "7 tokens not saved: a notebook's file keeps at most 1"),
        ("MAX_ALTERNATIVES", "13 alternatives not saved"),
        ("MAX_CHARACTERS", "characters not saved"),
    ],
)
def test_a_view_that_is_too_large_says_so(
    limit: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is cut, since its parts lean on each other."""
    monkeypatch.setattr(saved, limit, 1)
    data = CompareWidget(lp.compare(HELLO, ODD))._repr_mimebundle_()[0]
    assert said in data[saved.MIME]["note"]
    assert "data" not in data[saved.MIME]


@pytest.mark.parametrize(
    ("request_", "voila", "drawn"),
    [
        ({"allow_stdin": True}, False, True),
        ({"allow_stdin": False}, False, False),
        ({"allow_stdin": False}, True, True),
        ({}, False, True),
    ],
)
def test_only_a_page_gets_a_widget(
    request_: dict[str, bool],
    voila: bool,
    drawn: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What runs without one would write a view that the network has to complete."""
    kernel = SimpleNamespace(get_parent=lambda: {"content": request_})
    shell = SimpleNamespace(kernel=kernel)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    monkeypatch.setenv("VOILA_REQUEST_URL", "/") if voila else None
    widget = lp.TokensWidget(HELLO)
    data = widget._repr_mimebundle_()[0]
    assert (WIDGET_VIEW in data) == drawn
    assert {saved.MIME, "text/html", "text/plain"} <= set(data)


def test_plain_text_lists_tokens_and_alternatives() -> None:
    """A line each, the sampled one first; what hides is written out."""
    title, *lines = plain_text.render([HELLO]).splitlines()
    assert title == repr(HELLO)
    assert lines == [
        "   1  'Hello'             90.5 %   'Hi' 8.21 %  'Hey' 1.83 %",
        "   2  '\\xf0\\x9f'          20.2 %",
        "   3  '<script>[U+202E]'   unknown   'نص' 0.011 %  'x' unknown",
    ]


def test_long_plain_text_is_cut_and_says_so() -> None:
    """Alternatives, too."""
    many = [(f"w{k}", -1.0 - k) for k in range(9)]
    gen = generation(*(token("w0", -1.0, many) for _ in range(50)))
    lines = plain_text.render([gen]).splitlines()
    assert lines[-1] == "   …  10 more tokens: to_pandas() has them all"
    assert len(lines) == 42
    assert lines[1].endswith("'w5' 0.248 %  +3 more")
    assert len(plain_text.render([gen] * 20).splitlines()) == 20 * 5


def test_static_html_lists_tokens_and_alternatives() -> None:
    """In text, which no sanitiser takes out; words read leftwards stay in place."""
    html = static_html.render([HELLO])
    assert "<ol><li>“Hello” 90.5 % | “Hi” 8.21 % | “Hey” 1.83 %</li>" in html
    assert (
        "<li>“&lt;script&gt;[U+202E]” unknown | <bdi>“نص”</bdi> 0.011 % | “x” unknown"
        in html
    )
