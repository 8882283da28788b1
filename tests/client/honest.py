"""A tiny model and a server in front of it that tells the truth, but for one lie."""

from __future__ import annotations

import json
import math
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from lpwidgets.client.doctor.probes import BEGUN

if TYPE_CHECKING:
    from collections.abc import Iterator

Values = list[float]
Entry = dict[str, Any]

_STAR = [bytes([byte]) for byte in "🌟".encode()]
_WORDS = ("()", " a", "ve", "One", " cat", " dog", "Hi", " ", "!", " fox", " owl")
PIECES = [word.encode() for word in _WORDS] + _STAR + [b" w%d" % i for i in range(15)]
FIRST_ID = 1000
_SAID = {"emojis": [b"Hi", b" ", *_STAR, *_STAR, b"!"], "new": [b"One"], BEGUN: [b"ve"]}


class Step(NamedTuple):
    """A sampled token: its index, the reported values, and what is listed."""

    token: int
    values: Values
    listed: list[int]


class Honest(httpx.AsyncBaseTransport):
    """Answers chats and completions.

    Parameters
    ----------
    lie
        What it does otherwise than it should, empty for nothing.
    """

    def __init__(self, lie: str = "") -> None:
        self.lie = lie
        self.asked: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, and keep what was asked."""
        self.keys.add(request.headers.get("authorization"))
        headers = {"x-ratelimit-limit-requests": "60"}
        if self.lie == "no rate limits":
            headers = {}
        if request.method == "GET":
            model: Entry = {"id": "m", "max_model_len": 2048}
            if self.lie == "no context limit":
                del model["max_model_len"]
            return httpx.Response(200, headers=headers, json={"data": [model]})
        body = json.loads(await request.aread())
        self.asked.append(body)
        refused = self._refusal(body)
        if refused:
            error = {"error": {"message": refused}}
            return httpx.Response(400, headers=headers, json=error)
        chat = request.url.path.endswith("/chat/completions")
        answer = (self._chat if chat else self._completion)(body)
        if body.get("stream"):
            headers["content-type"] = "text/event-stream"
            return httpx.Response(200, headers=headers, content=_sse(answer))
        return httpx.Response(200, headers=headers, json=next(answer))

    def _refusal(self, body: dict[str, Any]) -> str:
        if self.lie == "refuses 20" and body.get("top_logprobs", 0) > 5:
            return "top_logprobs must be at most 5"
        if self.lie == "refuses log probabilities" and "logprobs" in body:
            return "logprobs are not supported with reasoning models"
        if self.lie == "refuses ids" and isinstance(body.get("prompt"), list):
            return "prompt must be a string"
        return ""

    def _chat(self, body: dict[str, Any]) -> Iterator[Entry]:
        last = body["messages"][-1]["content"]
        repeats = 1 if self.lie == "ignores n" else body.get("n", 1)
        choices = [
            self._write(
                "new" if last == BEGUN and self.lie == "new turn" else last,
                body,
                choice,
            )
            for choice in range(repeats)
        ]
        head = {"id": "a", "system_fingerprint": "build 7"}
        written = {"completion_tokens": sum(map(len, choices)), "prompt_tokens": 9}
        usage: Entry = {} if self.lie == "no usage in stream" else {"usage": written}
        if not body.get("stream"):
            whole = [self._whole(i, steps, body) for i, steps in enumerate(choices)]
            yield head | {"choices": whole, "usage": written}
            return
        for i, steps in enumerate(choices):
            for choice in self._pieces(i, steps, body):
                yield head | {"choices": [choice]}
        yield head | {"choices": []} | usage

    def _whole(self, index: int, steps: list[Step], body: dict[str, Any]) -> Entry:
        text = b"".join(PIECES[step.token] for step in steps).decode("utf-8", "replace")
        entries = self._entries(steps, body)
        return {
            "index": index,
            "message": {"content": text},
            "logprobs": None if entries is None else {"content": entries},
            "finish_reason": "length",
        }

    def _pieces(
        self, index: int, steps: list[Step], body: dict[str, Any]
    ) -> Iterator[Entry]:
        pending: list[Step] = []
        for step in steps:
            pending.append(step)
            piece = b"".join(PIECES[one.token] for one in pending)
            text = piece.decode("utf-8", "ignore")
            together = pending if self.lie == "under-reports" else [step]
            entries = self._entries(together, body)
            pending = [] if text else pending
            if self.lie == "stream loses entries" and not text:
                entries = None
            if self.lie == "stream shifts values" and entries:
                entries[0]["logprob"] -= 0.5
            logprobs = None if entries is None else {"content": entries}
            yield {"index": index, "delta": {"content": text}, "logprobs": logprobs}
        yield {"index": index, "delta": {}, "finish_reason": "length"}

    def _entries(self, steps: list[Step], body: dict[str, Any]) -> list[Entry] | None:
        if self.lie == "drops log probabilities":
            return None
        entries = [self._entry(step, step.token, body) for step in steps]
        return _merged(entries) if self.lie == "under-reports" else entries

    def _entry(self, step: Step, index: int, body: dict[str, Any] | None) -> Entry:
        text = PIECES[index].decode("utf-8", "replace")
        known: Entry = {"token": text, "logprob": step.values[index]}
        if self.lie != "no bytes":
            lost = self.lie == "half characters lost"
            known["bytes"] = list(text.encode() if lost else PIECES[index])
        if self.lie != "no ids":
            known["id"] = FIRST_ID + index
        if body is None:
            return known
        k = body["top_logprobs"] - (self.lie == "k - 1")
        return known | {
            "top_logprobs": [self._entry(step, i, None) for i in step.listed[:k]]
        }

    def _write(self, prompt: str, body: dict[str, Any], choice: int) -> list[Step]:
        said = next((said for key, said in _SAID.items() if key in prompt), [])
        steps = []
        for place in range(min(body["max_tokens"], len(said) or 99)):
            favourite = PIECES.index(said[place]) if said else None
            steps.append(self._step(prompt, place, favourite, body, choice))
        return steps

    def _step(
        self,
        prompt: str,
        place: int,
        favourite: int | None,
        body: dict[str, Any],
        choice: int,
    ) -> Step:
        draw = random.Random(f"{prompt} {place}")  # noqa: S311
        raw = [draw.uniform(-2, 2) for _ in PIECES]
        if favourite is not None:
            raw[favourite] = 30.0
        biased = list(raw)
        for token, bias in body.get("logit_bias", {}).items():
            biased[int(token) - FIRST_ID] += bias
        temperature = body["temperature"]
        scaled = _normal([value / (temperature or 1) for value in biased])
        values = _normal(raw)
        if self.lie == "applies temperature":
            values = _normal([value / (temperature or 1) for value in raw])
        if self.lie == "reports the bias":
            values = _normal(biased)
        order = sorted(range(len(PIECES)), key=lambda i: -values[i])
        nucleus = _nucleus(scaled, body.get("top_p", 1))
        if self.lie == "top_p truncates":
            order = [i for i in order if i in nucleus]
        salt = len(self.asked) if self.lie == "ignores seeds" else 0
        chance = random.Random(f"{body['seed']} {choice} {place} {salt}")  # noqa: S311
        weights = [math.exp(scaled[i]) for i in nucleus]
        sampled = chance.choices(nucleus, weights)[0] if temperature else nucleus[0]
        return Step(sampled, values, order)

    def _completion(self, body: dict[str, Any]) -> Iterator[Entry]:
        prompt = body["prompt"]
        taken = prompt if isinstance(prompt, list) else prompt.split()
        steps = self._write(str(prompt), body, 0)
        tokens = [PIECES[step.token].decode("utf-8", "replace") for step in steps]
        values: list[float | None] = [step.values[step.token] for step in steps]
        ids = [FIRST_ID + step.token for step in steps]
        if body.get("echo") and self.lie != "ignores echo":
            words = [(" " if i else "") + word for i, word in enumerate(taken)]
            tokens, ids = words + tokens, [7] * len(words) + ids
            values = [None, *[-2.0] * (len(words) - 1), *values]
        logprobs: Entry | None = {"tokens": tokens, "token_logprobs": values}
        if logprobs and self.lie != "no ids":
            logprobs["token_ids"] = ids
        if self.lie == "drops log probabilities":
            logprobs = None
        counted = 1 if self.lie == "counts one id" else len(taken)
        choice = {"index": 0, "text": "".join(tokens), "logprobs": logprobs}
        usage = {"prompt_tokens": counted, "completion_tokens": len(steps)}
        yield {"choices": [choice | {"finish_reason": "length"}], "usage": usage}


def _normal(logits: Values) -> Values:
    top = max(logits)
    total = top + math.log(sum(math.exp(value - top) for value in logits))
    return [value - total for value in logits]


def _nucleus(values: Values, top_p: float) -> list[int]:
    order = sorted(range(len(values)), key=lambda i: -values[i])
    mass = 0.0
    for count, index in enumerate(order, 1):
        mass += math.exp(values[index])
        if mass >= top_p:
            return order[:count]
    return order


def _merged(entries: list[Entry]) -> list[Entry]:
    """Leave out what is no whole character; its end has the bytes of all of it."""
    merged, pending = [], b""
    for entry in entries:
        pending += bytes(entry["bytes"])
        if text := pending.decode("utf-8", "ignore"):
            merged.append(entry | {"token": text, "bytes": list(pending)})
            pending = b""
    return merged


def _sse(events: Iterator[Entry]) -> bytes:
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()
