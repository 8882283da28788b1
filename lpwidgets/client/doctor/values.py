"""Checks of what the values are: the model's own, or what sampling made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.client.doctor.judging import (
    Verdict,
    check,
    key,
    known,
    refusal,
    values_of,
)
from lpwidgets.client.doctor.probes import COLD, HOT, TOP_P

if TYPE_CHECKING:
    from lpwidgets.client.doctor.asking import Answer
    from lpwidgets.client.doctor.rounds import Answers

_RATIO = HOT / COLD
"""By how much log odds differ between the two temperatures, if they are applied."""

_LENIENCE = 0.2
"""Relative; how far a measured slope may be from what is expected."""

_CERTAIN = -0.01  # nats


@check("raw values", "Are values the model's own at any temperature?", "cold", "hot")
def raw_values(answers: Answers) -> Verdict:
    """Fit log odds at one temperature against those at another: a slope of 1, or 7.5.

    The log odds of two tokens at temperature T are those at temperature 1 over T.
    """
    cold, hot = values_of(answers["cold"]), values_of(answers["hot"])
    shared = [name for name in cold if name in hot]
    pairs = [(cold[name], hot[name]) for name in shared]
    if len(pairs) < 2:  # noqa: PLR2004
        said = f"the answers at T = {COLD} and {HOT} share {len(pairs)} alternatives"
        return Verdict("unknown", said, {"shared": len(pairs)})
    base_cold, base_hot = max(pairs, key=lambda pair: pair[1])
    odds = [(c - base_cold, h - base_hot) for c, h in pairs]
    spread = sum(h * h for _, h in odds)
    if spread < 1e-6:  # noqa: PLR2004
        said = f"{len(pairs)} alternatives, all of the same value"
        return Verdict("unknown", said, {"shared": len(pairs)})
    slope = sum(c * h for c, h in odds) / spread
    gap = max(abs(c - h) for c, h in pairs)
    numbers = {"shared": len(pairs), "slope": slope, "difference": gap}
    said = (
        f"T = {COLD} against {HOT}: {len(pairs)} alternatives differ by up to "
        f"{gap:.2g} nats, slope {slope:.3g}"
    )
    if abs(slope - 1) <= _LENIENCE:
        return Verdict("yes", f"{said} (1 = raw)", numbers)
    if abs(slope / _RATIO - 1) <= _LENIENCE:
        said = f"{said} ({_RATIO:g} = after temperature)"
        return Verdict("no", said, numbers)
    said = f"{said}: neither raw (1) nor after temperature ({_RATIO:g})"
    return Verdict("partly", said, numbers)


@check("beyond top_p", "Are alternatives listed that top_p forbids?", "narrow", "hot")
def beyond_top_p(answers: Answers) -> Verdict:
    """Count known alternatives with and without a narrow nucleus."""
    narrow, wide = (_listed(answers[name]) for name in ("narrow", "hot"))
    numbers = {"narrow": narrow, "wide": wide}
    said = f"{narrow} with top_p {TOP_P}, {wide} without"
    if wide < 2:  # noqa: PLR2004
        return Verdict("unknown", said, numbers)
    return Verdict("yes" if narrow >= wide else "no", said, numbers)


def _listed(answer: Answer) -> int:
    """Count the alternatives with a known value at the first position."""
    return sum(map(known, answer.entries[0].top)) if answer.entries else 0


@check("forced values", "Does a token forced by logit_bias keep its value?", "forced")
def forced_values(answers: Answers) -> Verdict:
    """See whether an unlikely token was taken, and what value it has then."""
    if refused := refusal(answers, "forced"):
        return Verdict("no", refused)
    if not answers["forced"].entries:
        return Verdict("unknown", "no entry came for the forced token")
    token, natural = answers["forced"].entries[0], values_of(answers["hot"])
    likeliest = max(natural, key=natural.__getitem__, default=None)
    if likeliest is not None and likeliest == key(token):
        return Verdict("no", f"logit_bias is ignored: {token.text!r} came as before")
    value = values_of(answers["forced"]).get(key(token))
    if value is None:
        return Verdict("partly", f"{token.text!r} was forced, its value is not told")
    said = f"{token.text!r} was forced, its value is {value:.4g} nats"
    certain = value > _CERTAIN
    note = ": the bias changed it" if certain else ""
    return Verdict("partly" if certain else "yes", said + note, {"value": value})
