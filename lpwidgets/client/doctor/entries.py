"""Checks of what an answer has in it: values, alternatives, bytes, every token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpwidgets.client.doctor.judging import (
    Verdict,
    check,
    first,
    is_end,
    known,
    overall,
)

if TYPE_CHECKING:
    from lpwidgets.client.doctor.asking import Answer, Entry
    from lpwidgets.client.doctor.rounds import Answers

_SAME = 1e-3
_CLOSE = 0.2
"""Nats; a busy server's arithmetic may differ by that much between two requests."""

_LOST = "\ufffd"


@check("log probabilities", "Does every API return log probabilities?", "whole")
def log_probabilities(answers: Answers) -> Verdict:
    """Count the tokens with a known value, an API each."""
    apis = {"chat": "whole", "completions": "text", "native": "native"}
    said, good = [], []
    for api, name in apis.items():
        if name in answers.refused:
            said.append(f"{api} {first(answers.refused[name])}")
            good.append(False)
        elif name in answers.given:
            tokens = answers[name].entries
            count = sum(map(known, tokens))
            said.append(f"{api} {count} of {len(tokens)} tokens")
            good.append(count > 0)
    numbers = {"apis": len(good), "good": sum(good)}
    return Verdict(overall(good), " · ".join(said), numbers)


@check("k", "Do as many alternatives come as were asked for?", "whole")
def k_honoured(answers: Answers) -> Verdict:
    """Compare the shortest list of alternatives with what was asked."""
    answer = answers["whole"]
    counts = [len(entry.top) for entry in _texts(answer)]
    least, largest = min(counts, default=0), max(counts, default=0)
    came = f"{least}" if least == largest else f"{least} to {largest}"
    said = f"asked for {answer.k}, {came} came for each of {len(counts)} tokens"
    for k, why in answers.k_refused.items():
        said += f"; {k} refused: {first(why)}"
    all_came = [least > 0, least >= answer.k and not answers.k_refused]
    numbers = {"asked": answer.k, "least": least, "most": largest}
    return Verdict(overall(all_came), said, numbers)


@check("stream", "Does a stream say the same as an answer in one piece?", "streamed")
def stream_equals(answers: Answers) -> Verdict:
    """Compare tokens and values of the same greedy answer, both ways."""
    whole, streamed = answers["whole"], answers["streamed"]
    one, other = _texts(whole), _texts(streamed)
    numbers: dict[str, float] = {"whole": len(one), "streamed": len(other)}
    said = f"{len(one)} entries in one piece, {len(other)} in the stream"
    if not (one or other):
        return Verdict("unknown", said, numbers)
    if whole.text != streamed.text:
        said = f"the texts differ, {whole.text!r} and {streamed.text!r}"
        return Verdict("unknown", said, numbers)
    if len(one) != len(other):
        return Verdict("partly" if one and other else "no", said, numbers)
    pairs = list(zip(one, other, strict=True))
    apart = sum((a.text, a.bytes) != (b.text, b.bytes) for a, b in pairs)
    gaps = [abs(a.value - b.value) for a, b in pairs if known(a) and known(b)]
    gap = max(gaps, default=0.0)
    said = f"{said}: {apart} tokens differ, values by up to {gap:.2g} nats"
    numbers |= {"apart": apart, "difference": gap}
    if apart or gap > _CLOSE:
        return Verdict("no", said, numbers)
    return Verdict("yes" if gap <= _SAME else "partly", said, numbers)


def _texts(answer: Answer) -> list[Entry]:
    return [token for token in answer.entries if not is_end(token)]


@check("bytes", "Are the bytes of every token given, half characters too?", "whole")
def bytes_valid(answers: Answers) -> Verdict:
    """Look for bytes, for halves of characters, and whether all spell the text."""
    answer = answers["whole"]
    entries = _texts(answer)
    text = answer.text.rstrip(_LOST)  # the limit may cut the last character in two
    have = [entry.bytes for entry in entries if entry.bytes is not None]
    broken = 0 if _LOST in text else sum(map(_is_broken, entries))
    every = [one for entry in entries for one in (entry, *entry.top)]
    halves = sum(_is_half(one.bytes or b"") for one in every)
    numbers = {"with_bytes": len(have), "broken": broken, "halves": halves}
    said = f"{len(have)} of {len(entries)} entries have bytes"
    if broken:
        said += f", {broken} stand for half a character as U+FFFD"
    if not have:
        return Verdict("no" if entries else "unknown", said, numbers)
    if broken or len(have) < len(entries):
        return Verdict("partly", said, numbers)
    spelled = b"".join(have).decode("utf-8", "ignore")
    if spelled.strip().rstrip(_LOST) != text.strip():
        return Verdict("partly", f"{said}, but spell another text", numbers)
    said += f" and spell the text; half characters, alternatives included: {halves}"
    return Verdict("yes" if halves else "unknown", said, numbers)


def _is_broken(entry: Entry) -> bool:
    if entry.bytes is None:
        return _LOST in entry.text
    return _LOST.encode() in entry.bytes


def _is_half(piece: bytes) -> bool:
    return piece.decode("utf-8", "replace").encode() != piece


@check("complete", "Does every token that the server counts have an entry?", "whole")
def complete(answers: Answers) -> Verdict:
    """Compare the entries of an emoji text with the usage."""
    answer = answers["whole"]
    given, counted = len(answer.entries), answer.usage.completion_tokens
    if counted is None:
        return Verdict("unknown", f"{given} entries, the server counts none")
    said = f"{given} of {counted} tokens of {answer.text[:12]!r} have an entry"
    every = given >= counted - 1  # the end of the text may have none
    numbers = {"entries": given, "counted": counted}
    return Verdict(overall([given > 0, every]), said, numbers)
