"""JSON answers as trees: the values of the frame, each in its place; and fallbacks."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.field_trees import LONGEST, trees
from lpwidgets.analysis.json_values import parse_path, path_text
from lpwidgets.display.fields_html import MOST
from lpwidgets.errors import InputError
from tests.analysis.nasty import NASTY
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from tests.analysis.nasty import Case

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
EVIL = "<img src=x onerror=alert(1)>\u202e\0"


def spelled(text: str, **options: Any) -> lp.Generation:
    """Return an answer whose tokens are separated by ``|``, surer and surer."""
    pieces = text.split("|")
    every = enumerate(pieces)
    return generation(*[token(p, k / 8 - len(pieces)) for k, p in every], **options)


def grown(tree: Any) -> dict[str, Any]:
    """Return the entries of a tree by path, the last of a path."""
    return {one.path: one for one in tree.entries}


@pytest.mark.parametrize("case", NASTY, ids=lambda case: case.name)
def test_a_tree_has_the_values_of_the_frame(case: Case) -> None:
    """The same paths, probabilities and tokens in the same order, whatever comes."""
    frame = case.answer.fields()
    (tree,) = trees([case.answer])
    leaves = [one for one in tree.entries if not one.size]
    assert sorted(one.path for one in leaves) == sorted(frame["path"])
    rows = frame.sort_values(["path", "occurrence"]).to_dict("records")
    leaves.sort(key=lambda one: one.path)
    for one, row in zip(leaves, rows, strict=True):
        logprob = None if math.isnan(row["logprob"]) else row["logprob"]
        assert (one.path, one.logprob) == (row["path"], logprob)
        assert (one.start, one.stop) == (row["start"], row["stop"])
        assert (one.decided, one.problem) == (row["decided_at"], row["problem"])


@given(JSON)
def test_a_tree_is_the_document(value: Any) -> None:
    """Nested as it is, each value written as JSON writes it."""
    (tree,) = trees([generation(token(json.dumps(value), -1.0))])
    if isinstance(value, dict | list) and value:
        assert [one.key for one in tree.entries if one.depth == 0] == (
            list(value) if isinstance(value, dict) else list(range(len(value)))
        )
    depths = {one.path: one.depth for one in tree.entries}
    for one in tree.entries:
        above = path_text(parse_path(one.path)[:-1])
        assert one.depth == depths.get(above, -1) + 1 or one.path == above
    texts = [one.text for one in tree.entries if not one.size]
    assert texts == [json.dumps(leaf, ensure_ascii=False) for leaf in _leaves(value)]


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list) and value:
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for one in inner for leaf in _leaves(one)]
    return [value]


def test_a_container_knows_its_least_likely_value() -> None:
    """And the document too; unknown ones are passed over."""
    gen = generation(
        token('{"a": [', -1.0), token("1", -2.0), token(", ", -1.0), token("2", -5.0),
        token('], "b": ', -0.5), token("3", None), token("}", 0.0),
    )  # fmt: skip
    (tree,) = trees([gen])
    entries = grown(tree)
    assert entries["$.a"].logprob == -5.0
    assert (entries["$.a"].size, entries["$.a"].type) == (2, "array")
    assert tree.entries[tree.least].path == "$.a[1]"
    assert entries["$.b"].logprob is None
    assert (entries["$.b"].weakest, entries["$.a[1]"].weakest) == (-1, 3)


def test_what_is_odd_is_said_where_it_stands() -> None:
    """A key that comes again, what was cut off, what is missing, what was forced."""
    gen = spelled('{"a": |1|, "a": |2|, "b": {"c": |"cut')
    schema = {"properties": {"b": {"properties": {}, "required": ["d"]}}}
    (tree,) = trees([gen], schema)
    said = [(one.path, one.repeats, one.last, one.problem) for one in tree.entries]
    assert said == [
        ("$.a", 2, False, "not in the schema"),
        ("$.a", 2, True, "not in the schema"),
        ("$.b", 1, True, "cut off"),
        ("$.b.c", 1, True, "cut off"),
        ("$.b.d", 1, True, "missing"),
    ]
    assert not tree.complete
    assert grown(tree)["$.b.c"].text == '"cut'
    assert grown(tree)["$.b.d"].depth == 1


def test_the_fallbacks_say_what_the_view_says() -> None:
    """As text and as HTML: values, figures, possible values, oddities."""
    listed = [(" true", math.log(0.7)), (" false", math.log(0.2))]
    gen = generation(token('{"ok":', -0.1), token(*listed[0], listed), token("}", 0))
    view = gen.fields_view({"type": "object", "required": ["why"]})
    data, _ = view._repr_mimebundle_()
    assert set(data) >= {"application/vnd.jupyter.widget-view+json"}
    text, page = data["text/plain"], data["text/html"]
    assert text.splitlines()[0] == "<Fields 1 value · least sure: $.ok 70 %>"
    shown = [re.sub(r"\s+", " ", line) for line in text.splitlines()[1:]]
    assert shown == [
        "ok: true 70 % ███████",
        " ● true 70 % ███████",
        " ○ false 20 % ██",
        " (not attributed) 10 % █",
        "why: missing",
    ]
    for words in (
        "ok: true",
        "(not attributed)",
        "why:",
        "missing",
        "70 %",
        "width:50",
    ):
        assert words in page


def test_no_answer_and_no_json_and_too_many() -> None:
    """Each in words."""
    assert repr(lp.FieldsWidget([])) == "<no answers>"
    assert "no answers" in lp.FieldsWidget([])._repr_mimebundle_()[0]["text/html"]
    prose = generation(token("I can't.", -1.0)).fields_view()
    assert repr(prose) == "<Fields no JSON in this answer: I can't.>"
    many = json.dumps(dict.fromkeys(map(str, range(MOST + 7)), 1))
    view = generation(token(many, -1.0)).fields_view()
    assert repr(view).endswith("7 more lines not shown")
    page = view._repr_mimebundle_()[0]["text/html"]
    assert page.count("<tr>") == MOST
    assert "7 more lines not shown" in page


def test_texts_of_strangers_are_shown_and_bounded() -> None:
    """No markup, nothing invisible, nothing endless."""
    gen = generation(token(json.dumps({EVIL: EVIL + "x" * 9999}), -1.0))
    view = gen.fields_view()
    (tree,) = view.trees
    assert len(tree["entries"][0]["text"]) == LONGEST
    page = view._repr_mimebundle_()[0]["text/html"]
    assert "<img" not in page
    assert "\u202e" not in page + repr(view)
    assert max(map(len, repr(view).splitlines())) < 200


def test_the_open_value_is_a_selection_of_tokens() -> None:
    """It can be linked to a view of tokens, and checked as there."""
    gen = spelled('{"a": |1|, "b": |2|}')
    view = lp.Generations([gen, gen]).fields_view()
    view.selection = [[1, 1, 2]]
    selected = view.selected
    assert isinstance(selected, lp.Generations)
    assert [one.text for one in selected] == ["", "1"]
    with pytest.raises(InputError, match="no tokens 0 to 99 in generation 0"):
        view.selection = [[0, 0, 99]]
    with pytest.raises(InputError, match="a schema is"):
        gen.fields_view(3)
