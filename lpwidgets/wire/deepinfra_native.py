"""DeepInfra's native API: asked in its own way, answered as `tgi` is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpwidgets.wire.question import without_none
from lpwidgets.wire.tgi import Decoder, listed

if TYPE_CHECKING:
    from lpwidgets.wire.question import Question

__all__ = ["Decoder", "request"]


def request(question: Question) -> dict[str, Any]:
    """Return the body of a request; the prompt is sent as it is.

    The API has no way to ask for alternatives; ``stop`` is a list of texts.
    """
    body = {
        "input": question.prompt,
        "stream": question.stream,
        "max_new_tokens": question.limit,
        "num_responses": question.n if question.n > 1 else None,
        **question.parameters,
        "stop": listed(question.parameters.get("stop")),
    }
    return without_none(body)
