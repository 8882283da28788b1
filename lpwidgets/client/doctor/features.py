"""Checks of what a server can do: several answers, seeds, prefill, ids, echo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.client.doctor.judging import Verdict, check, known, overall, refusal
from lpwidgets.client.doctor.probes import BEGUN, CONTINUATION, IDS, SCORED

if TYPE_CHECKING:
    from lpwidgets.client.doctor.rounds import Answers


@check("usage in stream", "Does a stream tell how many tokens it took?", "streamed")
def usage_in_stream(answers: Answers) -> Verdict:
    """Look for counts in the stream."""
    usage = answers["streamed"].usage
    read, written = usage.prompt_tokens, usage.completion_tokens
    if read is None and written is None:
        return Verdict("no", "the stream has no usage")
    counts = {"prompt_tokens": read, "completion_tokens": written}
    numbers = {name: count for name, count in counts.items() if count is not None}
    said = ", ".join(f"{name} {count}" for name, count in numbers.items())
    return Verdict("yes" if len(numbers) == len(counts) else "partly", said, numbers)


@check("n", "Does n = 2 bring two answers, streamed too?", "two", "two streamed")
def several(answers: Answers) -> Verdict:
    """Count the choices that came."""
    said, counts = [], []
    for name, way in (("two", "in one piece"), ("two streamed", "streamed")):
        refused = refusal(answers, name)
        counts.append(0 if refused else len(answers[name].texts))
        said.append(f"{way} {refused or f'{counts[-1]} came'}")
    good = [count == 2 for count in counts]  # noqa: PLR2004
    numbers = {"whole": counts[0], "streamed": counts[1]}
    return Verdict(overall(good), "2 asked: " + ", ".join(said), numbers)


@check("prefill", "Does it go on with an answer that has begun?", "begun")
def prefill(answers: Answers) -> Verdict:
    """See whether it finishes a word that was cut in two."""
    if refused := refusal(answers, "begun"):
        return Verdict("no", refused)
    text = answers["begun"].text
    began = f"after “… {BEGUN[-12:]}” it wrote {text[:24]!r}"
    if text.startswith(CONTINUATION):
        return Verdict("yes", began)
    if text.startswith(BEGUN + CONTINUATION):
        return Verdict(
            "partly", "in one piece it goes on, but repeats what was there before"
        )
    if text.lstrip().startswith(CONTINUATION):
        return Verdict("partly", f"{began}, with a space in between")
    if not text:
        return Verdict("unknown", "it wrote nothing")
    return Verdict("no", f"{began}: a new turn")


@check("seed", "Does the same seed bring the same answer?", "hot", "hot again")
def seed(answers: Answers) -> Verdict:
    """Compare two samples of the same seed at a high temperature."""
    one, other = answers["hot"], answers["hot again"]
    same = one.text == other.text
    said = f"{one.text[:24]!r} and {other.text[:24]!r} at temperature 1.5"
    if not one.text and not other.text:
        return Verdict("unknown", "it wrote nothing twice")
    return Verdict("yes" if same else "no", said)


@check("prompt log probabilities", "Are a prompt's own tokens scored by echo?", "echo")
def echo(answers: Answers) -> Verdict:
    """See whether the prompt's tokens come back with values."""
    if refused := refusal(answers, "echo", "text"):
        return Verdict("no", refused)
    answer = answers["echo"]
    spelled, values = (
        "".join(e.text for e in answer.entries),
        sum(map(known, answer.entries)),
    )
    if spelled.strip().startswith(SCORED) and values > 1:
        said = f"{values} of {len(answer.entries)} tokens of prompt and answer"
        return Verdict("yes", said, {"known": values, "tokens": len(answer.entries)})
    if answer.text.startswith(SCORED):
        return Verdict("partly", "the prompt comes back, without values")
    return Verdict("no", "echo is ignored: only the answer came")


@check("token ids", "Do tokens come with their ids?", "whole")
def token_ids(answers: Answers) -> Verdict:
    """Count entries with an id, an API each."""
    names = {"chat": "whole", "completions": "text", "native": "native"}
    counts = {
        api: (sum(t.id >= 0 for t in answers[name].entries), len(answers[name].entries))
        for api, name in names.items()
        if name in answers.given
    }
    said = " · ".join(f"{api} {n} of {of}" for api, (n, of) in counts.items())
    full = [0 < n == of for n, of in counts.values()]
    if not any(of for _, of in counts.values()):
        return Verdict("unknown", "no answer has entries")
    return Verdict(overall(full), said)


@check("token-id prompts", "Is a prompt of token ids taken?", "ids")
def id_prompts(answers: Answers) -> Verdict:
    """See whether the server counts as many tokens as there were ids."""
    if refused := refusal(answers, "ids", "text"):
        return Verdict("no", refused)
    counted = answers["ids"].usage.prompt_tokens
    if counted is None:
        return Verdict("partly", f"{len(IDS)} ids were taken, the server counts none")
    numbers = {"sent": len(IDS), "counted": counted}
    said = f"{len(IDS)} ids sent, {counted} prompt tokens counted"
    fits = counted in {len(IDS), len(IDS) + 1}  # a start token may be added
    return Verdict("yes" if fits else "no", said, numbers)
