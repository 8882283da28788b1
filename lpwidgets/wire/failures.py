"""Errors that servers put into JSON, in the shapes they are known to take."""

from __future__ import annotations

import json
from typing import Any

from lpwidgets.wire.records import Failure

_MESSAGE_KEYS = ("message", "error_message", "msg", "error", "detail")
_CODE_KEYS = ("code", "http_status_code", "error_type", "type")


def failure_in(data: bytes) -> Failure | None:
    """Return the failure that a JSON body or event reports, None if it reports none.

    Known shapes: ``{"error": {…} | "…"}`` (OpenAI, vLLM, llama.cpp, TGI, DeepInfra),
    ``{"error_type", "error_message"}`` (DeepInfra native), ``{"object": "error",
    "message"}`` (older vLLM), ``{"detail": … }`` (FastAPI), ``{"choices": [{"error":
    …}]}`` (OpenRouter).
    """
    try:
        body = json.loads(data)
        return _failure(body[0] if isinstance(body, list) and body else body)
    except (ValueError, RecursionError):
        return None


def _failure(body: Any) -> Failure | None:
    if not isinstance(body, dict):
        return None
    reports = any(body.get(key) for key in ("error", "detail", "error_message"))
    if reports or body.get("object") == "error":
        return Failure(_message(body), _code(body))
    choices = body.get("choices")
    found = map(_failure, choices if isinstance(choices, list) else ())
    return next(filter(None, found), None)


def _message(body: Any) -> str:
    if isinstance(body, list):
        return "; ".join(_message(item) for item in body)
    if not isinstance(body, dict):
        return str(body)
    text = next((_message(body[key]) for key in _MESSAGE_KEYS if body.get(key)), "")
    steps = body.get("loc")
    where = ".".join(map(str, steps)) if isinstance(steps, list) else ""
    return f"{where}: {text}" if where else text or json.dumps(body)


def _code(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    inner = next((_code(body[key]) for key in ("error", "detail") if body.get(key)), "")
    return inner or next((str(body[key]) for key in _CODE_KEYS if body.get(key)), "")
