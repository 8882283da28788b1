"""What the doctor found of the server, where it changes what numbers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.analysis.findings.finding import Finding, check

if TYPE_CHECKING:
    from lpwidgets.analysis.findings.evidence import Evidence


@check
def after_temperature(evidence: Evidence) -> Finding | None:
    """Values are those after temperature, and that was not 1, which changes nothing."""
    profile, parameters = evidence.meta.profile, evidence.meta.parameters
    if profile.get("raw_values") != "no" or parameters.get("temperature") == 1:
        return None
    return Finding(
        "warning",
        f"this server reports values after temperature (doctor, {profile['date']})",
        "perplexity and probabilities are those of the sampling, not the model's own; "
        "ask with temperature=1 for these",
    )
