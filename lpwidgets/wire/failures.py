"""Errors that servers put into JSON, in the shapes they are known to take."""

from __future__ import annotations

import json
from typing import Any

from lpwidgets.wire.records import Failure

_MESSAGE_KEYS = ("message", "error_message", "msg", "error", "detail")
_CODE_KEYS = ("code", "error_type", "type", "http_status_code")


def failure_in(data: bytes) -> Failure | None:
    """Return the failure that a JSON body or event reports, None if it reports none.

    Known shapes: ``{"error": {…} | "…"}`` (OpenAI, vLLM, llama.cpp, TGI, DeepInfra),
    ``{"error_type", "error_message"}`` (DeepInfra native), ``{"object": "error",
    "message"}`` (older vLLM), ``{"detail": … }`` (FastAPI).
    """
    try:
        body = json.loads(data)
    except ValueError:
        return None
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return None
    if body.get("error") or body.get("detail") or body.get("error_message"):
        return Failure(_message(body), _code(body))
    if body.get("object") == "error":
        return Failure(_message(body), _code(body))
    return None


def _message(body: Any) -> str:
    if isinstance(body, list):
        return "; ".join(_message(item) for item in body)
    if not isinstance(body, dict):
        return str(body)
    text = next((_message(body[key]) for key in _MESSAGE_KEYS if body.get(key)), "")
    where = ".".join(str(step) for step in body.get("loc", ()))
    return f"{where}: {text}" if where else text or json.dumps(body)


def _code(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    inner = next((_code(body[key]) for key in ("error", "detail") if body.get(key)), "")
    return inner or next((str(body[key]) for key in _CODE_KEYS if body.get(key)), "")
