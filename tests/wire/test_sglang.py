"""SGLang's two ways to stream: everything again and again, or only what is new."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from lpwidgets.builder import AnswerBuilder
from lpwidgets.meta import Meta
from lpwidgets.wire.records import Delta
from lpwidgets.wire.sglang import Decoder

ROWS = [(0.0, 5, "ha"), (-0.5, 6, " ho"), (-0.25, 7, ""), (-1.0, 8, "h")]
STEPS = st.lists(st.lists(st.sampled_from(ROWS), max_size=3), min_size=1, max_size=6)


def _event(rows: list[Any], total: int, with_values: bool, reason: Any = None) -> bytes:
    about: dict[str, Any] = {
        "id": "sg-1",
        "finish_reason": reason and {"type": reason},
        "completion_tokens": total,
    }
    if with_values:
        about["output_token_logprobs"] = rows
        about["output_top_logprobs"] = [[row] for row in rows]
    text = "".join(row[2] for row in rows)
    ids = [row[1] for row in rows]
    return json.dumps({"text": text, "output_ids": ids, "meta_info": about}).encode()


@given(STEPS, st.booleans(), st.booleans())
@example([[(0.0, 5, "ha")], [(0.0, 5, "ha")]], True, True)
@example([[(0.0, 5, "ha")], [(0.0, 5, "ha")]], False, False)
@example([[(-0.25, 7, "")], [], [(0.0, 5, "ha")]], True, False)
def test_both_ways_give_every_token_once(
    steps: list[list[Any]], with_values: bool, repeats: bool
) -> None:
    """Whatever repeats itself, and however many come at once or not at all."""
    decoder, builder = Decoder(), AnswerBuilder(Meta())
    said: list[Any] = []
    for number, step in enumerate(steps):
        said += step
        reason = "stop" if number == len(steps) - 1 else None
        rows = said if repeats else step
        for record in decoder.event(_event(rows, len(said), with_values, reason)):
            builder.add(record)
    [answer] = builder.finish()
    assert answer.text == "".join(row[2] for row in said)
    assert answer.status == "complete"
    wanted = said if with_values else []
    assert answer.columns.token_id.tolist() == [row[1] for row in wanted]
    assert answer.columns.logprob.tolist() == [row[0] for row in wanted]


def test_rows_that_came_before_are_not_decoded_again() -> None:
    """So that the work is in proportion to what is new."""
    decoder = Decoder()
    rows: list[Any] = [[-0.5, 6, " ho"], [-0.25, 5, "ha"]]
    decoder.event(_event(rows[:1], 1, with_values=True))
    spoilt = _event(rows, 2, with_values=True).replace(b'[-0.5, 6, " ho"]', b'"?"')
    deltas = [r for r in decoder.event(spoilt) if isinstance(r, Delta)]
    assert [token.id for delta in deltas for token in delta.tokens or ()] == [5]
