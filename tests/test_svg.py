"""The drawing for a paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpwidgets.display import cells, svg
from lpwidgets.display.palette import LIGHT
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation, Generations
from tests.make_generation import generation, token
from tests.payloads import PAYLOADS

if TYPE_CHECKING:
    from pathlib import Path

NS = "{http://www.w3.org/2000/svg}"
OWN = {"svg", "title", "rect", "g", "text", "path", "defs", "linearGradient", "stop"}


def drawn(document: str) -> ET.Element:
    """Parse a drawing, as whoever opens it does."""
    return ET.fromstring(document)  # noqa: S314 — we wrote it


def texts(document: str) -> list[str]:
    """Return the texts of a drawing."""
    return [node.text or "" for node in drawn(document).iter(f"{NS}text")]


def test_tokens_have_their_colours() -> None:
    """Certain ones white, impossible ones the last, unknown ones a dotted line."""
    gen = generation(token("sure", 0.0), token(" no", -50.0), token(" so", None))
    document = gen.to_svg(strip="")
    assert texts(document)[:3] == ["sure", " no", " so"]
    fills = [node.get("fill") for node in drawn(document).iter(f"{NS}rect")]
    assert fills == [LIGHT[0], LIGHT[0], LIGHT[-1], "url(#scale)"]
    assert document.count("stroke-dasharray") == 1
    assert texts(document)[3:] == ["probability  100 %", "0 %"]


def test_another_metric_has_its_own_scale(tmp_path: Path) -> None:
    """Its ends are in the legend; the file holds what is returned."""
    gen = generation(token("a", -0.1), token("b", -3.0))
    document = gen.to_svg(tmp_path / "a.svg", color="surprisal")
    assert texts(document) == ["surprisal, 0 to 5 bits", "a", "b", *document_ends()]
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == document


def document_ends() -> list[str]:
    """Return what the legend says of surprisals up to 4.3 bits."""
    return ["surprisal  0 bits", "5 bits"]


def test_nothing_in_a_text_is_markup() -> None:
    """Every payload is text in well-formed XML of our own elements."""
    gen = generation(*(token(payload, -1.0) for payload in PAYLOADS))
    root = drawn(gen.to_svg(width=200))
    assert {node.tag.removeprefix(NS) for node in root.iter()} <= OWN
    names = {name for node in root.iter() for name in node.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name}
    joined = "".join(node.text or "" for node in root.iter(f"{NS}text"))
    assert "<script>window.pwned=1</script>" in joined
    assert not {"\u202e", "\u2067", "\u200b"} & set(joined)


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(20, 60))
def test_cells_do_not_overlap(words: list[str], width: int) -> None:
    """Lines fill from the left, none is too long, and no text is lost."""
    gen = generation(*(token(word.encode("utf-8", "replace"), -1.0) for word in words))
    pieces = cells.laid_out(gen, width)
    for _, line in groupby(pieces, key=lambda piece: piece.line):
        end = 0
        for piece in line:
            assert piece.cell == end
            end += piece.cells
        assert end <= width
    assert [piece.line for piece in pieces] == sorted(piece.line for piece in pieces)
    assert {piece.token for piece in pieces} == set(range(len(words)))


def test_a_line_breaks_between_words_and_at_line_feeds() -> None:
    """Only a word that is longer than a line is cut."""
    said = ["one two", " three four five", " six\n", "x" * 45, "東" * 11]
    pieces = cells.laid_out(generation(*(token(w, -1.0) for w in said)), 20)
    lines = [
        "".join(piece.text for piece in line)
        for _, line in groupby(pieces, key=lambda piece: piece.line)
    ]
    assert lines == [
        "one two",
        " three four five",
        " six⏎",
        "x" * 20,
        "x" * 20,
        "xxxxx" + "東" * 7,
        "東" * 4,
    ]


def test_what_is_too_much_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words; a strip of many tokens keeps the highest."""
    monkeypatch.setattr(svg, "MAX_TOKENS", 100)
    gen = generation(*(token(" x", -0.1 * (k == 60)) for k in range(1234)))
    document = gen.to_svg(width=20)
    assert "1,134 more tokens not shown" in texts(document)
    assert document.count("v-") == 1


def test_several_stand_below_each_other() -> None:
    """Also where one has no tokens."""
    empty = generation()
    gens = Generations(
        [generation(token("a", -1.0)), empty, generation(token("b", -1.0))]
    )
    assert texts(gens.to_svg(strip=""))[:2] == ["a", "b"]
    assert isinstance(empty, Generation)
    drawn(empty.to_svg())


@pytest.mark.parametrize("width", [19, 2.5, True, "80", None])
def test_a_width_that_is_none_is_refused(width: object) -> None:
    """In words."""
    with pytest.raises(InputError, match="number of characters a line, 20 or more"):
        generation(token("a", -1.0)).to_svg(width=width)  # type: ignore[arg-type]


def test_an_unknown_metric_is_refused() -> None:
    """For the background and for the strip."""
    for wrong in ({"color": "sureness"}, {"strip": "sureness"}):
        with pytest.raises(InputError, match="there is no metric 'sureness'"):
            generation(token("a", -1.0)).to_svg(**wrong)  # type: ignore[arg-type]
