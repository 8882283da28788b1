"""A tiny model behind llama.cpp's own API, which keeps half characters back."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from lpwidgets.sampling import Compose, MinP, Temperature, TopK, TopP, Typical
from lpwidgets.sampling.accepting import draw
from lpwidgets.sampling.candidates import Context, softmax
from lpwidgets.wire.records import Candidate
from tests.sampling.tree import seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECES = (b"", b" a", b" b", b" c", b" d", b"x", b"\xc3", b"\xc2", b"\xa9", b"\xa8")
HALVES, REST = (6, 7), (8, 9)
_STEPS: dict[str, Any] = {
    "top_k": lambda asked: TopK(asked["top_k"]),
    "temperature": lambda asked: Temperature(asked["temperature"]),
    "min_p": lambda asked: MinP(asked["min_p"]),
    "top_p": lambda asked: TopP(asked["top_p"]),
    "typ_p": lambda asked: Typical(asked["typical_p"]),
}


def listed(ids: Sequence[int], top: int) -> list[Candidate]:
    """Return the likeliest tokens after some; a character that began is finished."""
    chance = random.Random(str([*ids]))  # noqa: S311
    possible = REST if ids and ids[-1] in HALVES else (1, 2, 3, *HALVES)
    weights = np.array([chance.gauss(0, 1) for _ in possible])
    values = np.log(softmax(weights))
    order = np.argsort(-values)[:top].tolist()
    return [
        Candidate(
            PIECES[possible[i]].decode("utf-8", "replace"),
            float(values[i]),
            tuple(PIECES[possible[i]]),
            possible[i],
        )
        for i in order
    ]


class Fake(httpx.AsyncBaseTransport):
    """Such a server."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        if request.method == "GET":
            settings = {"n_ctx": 4096, "params": {}}
            props = {"default_generation_settings": settings, "eos_token": "E"}
            return httpx.Response(200, json=props)
        asked = json.loads(await request.aread())
        if request.url.path == "/tokenize":
            ids = {"": [], "a": [1], "E": [0]}.get(asked["content"], [5])
            pieces = [{"id": one, "piece": list(PIECES[one])} for one in ids]
            return httpx.Response(200, json={"tokens": pieces})
        if not asked.get("stream"):
            return httpx.Response(200, json=self._whole(asked))
        lines = [f"data: {json.dumps(event)}\n\n" for event in self._events(asked)]
        kind = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=kind, text="".join(lines))

    def _said(self, asked: dict[str, Any]) -> Iterator[tuple[int, list[Candidate]]]:
        rng = np.random.default_rng(asked.get("seed", 0))
        ids = list(asked["prompt"])
        steps = [_STEPS[one](asked) for one in asked["samplers"]]
        for _ in range(asked["n_predict"]):
            top = listed(ids, asked.get("n_probs", 1))
            here = listed(ids, 9)
            token = here[draw(Compose(*steps)(seen(here, Context())), rng)].id
            token = next((one for one, _ in asked.get("logit_bias", ())), token)
            yield token, top
            ids.append(token)

    def _events(self, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        kept, count = b"", 0
        for token, top in self._said(asked):
            count += 1
            kept += PIECES[token]
            if token in HALVES:
                continue
            entry = {"id": token, "bytes": list(kept), "logprob": -1.0, "token": ""}
            entry["top_logprobs"] = [_json(one) for one in top]
            entries = {"tokens": [token], "completion_probabilities": [entry]}
            yield {"content": "", "tokens_predicted": count, **entries}
            kept = b""
        yield {"content": "", "tokens_predicted": count, "stop": True}

    def _whole(self, asked: dict[str, Any]) -> dict[str, Any]:
        said = [token for token, _ in self._said(asked)]
        entries = [
            entry
            for event in self._events(asked)
            for entry in event.get("completion_probabilities", ())
        ]
        settings = {"logit_bias": [{"token": 0}]}
        answer = {"tokens": said, "generation_settings": settings}
        return answer | {"content": "", "completion_probabilities": entries}


def _json(one: Candidate) -> dict[str, Any]:
    return {
        "id": one.id,
        "token": one.token,
        "bytes": list(one.bytes or ()),
        "logprob": one.logprob,
    }
