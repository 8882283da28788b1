"""Choices computed from nothing but full lists of the vocabulary."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Sequence

_A = 81
"""A token of the embedded model that is no part of a character."""


class Reference:
    """An engine that is asked for whole lists, by hand.

    Parameters
    ----------
    base_url
        Where the engine listens.
    """

    def __init__(self, base_url: str) -> None:
        self._url = base_url

    def _ask(self, path: str, **body: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self._url}{path}", json=body, timeout=120)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content

    def context(self, prompt: str, *, raw: bool) -> list[int]:
        """Return the ids that the model reads."""
        if not raw:
            messages = [{"role": "user", "content": prompt}]
            prompt = self._ask("/apply-template", messages=messages)["prompt"]
        return self.tokens(prompt, add_special=True)

    def tokens(self, text: str, *, add_special: bool = False) -> list[int]:
        """Return the ids of a text."""
        body = {"content": text, "add_special": add_special, "parse_special": True}
        ids: list[int] = self._ask("/tokenize", **body)["tokens"]
        return ids

    def whole_list(self, ids: Sequence[int], *, anew: bool) -> dict[int, float]:
        """Return the log probability of every token after some."""
        answer = self._ask(
            "/completion",
            prompt=ids,
            n_predict=1,
            n_probs=2**20,
            cache_prompt=not anew,
            temperature=0,
            logit_bias=[[_A, 1000]],
        )
        (entry,) = answer["completion_probabilities"]
        return {one["id"]: one["logprob"] for one in entry["top_logprobs"]}

    def choose(
        self, prompt: str, labels: Sequence[str], *, raw: bool = False
    ) -> tuple[dict[str, float], float]:
        """Return each label's probability, and what is left of 1."""
        context = self.context(prompt, raw=raw)
        lists: dict[tuple[int, ...], dict[int, float]] = {}
        lists[()] = self.whole_list(context, anew=True)
        total = sum(map(math.exp, lists[()].values()))
        assert abs(total - 1) < 1e-3  # the engine sums 49,152 of them in float32
        paths = {
            before + label: (label, tuple(self.tokens(before + label)))
            for label in labels
            for before in ("", " ", "\n")
        }
        inner = {path[:size] for _, path in paths.values() for size in range(len(path))}
        for path in sorted(inner - {()}):  # a path comes right after its beginning
            lists[path] = self.whole_list([*context, *path], anew=False)
        reached = {
            path: math.exp(
                sum(lists[path[:place]][token] for place, token in enumerate(path))
            )
            for _, path in paths.values()
        }
        found = dict.fromkeys(labels, 0.0)
        for label, path in paths.values():
            found[label] += reached[path] - self._beyond(path, reached)
        return found, 1 - sum(found.values())

    def _beyond(
        self, path: tuple[int, ...], reached: dict[tuple[int, ...], float]
    ) -> float:
        """Return what of a path goes on to longer ones, each counted once."""
        longer = [one for one in reached if len(one) > len(path)]
        longer = [one for one in longer if one[: len(path)] == path]
        first = [
            one
            for one in longer
            if not any(one != other and one[: len(other)] == other for other in longer)
        ]
        return sum(reached[one] for one in first)
