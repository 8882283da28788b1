"""All checks, in the order of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.client.doctor import entries, features, limits, values
from lpwidgets.client.doctor.judging import Check, Verdict, first
from lpwidgets.client.doctor.profile import Row
from lpwidgets.errors import LpError

if TYPE_CHECKING:
    from lpwidgets.client.doctor.rounds import Answers

CHECKS: tuple[Check, ...] = (
    entries.log_probabilities,
    entries.k_honoured,
    values.raw_values,
    values.beyond_top_p,
    values.forced_values,
    entries.bytes_valid,
    entries.complete,
    entries.stream_equals,
    features.usage_in_stream,
    features.several,
    features.seed,
    features.prefill,
    features.echo,
    features.token_ids,
    features.id_prompts,
    limits.context_limit,
    limits.rate_limits,
)


def rows(answers: Answers) -> tuple[Row, ...]:
    """Return the row of every check; one that fails does not stop the others."""
    asked = answers.given.keys() | answers.refused.keys()
    return tuple(_row(one, answers) for one in CHECKS if asked >= set(one.needs))


def _row(one: Check, answers: Answers) -> Row:
    try:
        verdict = one.judge(answers)
    except LpError as error:
        verdict = Verdict("unknown", f"could not be told: {first(error)}")
    except Exception as error:  # noqa: BLE001 a stranger's numbers broke this check
        verdict = Verdict("unknown", f"could not be told: {type(error).__name__}")
    return Row(one.name, one.question, *verdict[:2], dict(verdict.numbers))
