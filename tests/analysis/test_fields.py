"""Fields of structured output: where they stand, how sure, what else was possible."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
import pydantic
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import lpwidgets as lp
from lpwidgets.analysis.fields import COLUMNS
from lpwidgets.analysis.json_paths import scan
from lpwidgets.analysis.json_values import parse_path, path_text, value_of
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part
from tests.analysis.nasty import NASTY, answer_of
from tests.make_generation import generation, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from tests.analysis.nasty import Case


def spelled(text: str) -> lp.Generation:
    """Return an answer whose tokens are separated by ``|``, −0.125 nats each."""
    pieces = [piece.encode() for piece in text.split("|")]
    return answer_of(pieces, [-0.125] * len(pieces))


def row(frame: pd.DataFrame, path: str) -> Any:
    """Return the last row of a path."""
    return frame[frame["path"] == path].iloc[-1]


@pytest.mark.parametrize("case", NASTY, ids=lambda case: case.name)
def test_a_hard_document(case: Case) -> None:
    """Every value with its path and its own tokens, as written by hand."""
    frame = case.answer.fields()
    assert case.is_right(frame)
    assert np.allclose(frame["probability"], np.exp(frame["logprob"]))


def test_border_tokens_count_whole() -> None:
    """A quote belongs to its string, so the token that holds it does too."""
    gen = generation(
        token('{"a', -0.5),
        token('": "', -1.0),
        token("x", -2.0, [("x", -2.0), ("y", -0.25)]),
        token('",', -4.0),
        token(' "b": ', -8.0),
        token("1", -16.0),
        token("2}", -32.0),
    )
    frame = gen.fields()
    assert frame["logprob"].tolist() == [-7.0, -48.0]
    assert frame["min_logprob"].tolist() == [-4.0, -32.0]
    assert frame["mean_logprob"].tolist() == [-7 / 3, -24.0]
    assert frame["weakest"].tolist() == ['",', "2}"]
    assert frame["weakest_probability"][0] == pytest.approx(math.exp(-4))
    assert frame["decided_at"].tolist() == [3, 6]
    assert frame["n_tokens"].tolist() == [3, 2]
    data = b"".join(gen.columns.pieces.as_bytes[gen.columns.token])
    spans = zip(frame["byte_start"], frame["byte_stop"], strict=True)
    assert [data[a:b] for a, b in spans] == [b'"x"', b"12"]


def test_an_unknown_value_stays_unknown() -> None:
    """One unknown token makes its field unknown, and no other."""
    gen = generation(token('{"a": ', -1.0), token("1", None), token(', "b": 2}', -1.0))
    frame = gen.fields()
    assert math.isnan(frame["probability"][0])
    assert (frame["weakest"][0], frame["decided_at"][0]) == ("", -1)
    assert frame["alternatives"][0] == []
    assert frame["logprob"][1] == -1.0


def p(probability: float) -> float:
    """Return nats."""
    return math.log(probability)


def test_a_boolean_has_a_distribution() -> None:
    """What fits no value, or was not listed, is not attributed."""
    top = [(" true", p(0.7)), (" false", p(0.2)), (' "', p(0.05)), (" t", p(0.01))]
    gen = generation(
        token('{"ok":', -0.1),
        token(" true", p(0.7), [*top, ("}", p(0.02))]),
        token("}", 0),
    )
    found = gen.fields().iloc[0]
    assert found["distribution"] == {
        True: pytest.approx(0.71),  # "t" can only become true
        False: pytest.approx(0.2),
    }
    assert found["unattributed"] == pytest.approx(0.09)
    assert found["alternatives"][0] == (" true", pytest.approx(0.7))
    assert found["decided_at"] == 1


class Colour(pydantic.BaseModel):
    """A model with fields of few values."""

    name: Literal["red", "rose", "blue"]
    shade: int | None
    level: Literal[1, 10, 2]


def test_an_enum_parts_at_its_first_differing_token() -> None:
    """A shared beginning decides nothing; a number needs its end."""
    gen = generation(
        token('{"name": "', -0.1),
        token("r", p(0.6), [("r", p(0.6)), ("blue", p(0.3)), ("rose", p(0.05))]),
        token("ed", p(0.8), [("ed", p(0.8)), ("ose", p(0.15)), ("o", p(0.01))]),
        token('", "shade": null, "level": ', -0.1),
        token("1", p(0.9), [("1", p(0.9)), ("2", p(0.06)), ("10", p(0.01))]),
        token(
            "0", p(0.5), [("0", p(0.5)), ("}", p(0.3)), (",", p(0.1)), ("5", p(0.04))]
        ),
        token("}", -0.1),
    )
    frame = gen.fields(Colour)
    name, level = row(frame, "$.name"), row(frame, "$.level")
    assert name["decided_at"] == 1
    assert name["distribution"] == {
        "blue": pytest.approx(0.3),
        "rose": pytest.approx(0.05),
    }
    assert name["unattributed"] == pytest.approx(0.65)
    assert level["value"] == 10
    assert level["decided_at"] == 4
    assert level["distribution"] == {
        2: pytest.approx(0.06),
        10: pytest.approx(0.01),
    }
    assert frame["problem"].tolist() == ["", "", ""]
    two = gen.fields({"properties": {"level": {"enum": [1, 10]}}})
    level = row(two, "$.level")
    assert level["decided_at"] == 5
    assert level["distribution"] == {1: pytest.approx(0.4), 10: pytest.approx(0.5)}


def test_without_alternatives_the_sampled_token_speaks() -> None:
    """The rest is not attributed."""
    gen = generation(token('{"ok": ', 0), token("false", p(0.75)), token("}", 0))
    found = gen.fields().iloc[0]
    assert found["distribution"] == {False: pytest.approx(0.75)}
    assert found["unattributed"] == pytest.approx(0.25)


SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["a", "b"]},
        "n": {"type": "integer"},
        "inner": {"$ref": "#/$defs/inner"},
        "rows": {"type": "array", "items": {"$ref": "#/$defs/inner"}},
        "pair": {"prefixItems": [{"type": "string"}, {"type": "boolean"}]},
        "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["kind", "zip"],
    "additionalProperties": False,
    "$defs": {
        "inner": {
            "allOf": [
                {"type": "object", "properties": {"x": {"type": "number"}}},
                {"required": ["x", "y"]},
            ]
        }
    },
}


def test_what_a_schema_has_to_say() -> None:
    """Wrong values, unknown keys and missing fields, each in its row."""
    text = json.dumps(
        {
            "kind": "c",
            "n": 1.5,
            "inner": {"y": 1},
            "rows": [{"x": 1, "y": 2}, {"x": "s"}],
            "pair": ["a", 1],
            "either": None,
            "more": 0,
        }
    )
    frame = spelled(text).fields(SCHEMA)
    odd = frame[frame["problem"] != ""]
    assert dict(zip(odd["path"], odd["problem"], strict=True)) == {
        "$.kind": 'the schema wants one of "a", "b"',
        "$.n": "the schema wants integer",
        "$.rows[1].x": "the schema wants number",
        "$.pair[1]": "the schema wants one of true, false",
        "$.more": "not in the schema",
        "$.zip": "missing",
        "$.inner.x": "missing",
        "$.rows[1].y": "missing",
    }
    missing = row(frame, "$.zip")
    assert missing["value"] is None
    assert math.isnan(missing["probability"])
    assert (missing["start"], missing["occurrence"]) == (-1, 0)


def test_a_schema_that_does_not_match_at_all() -> None:
    """Text that is no JSON has only what is missing, of an array nothing fits."""
    assert spelled("no| JSON").fields(SCHEMA)["path"].tolist() == ["$.kind", "$.zip"]
    frame = spelled("[1]").fields(SCHEMA)
    assert frame["problem"].tolist() == ["not in the schema"]


@pytest.mark.parametrize("thing", [3, "schema", [SCHEMA], object()])
def test_what_is_no_schema(thing: Any) -> None:
    """The message says what is."""
    with pytest.raises(InputError, match="a pydantic model or a JSON schema"):
        spelled("{}").fields(thing)


def test_a_model_whose_schema_fails() -> None:
    """The library's complaint in one line."""

    class Bad(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        field: InputError

    with pytest.raises(InputError, match=r"model_json_schema\(\) of the schema failed"):
        spelled("{}").fields(Bad)


def test_type_adapters_and_recursive_models() -> None:
    """As pydantic writes them."""

    class Tree(pydantic.BaseModel):
        label: bool
        inner: list[Tree] = []

    gen = spelled('[{"label"|: |true|, "inner": [|{"label": |1|}]}]')
    frame = gen.fields(pydantic.TypeAdapter(list[Tree]))
    assert frame["problem"].tolist() == ["", "the schema wants one of true, false"]


def test_forced_and_constrained_are_said() -> None:
    """The values are the model's own, but it could not have said anything else."""
    gen = spelled('{"a": |1|, "b": |2|}')
    columns = gen.columns.take(np.arange(5))
    columns.part[:2] = Part.FORCED
    schema = {"type": "object", "properties": {"a": {"enum": [1, 3]}}}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    meta = msgspec.structs.replace(gen.meta, parameters={"response_format": asked})
    frame = lp.Generation(columns, meta).fields()
    assert frame["forced"].tolist() == [True, False]
    assert frame["constrained"].all()
    assert frame["distribution"][0] == {1: pytest.approx(math.exp(-0.125))}
    assert not gen.fields()["constrained"].any()


@pytest.mark.parametrize(
    ("parameters", "constrained"),
    [
        ({"response_format": {"type": "json_object"}}, True),
        ({"response_format": {"type": "text"}}, False),
        ({"grammar": "root ::= x"}, True),
        ({"format": "json"}, True),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, True),
        ({"text": {"format": {"type": "text"}}}, False),
        ({"parameters": {"grammar": {"type": "json", "value": {}}}}, True),
        ({"generationConfig": {"responseSchema": {"type": "OBJECT"}}}, True),
        ({"temperature": 0}, False),
    ],
)
def test_which_requests_restrict(parameters: dict[str, Any], constrained: bool) -> None:
    """As the servers name it."""
    gen = spelled("[1]")
    meta = msgspec.structs.replace(gen.meta, parameters=parameters)
    assert lp.Generation(gen.columns, meta).fields()["constrained"][0] == constrained


def test_prompt_and_reasoning_are_not_searched() -> None:
    """Their tokens count in positions and bytes all the same."""
    gen = spelled('{"a"|: 1}|{"a"|: |2}')
    columns = gen.columns.take(np.arange(5))
    columns.part[:2] = [Part.PROMPT, Part.REASONING]
    (found,) = lp.Generation(columns, gen.meta).fields().itertuples()
    assert (found.value, found.start, found.stop) == (2, 4, 5)
    assert (found.byte_start, found.byte_stop) == (14, 15)


def test_arguments_of_a_tool_are_fields() -> None:
    """When there is no other answer."""
    gen = spelled('{"city"|: |"Bern"}')
    columns = gen.columns.take(np.arange(3))
    columns.part[:] = Part.TOOL
    frame = lp.Generation(columns, gen.meta).fields()
    assert frame["value"].tolist() == ["Bern"]


@pytest.mark.parametrize("text", ["", "no JSON", "a [b] {c}", "The answer is 42."])
def test_what_is_no_json_has_no_fields(text: str) -> None:
    """An honest empty frame with all columns."""
    frame = spelled(text).fields()
    assert list(frame) == list(COLUMNS)
    assert len(frame) == 0


def test_several_generations_in_one_frame() -> None:
    """Numbered from 0, each with its own tokens, those without JSON left out."""
    both = lp.Generations([NASTY[0].answer, spelled("none"), NASTY[9].answer])
    frame = both.fields()
    assert frame["generation"].tolist() == [0, 0, 2, 2]
    assert frame["occurrence"].tolist() == [1, 1, 1, 2]
    alone = NASTY[9].answer.fields()
    for name in ("logprob", "start", "byte_start", "weakest", "decided_at"):
        assert frame[name].tolist()[2:] == alone[name].tolist()
    assert len(lp.Generations([]).fields()) == 0


WORDS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=8,
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield the paths and values of a document."""
    if not value or not isinstance(value, dict | list):
        yield path, value
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield from leaves(inner, (*path, key))


@given(value=JSON, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
@example(value={"A·": None}, ascii_only=False, indent=None)  # identifier, no word
def test_any_json_is_read_as_json_reads_it(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    """Values and paths, however it is written."""
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    nodes = scan(data)
    found = [(node.path, value_of(data, node)) for node in nodes if node.is_leaf]
    assert found == list(leaves(value))
    assert all(node.complete for node in nodes)
    for node in nodes:
        assert json.loads(data[node.start : node.stop]) == value_of(data, node)
        assert parse_path(path_text(node.path)) == node.path


@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.data())
def test_what_was_cut_off_is_a_beginning(value: Any, data: st.DataObject) -> None:
    """Every complete value of a cut document is one of the whole document."""
    whole = json.dumps(value).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    known = {(node.path, node.start) for node in scan(whole)}
    assert {(node.path, node.start) for node in scan(cut)} <= known


@given(
    st.binary(max_size=80) | st.text('[]{}",:\\u01tfn. e-', max_size=60).map(str.encode)
)
def test_no_bytes_are_too_odd(data: bytes) -> None:
    """Spans stay inside, and values can always be shown."""
    for node in scan(data):
        assert 0 <= node.start <= node.stop <= len(data)
        str(value_of(data, node)).encode()


@pytest.mark.parametrize("text", ["a.b", "$a", "$.", "$['a", "$[x]", "$.a b"])
def test_what_is_no_path(text: str) -> None:
    """The message shows one."""
    with pytest.raises(InputError, match="a path is written like"):
        parse_path(text)


@pytest.mark.parametrize("data", [b"[" * 50_000, b'{"a":' * 20_000, b"[1]" * 20_000])
def test_deep_and_many_documents_end(data: bytes) -> None:
    """What nobody means is still read in linear time."""
    assert len(scan(data)) <= 201


@pytest.mark.engine
def test_the_embedded_model_under_a_schema() -> None:
    """Fields of a real answer, checked token by token against the columns."""
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "maxLength": 20},
            "capital": {"type": "boolean"},
            "size": {"enum": ["small", "large"]},
        },
        "required": ["city", "capital", "size"],
        "additionalProperties": False,
    }
    asked = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    with lp.Client("local") as client:
        gen = client.generate(
            "Describe Paris as JSON.",
            top_logprobs=10,
            max_tokens=60,
            temperature=0,
            response_format=asked,
        )
    frame = gen.fields()
    assert dict(zip(frame["path"], frame["value"], strict=True)) == {
        f"$.{name}": value for name, value in json.loads(gen.text).items()
    }
    assert frame["constrained"].all()
    assert set(frame["problem"]) == {""}
    for found in frame.itertuples():
        part = gen[int(found.start) : int(found.stop)]
        assert found.logprob == pytest.approx(part.columns.logprob.sum())
        assert json.dumps(found.value) in part.text
    sizes = row(frame, "$.size")
    assert set(sizes["distribution"]) <= {"small", "large"}
    total = sum(sizes["distribution"].values()) + sizes["unattributed"]
    assert total == pytest.approx(1.0)
