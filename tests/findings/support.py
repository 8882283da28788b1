"""Answers for the checks to look at, and what they found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tests.make_generation import generation, token

if TYPE_CHECKING:
    from lpwidgets.analysis.findings import Finding
    from lpwidgets.generation import Generation
    from lpwidgets.wire.records import Token


LOST = "\ufffd".encode()
LOW = -3.4028234663852886e38


def words(*logprobs: float | None) -> list[Token]:
    """Tokens of these log probabilities, without alternatives."""
    return [token(f" w{i}", logprob) for i, logprob in enumerate(logprobs)]


def listing(*lists: list[float], taken: int = 0) -> list[Token]:
    """Tokens with a list each, the one at a place of it taken."""
    return [
        token(
            f" t{taken}",
            values[taken],
            [(f" t{k}", value, k) for k, value in enumerate(values)],
            taken,
        )
        for values in lists
    ]


def asking(parameters: dict[str, Any], *tokens: Token) -> Generation:
    """Answer a request that had these parameters."""
    made = generation(*tokens)
    meta = msgspec.structs.replace(made.meta, parameters=parameters)
    return type(made)(made.columns, meta, made.texts)


def only(made: Generation) -> Finding:
    """Return its one finding."""
    assert len(made.findings) == 1, made.findings
    return made.findings[0]


def texts(made: Generation) -> list[str]:
    """Return the line of each finding."""
    return [finding.text for finding in made.findings]
