"""Servers that repeat the key in all that they say, and all that a thing holds."""

from __future__ import annotations

import json
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tests.canary.needles import KEY
from tests.client.server import DONE, Do, choice, event, head

if TYPE_CHECKING:
    from tests.client.server import Step

BEARER = f"Bearer {KEY}"
HEADERS = f"x-request: {KEY}"


def _chunk(**more: Any) -> bytes:
    return event(id=KEY, model=BEARER, **more)


def _logprobs(value: Any) -> dict[str, Any]:
    return {"index": 0, "delta": {"content": BEARER}, "logprobs": value}


ANSWER = (
    head("text/event-stream", 200, HEADERS),
    _chunk(choices=[choice(BEARER)]),
    _chunk(choices=[choice(KEY), choice(" and on")]),
    _chunk(choices=[_logprobs({"foreign": [KEY], KEY: BEARER})]),
    _chunk(choices=[{"index": 0, "delta": {}, "finish_reason": KEY}]),
    _chunk(choices=[], usage={"prompt_tokens": 3, "completion_tokens": 3, KEY: 1}),
    DONE,
)
WHOLE = json.dumps(
    {
        "id": KEY,
        "model": KEY,
        "choices": [
            {
                "message": {"content": f"{BEARER}!", "reasoning": KEY},
                "logprobs": choice(BEARER)["logprobs"],
                "finish_reason": "stop",
            }
        ],
    }
).encode()
CUT = (*ANSWER[:2], _chunk(error={"message": f"bad {BEARER}", "code": KEY}))
SAID = json.dumps({"error": {"message": f"no: {BEARER}", "code": KEY}}).encode()
ELSEWHERE = f"location: http://127.0.0.1:9/?key={KEY}"

FAULTS: dict[str, tuple[Step, ...]] = {
    **{
        f"status {status}": (head("application/json", status, HEADERS), SAID)
        for status in (400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 503)
    },
    "redirect": (head("text/plain", 307, ELSEWHERE), BEARER.encode()),
    "page": (head("text/html"), f"<p>{'x' * 60}{BEARER}".encode()),
    "type": (head(f"text/{KEY}"), BEARER.encode()),
    "no JSON": (head("application/json"), f"{{{BEARER}".encode()),
    "no choices": (head("application/json"), json.dumps({"you": KEY}).encode()),
    "error at once": (head(), event(error={"message": BEARER})),
    "bad event": (head(), f"data: {{{BEARER}\n\n".encode()),
    "reset": (head("text/event-stream", 200, HEADERS), Do.RESET),
    "no HTTP": (f"SSH-2.0-{KEY}\r\n\r\n".encode(),),
}


def tree(root: object) -> str:
    """Return the representations of all that an object leads to by its attributes.

    Attributes, slots, items; not modules, nor classes, which lead everywhere.
    """
    seen: dict[int, object] = {}
    waiting = [root]
    said = []
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, ModuleType | type):
            continue
        seen[id(thing)] = thing
        said.append(thing if isinstance(thing, str) else repr(thing))
        waiting += _parts(thing)
    return "\n".join(said)


def _parts(thing: object) -> list[object]:
    if isinstance(thing, dict):
        return [*thing, *thing.values()]
    if isinstance(thing, list | tuple | set | frozenset):
        return list(thing)
    return list(getattr(thing, "__dict__", {}).values())
