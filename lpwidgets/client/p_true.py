"""P(True): whether the model takes an answer for true, asked in a request of its own.

The question is that of Kadavath et al. (2022), and what it says at once is read from
the alternatives of its first token, however a server spells the labels. A bracket in
front of a label is walked over.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.errors import InputError
from lpwidgets.generation import Generation
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import TokenRow

MOST_TOKENS = 4
"""Tokens asked for: a bracket or two, the label, and what follows it."""

MOST_LISTED = 20
"""Alternatives asked for, where the server lists as many."""

_AROUND = " \n\t()[]*_`'\":.,"


class PTrue(NamedTuple):
    """How much probability went to true and to false.

    ``true``, ``false``, ``other`` (listed, and neither of them) and ``unseen`` (not
    listed) add up to 1; all are NaN if nothing is known. ``generation`` is the reply.
    """

    true: float
    false: float
    other: float
    unseen: float
    generation: Generation

    @property
    def probability(self) -> float:
        """P(True) among the two, NaN if the reply has neither."""
        both = self.true + self.false
        return self.true / both if both > 0 else math.nan

    def __repr__(self) -> str:
        facts = [f"{name} {getattr(self, name):.3g}" for name in self._fields[:4]]
        return f"<PTrue {self.probability:.3g} · {' · '.join(facts)}>"


def inquiry(question: object, answer: object, ideas: Sequence[str] = ()) -> str:
    """Return the prompt that asks whether an answer is true.

    Parameters
    ----------
    question
        What was asked, as text.
    answer
        The answer: a `Generation` or text.
    ideas
        Other answers to show first, such as samples: the paper finds that they help.

    Raises
    ------
    InputError
        One of them is missing or no text.
    """
    said = answer.text if isinstance(answer, Generation) else answer
    asked = {"question": question, "answer": said}
    for name, value in asked.items():
        if not isinstance(value, str) or not value.strip():
            shown = "empty" if isinstance(value, str) else f"{value!r:.40}"
            msg = f"the {name} is {shown}: p_true takes the question as text, and a"
            raise InputError(f"{msg} Generation or text that answers it")
    lines = [f"Question: {question}"]
    if ideas:
        lines += ["Here are some brainstormed ideas:", *map(str, ideas)]
    return "\n".join(
        [
            *lines,
            f"Proposed Answer: {said}",
            "Is the proposed answer:",
            " (A) True",
            " (B) False",
            "Reply with A or B only. The proposed answer is:",
        ]
    )


def options_for(most: int | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return what to ask with; ``most`` is how many alternatives a server lists.

    Raises
    ------
    InputError
        Several replies are asked for.
    """
    if "n" in options:
        msg = "p_true asks once, and reads probabilities, not samples: leave n out"
        raise InputError(msg)
    usual = {
        "max_tokens": MOST_TOKENS,
        "temperature": 0.0,
        "top_logprobs": MOST_LISTED if most is None else min(most, MOST_LISTED),
        "complete": False,
    }
    return usual | options


def verdict(reply: Generation) -> PTrue:
    """Return how a reply's probability is spread over true and false."""
    shares = dict.fromkeys(("true", "false", "other"), 0.0)
    reach, known = 1.0, False
    for row in reply:
        if row.part not in {Part.GENERATED, Part.SPECIAL}:
            continue
        for token, p in _listed(row):
            shares[_meaning(token)] += reach * p
            known = True
        if _label(row.token) or row.part is Part.SPECIAL or math.isnan(row.logprob):
            break
        reach *= math.exp(row.logprob)
        shares["other"] -= reach  # a bracket is no answer: what follows it is
    if not known:
        return PTrue(math.nan, math.nan, math.nan, math.nan, reply)
    shares["other"] = max(shares["other"], 0.0)
    return PTrue(**shares, unseen=max(1 - sum(shares.values()), 0.0), generation=reply)


def _listed(row: TokenRow) -> list[tuple[str, float]]:
    """Return each listed token's text and probability; the sampled one if none is."""
    listed = [(one.token, one.logprob) for one in row.alternatives]
    pairs = listed or [(row.token, row.logprob)]
    return [(token, math.exp(p)) for token, p in pairs if not math.isnan(p)]


def _meaning(token: str) -> str:
    label = _label(token)
    if label in {"A", "B"}:
        return "true" if label == "A" else "false"
    word = label.casefold()
    return word if word in {"true", "false"} else "other"


def _label(token: str) -> str:
    """Return a token without space and what stands around a label."""
    return token.strip(_AROUND)
