"""What the notebook's file holds, for places with and without JupyterLab."""

from __future__ import annotations

import base64
import gzip
import json
import os
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.display import codec, plain_text, saved, static_html
from lpwidgets.display.front_end import WIDGET_VIEW
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTRACT = Path(__file__).parent / "contract" / "saved.json"
HELLO = generation(
    token("Hello", -0.1, [("Hello", -0.1), ("Hi", -2.5), ("Hey", -4.0)]),
    token(b"\xf0\x9f", -1.6),
    token("<script>\u202e", None, [("نص", -9.123456), ("x", None)]),
)


def unpack(data: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return header and body, as the page does."""
    frame = gzip.decompress(base64.b64decode(data["frame"]))
    start = codec.body_start(frame)
    body = np.frombuffer(frame, np.uint8, offset=start).reshape(4, -1).T.tobytes()
    return json.loads(frame[8:start]), body


def column(data: dict[str, Any], name: str, k: int = 0) -> NDArray[Any]:
    """Return a column of a generation."""
    header, body = unpack(data)
    place = header["generations"][k]["columns"][name]
    return np.frombuffer(body, place["dtype"], place["length"], place["offset"])


def test_the_page_reads_what_python_saves() -> None:
    """``js/tests/saved.test.ts`` reads the same file."""
    data = saved.render([HELLO], {"color": "surprisal", "highlight": [[0, 1, 2]]})
    if os.environ.get("LPWIDGETS_WRITE"):
        CONTRACT.write_text(json.dumps(data, indent=1) + "\n")
    golden = json.loads(CONTRACT.read_text())
    assert (unpack(golden), golden["traits"]) == (unpack(data), data["traits"])


def test_everything_is_saved() -> None:
    """Bytes, ids and ranks as they are, values to four digits."""
    data = saved.render([HELLO], {})
    columns = HELLO.columns
    ends, text = column(data, "piece_offsets"), column(data, "piece_bytes").tobytes()
    pieces = [text[a:b] for a, b in pairwise(ends.tolist())]
    for name in ("token", "alternative"):
        indexes = column(data, name), getattr(columns, name)
        found, meant = [pieces[i] for i in indexes[0]], columns.pieces.as_bytes
        assert found == [meant[i] for i in indexes[1]]
    for name in ("rank", "part", "chosen", "token_id", "alternative_offsets"):
        assert column(data, name).tolist() == getattr(columns, name).tolist()
    for name in ("logprob", "alternative_logprob"):
        values = getattr(columns, name)
        np.testing.assert_allclose(column(data, name), values, rtol=2**-15)


@given(st.floats(width=32, allow_subnormal=False), st.integers(8, 23))
def test_rounding_is_off_by_half_a_step(value: float, bits: int) -> None:
    """To the nearest value of so many bits; what is no number stays what it is."""
    (short,) = codec._rounded(np.array([value], np.float32), bits).tolist()
    if np.isfinite(short):
        assert abs(short - value) <= abs(value) * 2.0 ** -(bits + 1)
        assert codec._rounded(np.array([short], np.float32), bits) == short
    else:
        near_end = np.isfinite(value) and abs(value) >= float(2**127)
        assert near_end or np.array_equal(short, value, equal_nan=True)


@pytest.mark.engine
def test_a_token_with_20_alternatives_takes_200_bytes(client: lp.Client) -> None:
    """As JSON in the notebook's file, all that the page draws from."""
    gen = client.generate(
        "Tell me about the sea.", max_tokens=256, top_logprobs=20, seed=7, temperature=1
    )
    assert len(gen) > 200
    assert len(gen.columns.alternative) >= 20 * len(gen)
    assert len(json.dumps(saved.render([gen], {}))) <= 200 * len(gen)


def test_what_is_beyond_the_cap_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each generation, above what else there is to say of it."""
    monkeypatch.setattr(saved, "MAX_TOKENS", 4)
    header, _ = unpack(saved.render([HELLO, HELLO, HELLO], {}))
    heads = [one["head"] for one in header["generations"]]
    assert [head["facts"][0]["value"] for head in heads] == ["3", "3", "3"]
    said = [head["findings"][0]["text"] for head in heads]
    assert said[0] == HELLO.findings[0].text
    assert said[1:] == ["2 more tokens not saved", "3 more tokens not saved"]


def test_many_alternatives_are_capped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is saved with all of its alternatives or not at all."""
    monkeypatch.setattr(saved, "MAX_ALTERNATIVES", 4)
    data = saved.render([HELLO], {})
    assert len(column(data, "token")) == 2
    assert len(column(data, "alternative")) == 3


def test_a_slice_saves_its_own_texts_only() -> None:
    """Although it shares the vocabulary of the whole."""
    assert (
        column(saved.render([HELLO[1:2]], {}), "piece_bytes").tobytes() == b"\xf0\x9f"
    )


def test_a_widget_saves_what_it_shows() -> None:
    """Nothing while nothing has come; its colours and marks with the tokens."""
    assert saved.MIME not in lp.TokensWidget()._repr_mimebundle_()[0]
    look = {"color": "rank", "underline": "margin"}
    widget = lp.TokensWidget(HELLO, highlight="rank > 0", **look)
    data, _ = widget._repr_mimebundle_()
    assert data[saved.MIME]["traits"] == {**look, "highlight": [[0, 0, 1]]}
    json.dumps(data)


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
