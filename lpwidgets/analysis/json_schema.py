"""What a JSON schema, or a pydantic model, says of each path of a document.

Only what tells which values a field can have is read: ``type``, ``enum``, ``const``,
``properties``, ``required``, ``additionalProperties``, ``items``, ``prefixItems``,
``anyOf``, ``oneOf``, ``allOf`` and ``$ref`` within the schema. It is no validator.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lpwidgets.analysis.json_paths import Node
    from lpwidgets.analysis.json_values import Path

_FINITE = {"boolean": (True, False), "null": (None,)}
_PLACES = (
    ("response_format", "json_schema", "schema"),
    ("response_format", "schema"),
    ("text", "format", "schema"),
    ("json_schema",),
    ("guided_json",),
    ("structured_outputs", "json"),
    ("format",),
)
_RESTRICTING = (
    *("response_format", "grammar", "json_schema", "guided_json", "guided_choice"),
    *("guided_regex", "guided_grammar", "structured_outputs", "regex", "ebnf"),
    *("format", "response_schema", "responseSchema", "response_json_schema"),
    *("responseJsonSchema", "structural_tag"),
)
_WRAPPERS = ("text", "parameters", "generationConfig", "options", "extra_body")


class Schema:
    """A schema by paths.

    Parameters
    ----------
    root
        A JSON schema.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._has_tuples = "'prefixItems'" in repr(root)
        self._at: dict[Path, list[dict[str, Any]]] = {(): self._expanded(root)}

    def at(self, path: Path) -> list[dict[str, Any]]:
        """Return every schema that could hold at a path, none if the path is not in."""
        general = tuple(0 if isinstance(key, int) else key for key in path)
        wanted = path if self._has_tuples else general
        if wanted not in self._at:
            *parent, key = wanted
            found = [self._below(one, key) for one in self.at(tuple(parent))]
            self._at[wanted] = [one for each in found for one in each]
        return self._at[wanted]

    def _below(self, schema: dict[str, Any], key: str | int) -> list[dict[str, Any]]:
        if isinstance(key, int):
            first = schema.get("prefixItems", [])
            inner = first[key] if key < len(first) else schema.get("items", {})
            closed = schema.get("type", "array") != "array"
        else:
            inner = schema.get("properties", {}).get(key)
            if inner is None:
                known = key in schema.get("required", ()) or "properties" not in schema
                inner = schema.get("additionalProperties", known)
            closed = schema.get("type", "object") != "object"
        return [] if inner is False or closed else self._expanded(inner)

    def _expanded(self, schema: Any, depth: int = 0) -> list[dict[str, Any]]:
        """Return a schema, its references followed, as its alternatives."""
        if not isinstance(schema, dict) or depth > 20:  # noqa: PLR2004
            return [{}]
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._expanded(self._referred(reference), depth + 1)
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.get(word), list):
                parts = schema[word]
                return [e for part in parts for e in self._expanded(part, depth + 1)]
        if isinstance(schema.get("allOf"), list):
            merged = {k: v for k, v in schema.items() if k != "allOf"}
            for part in schema["allOf"]:
                for one in self._expanded(part, depth + 1):
                    merged |= one
            return [merged]
        return [schema]

    def _referred(self, reference: str) -> Any:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def values(self, path: Path) -> list[Any]:
        """Return all values that a path can have, none if they cannot be listed."""
        found: list[Any] = []
        for one in self.at(path):
            if "const" in one:
                some: Sequence[Any] = [one["const"]]
            elif isinstance(one.get("enum"), list):
                some = one["enum"]
            else:
                types = _types(one)
                if not types or not set(types) <= set(_FINITE):
                    return []
                some = [value for name in types for value in _FINITE[name]]
            if any(isinstance(value, dict | list) for value in some):
                return []
            found += [value for value in some if not _holds(found, value)]
        return found

    def problem(self, node: Node, value: Any) -> str:
        """Return in words where a value is not as the schema wants it, or nothing."""
        schemas = self.at(node.path)
        if not schemas:
            return "not in the schema"
        allowed = self.values(node.path)
        if allowed and not _holds(allowed, value):
            listed = ", ".join(json.dumps(one, ensure_ascii=False) for one in allowed)
            return f"the schema wants one of {listed}"
        types = {name for one in schemas for name in _types(one) or (node.type,)}
        if node.type in types:
            return ""
        whole = isinstance(value, int | float) and float(value).is_integer()
        if node.type == "number" and whole and "integer" in types:
            return ""
        return f"the schema wants {' or '.join(sorted(types))}"

    def missing(self, nodes: Sequence[Node]) -> Iterator[Path]:
        """Yield the paths that are required and not there."""
        present = {node.path for node in nodes}
        if not nodes:
            yield from ((key,) for key in self._required(()))
        for node in nodes:
            if node.type == "object":
                paths = ((*node.path, key) for key in self._required(node.path))
                yield from (path for path in paths if path not in present)

    def _required(self, path: Path) -> list[str]:
        lists = [one.get("required", []) for one in self.at(path) if _is_object(one)]
        return (
            [key for key in lists[0] if all(key in one for one in lists)]
            if lists
            else []
        )


def _is_object(schema: dict[str, Any]) -> bool:
    return "properties" in schema or "object" in _types(schema)


def _types(schema: dict[str, Any]) -> list[str]:
    said = schema.get("type", [])
    return [said] if isinstance(said, str) else list(said)


def _holds(values: Sequence[Any], value: Any) -> bool:
    """Whether a value is among others; in JSON true is not 1."""
    return any(
        one == value and isinstance(one, bool) is isinstance(value, bool)
        for one in values
    )


def schema_of(thing: Any) -> Schema:
    """Return the schema of a pydantic model or type adapter, or a schema itself.

    Raises
    ------
    InputError
        It is none of them.
    """
    for method in ("model_json_schema", "json_schema"):
        if hasattr(thing, method) and not isinstance(thing, dict):
            try:
                thing = getattr(thing, method)()
            except Exception as error:  # noqa: BLE001 - whatever a library raises
                msg = f"{method}() of the schema failed: {error!s:.200}"
                raise InputError(" ".join(msg.split())) from None
    if not isinstance(thing, dict):
        msg = "a schema is a pydantic model or a JSON schema as a dict"
        raise InputError(f"{msg}, not {thing!r:.40}")
    return Schema(thing)


def requested_schema(parameters: dict[str, Any]) -> Schema | None:
    """Return the schema that a request restricted its answer to, if any."""
    for place in _PLACES:
        found: Any = parameters
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, dict) and {"type", "properties", "$ref", "anyOf"} & set(
            found
        ):
            return Schema(found)
    return None


def is_constrained(parameters: dict[str, Any]) -> bool:
    """Whether a request restricted what could be sampled to a grammar or schema."""
    boxes = [parameters, *(parameters.get(name) for name in _WRAPPERS)]
    said = [
        box[name]
        for box in boxes
        if isinstance(box, dict)
        for name in _RESTRICTING
        if name in box
    ]
    free = ({"type": "text"}, "text", "", None)
    return any(one not in free for one in said)
