"""The requests of the doctor, a row each: tiny, and most of them used by many checks.

Nothing here depends on an earlier answer, so that the cost is known before the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lpwidgets.wire.question import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpwidgets.client.providers import Provider

COLD, HOT = 0.2, 1.5
"""Temperatures of two requests that should report the same values."""

TOP_P = 0.1
FORCED = 1000
"""A token id; in nearly every vocabulary it is a whole, common piece of text."""

IDS = (1000, 2000, 3000)
BEGUN = "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twel"
CONTINUATION = "ve"
"""How a model goes on with `BEGUN`; no turn of its own would begin so."""

SCORED = "The capital of France is"
_EMOJI = "Say hi with three emojis."
_ANIMAL = "Name an animal."
_COUNT = "Count from one to twenty in words."
_MOST = 20
_FEW = 5
_CHARACTERS = 3  # a token has about four in English, a chat template adds a few more
_TEMPLATE = 12  # tokens around a message


@dataclass(frozen=True)
class Probe:
    """One request.

    Parameters
    ----------
    prompt
        Text; a chat gets it as the user's message.
    limit
        Largest number of generated tokens.
    api
        A name of `Provider.apis`; the probe is left out where there is none of it.
    prefill
        How the assistant's answer begins already.
    n, stream, most
        Number of answers, streamed or not, as many alternatives as the server takes.
    parameters
        The rest, under the names the server knows.
    """

    prompt: str
    limit: int
    api: str = "chat"
    prefill: str = ""
    n: int = 1
    stream: bool = False
    most: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def question(self, row: Provider, model: str, k: int) -> Question:
        """Return it as a server of this row is asked, with at most k alternatives."""
        least, _ = row.top_logprobs
        wanted = k if self.most else min(k, _FEW)
        return Question(
            prompt=self._messages() if row.api(self.api).is_chat else self.prompt,
            model=model,
            top_logprobs=max(wanted, least),
            n=self.n,
            stream=self.stream,
            limit=self.limit,
            limit_name=row.max_tokens_name,
            asks_usage=row.usage_option,
            parameters=self.parameters,
        )

    def _messages(self) -> list[dict[str, str]]:
        messages = [{"role": "user", "content": self.prompt}]
        if self.prefill:
            messages.append({"role": "assistant", "content": self.prefill})
        return messages


def _greedy(**parameters: Any) -> dict[str, Any]:
    return {"temperature": 0, "seed": 1, **parameters}


def _sampled(temperature: float, **parameters: Any) -> dict[str, Any]:
    return {"temperature": temperature, "seed": 1, **parameters}


FIRST = "whole"
"""The request that has to succeed for the others to be worth sending."""

PROBES: dict[str, Probe] = {
    FIRST: Probe(_EMOJI, 24, most=True, parameters=_greedy()),
    "streamed": Probe(_EMOJI, 24, most=True, stream=True, parameters=_greedy()),
    "cold": Probe(_ANIMAL, 1, most=True, parameters=_sampled(COLD)),
    "hot": Probe(_ANIMAL, 6, most=True, parameters=_sampled(HOT)),
    "hot again": Probe(_ANIMAL, 6, most=True, parameters=_sampled(HOT)),
    "narrow": Probe(_ANIMAL, 1, most=True, parameters=_sampled(1, top_p=TOP_P)),
    "forced": Probe(
        _ANIMAL, 1, parameters=_greedy(logit_bias={str(FORCED): 100})
    ),
    "begun": Probe(_COUNT, 4, prefill=BEGUN, parameters=_greedy()),
    "two": Probe(_ANIMAL, 2, n=2, parameters=_sampled(1)),
    "two streamed": Probe(_ANIMAL, 2, n=2, stream=True, parameters=_sampled(1)),
    "text": Probe(SCORED, 2, "completions", parameters=_greedy()),
    "echo": Probe(SCORED, 1, "completions", parameters=_greedy(echo=True)),
    "ids": Probe(SCORED, 1, "completions", parameters=_greedy(prompt=list(IDS))),
    "native": Probe(SCORED, 2, "native", stream=True, parameters=_greedy()),
}  # fmt: skip


def probes_for(row: Provider) -> dict[str, Probe]:
    """Return the requests that make sense for a server of this row."""
    return {name: probe for name, probe in PROBES.items() if probe.api in row.apis}


def tries(row: Provider) -> tuple[int, ...]:
    """Return the numbers of alternatives to try, until the server takes one."""
    largest = row.top_logprobs[1]
    most = _MOST if largest is None else min(largest, _MOST)
    return tuple(k for k in (most, _FEW, 1) if k in {most, 1} or k < most)


def tokens_in(probes: Mapping[str, Probe]) -> int:
    """Estimate the tokens that the requests send."""
    characters = sum(len(p.prompt + p.prefill) for p in probes.values())
    return characters // _CHARACTERS + _TEMPLATE * len(probes)


def tokens_out(probes: Mapping[str, Probe]) -> int:
    """Return the largest number of tokens that the answers may have."""
    return sum(probe.limit * probe.n for probe in probes.values())
