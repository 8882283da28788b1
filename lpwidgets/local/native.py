"""DeepInfra's native API: a raw prompt, a token an event, or text alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from lpwidgets.local.parameters import SAMPLING, Field, Refusal
from lpwidgets.local.shapes import Answer, value

if TYPE_CHECKING:
    from collections.abc import Iterator

_REASONS = {"limit": "length", "eos": "eos_token", "word": "stop_sequence"}


class NativeAnswer(Answer):
    """A raw prompt and DeepInfra's own answer: a token an event, or text alone."""

    path = "/completion"
    number = "num_responses"
    required = ("input",)
    fields = SAMPLING | {
        "input": Field("string", engine="prompt"),
        "max_new_tokens": Field("int", 1, 100_000, "n_predict"),
        "num_responses": Field("int", 1, 4),
    }
    _defaults: ClassVar = {
        "max_new_tokens": 512,
        "temperature": 0.7,
        "top_p": 0.9,
    }

    def __init__(self, body: dict[str, Any]) -> None:
        given = {name: one for name, one in body.items() if one is not None}
        super().__init__(self._defaults | given)
        self._began = time.monotonic()
        self._texts: list[str] = []

    def order(self) -> dict[str, Any]:
        """Return the request to the engine."""
        stop = self._given.get("stop", [])
        stops = [stop] if isinstance(stop, str) else stop
        return super().order() | {"n_probs": 1 if self.stream else 0, "stop": stops}

    def whole(self, answers: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the answer in one piece, which has no log probabilities."""
        read = answers[0]["tokens_evaluated"]
        written = sum(one["tokens_predicted"] for one in answers)
        status = {
            "status": "succeeded",
            "runtime_ms": round((time.monotonic() - self._began) * 1000),
            "cost": 0.0,
            "tokens_input": read,
            "tokens_generated": written,
        }
        return {
            "request_id": f"local-{time.time_ns():x}",
            "inference_status": status,
            "results": [{"generated_text": one["content"]} for one in answers],
            "num_tokens": written,
            "num_input_tokens": read,
        }

    def events(self, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what a stream says for one event of the engine's.

        The last token's event has the whole text, so each waits for the next.
        """
        self._texts.append(event["content"])
        for entry in event.get("completion_probabilities", []):
            yield from self.end()
            self._held = {"token": _token(entry), "generated_text": None}
            self._held["details"] = None
        if event["stop"]:
            self._held = (self._held or {"token": None}) | self._final(event)

    def failure(self, refusal: Refusal) -> dict[str, Any]:
        """Return the event that says that the stream failed."""
        return {"error_type": refusal.code, "error_message": refusal.message}

    def _final(self, event: dict[str, Any]) -> dict[str, Any]:
        read, written = event["tokens_evaluated"], event["tokens_predicted"]
        return {
            "generated_text": "".join(self._texts),
            "details": {
                "finish_reason": _REASONS.get(event["stop_type"], "stop"),
                "generated_tokens": written,
                "input_tokens": read,
                "seed": self._given.get("seed"),
            },
            "num_output_tokens": written,
            "num_input_tokens": read,
            "estimated_cost": 0.0,
        }


def _token(entry: dict[str, Any]) -> dict[str, Any]:
    # The engine gives the end of the text an entry without bytes.
    special = not entry["bytes"]
    known = {"id": entry["id"], "text": entry["token"], "logprob": value(entry)}
    return known | {"special": special}
