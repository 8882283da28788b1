"""Confidence of structured output, beside structured-logprobs, in one run.

5,000 fields in 75,000 tokens, once as a single answer and once as 1,000 answers of five
fields, and twenty documents that are hard to read. The peer needs an environment of its
own::

    python -m venv PEER && PEER/bin/pip install structured-logprobs==0.1.5
    python -m benchmarks.fields PEER/bin/python

Both get the same answers as OpenAI writes them, already parsed, and take turns; figures
are medians. A document is right when every value has the log probability of its own
tokens (all that share a byte with it, as `lpwidgets.analysis.fields` says); of the peer
the tokens may also leave out the last, shared one, as it does.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import lpwidgets as lp
from tests.analysis.nasty import NASTY, answer_of

if TYPE_CHECKING:
    from lpwidgets.generation import Generation

TURNS = 5
FIELDS = 5_000
TOKENS = 75_000

PEER = r"""
import json, sys, time
from openai.types.chat import ChatCompletion
from structured_logprobs import add_logprobs
for line in sys.stdin:
    answers = [ChatCompletion.model_validate(one) for one in json.loads(line)]
    begin = time.perf_counter()
    found = []
    for answer in answers:
        try:
            found.append(add_logprobs(answer).log_probs)
        except Exception as error:
            found.append(type(error).__name__)
    seconds = time.perf_counter() - begin
    print(json.dumps([seconds, found], default=lambda o: type(o).__name__), flush=True)
"""


def rows_of(count: int) -> list[str]:
    """Return the pieces of an array of `count` numbers, 15 tokens each."""
    pieces = ["["]
    for number in range(count):
        pieces += ['{"', "pr", "ice", '":', " ", str(number % 10), ".", "5"]
        pieces += ["0", "1", "2", "3", "7", "}", ","]
    pieces[-1] = "]"
    return pieces


def answers(fields: int, count: int) -> list[Generation]:
    """Return `count` answers of `fields` fields each."""
    values = [-(1 + i % 97) / 100 for i in range(15 * fields + 1)]
    pieces = rows_of(fields)
    one = answer_of([p.encode() for p in pieces], values)
    return [one] * count


def openai_shape(some: list[Generation]) -> bytes:
    """Return generations as a line of OpenAI's bodies."""
    return json.dumps([one.to_openai() for one in some]).encode() + b"\n"


class Peer:
    """structured-logprobs in its own environment."""

    def __init__(self, python: str) -> None:
        self._process = subprocess.Popen(
            [python, "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, line: bytes) -> tuple[float, list[Any]]:
        """Return seconds, and what it found in each answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line)
        self._process.stdin.flush()
        seconds, found = json.loads(self._process.stdout.readline())
        return seconds, found

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def speed(peer: Peer | None, fields: int, count: int) -> None:
    """Print the medians of both."""
    some = lp.Generations(answers(fields, count))
    line = openai_shape(some.data) if peer else b""
    ours, theirs = [], []
    for _ in range(TURNS):
        fresh = lp.Generations([lp.Generation(g.columns, g.meta) for g in some])
        begin = time.perf_counter()
        frame = fresh.fields()
        ours.append(time.perf_counter() - begin)
        assert len(frame) == fields * count
        if peer:
            theirs.append(peer.ask(line)[0])
    mine = statistics.median(ours)
    tokens = sum(len(one) for one in some)
    said = f"{count:>5} answers, {len(frame):,} fields, {tokens:,} tokens: {mine:.3f} s"
    if peer:
        other = statistics.median(theirs)
        said += f", structured-logprobs {other:.3f} s, ratio {other / mine:.1f}"
    print(said)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for one in value for leaf in _leaves(one)]
    return [value]


def correctness(peer: Peer | None) -> None:
    """Print for how many of the hard documents each is right."""
    print(f"\n{'document':34} lpwidgets  structured-logprobs")
    mine = other = 0
    for case in NASTY:
        frame = case.answer.fields()
        right = case.is_right(frame)
        mine += right
        said = "-"
        if peer:
            found = peer.ask(openai_shape([case.answer]))[1][0]
            fine = not isinstance(found, str) and case.accepts(_leaves(found[0]))
            other += fine
            said = "right" if fine else found if isinstance(found, str) else "wrong"
        print(f"{case.name:34} {'right' if right else 'WRONG':9}  {said}")
    print(
        f"{len(NASTY)} documents: lpwidgets {mine} right, structured-logprobs {other}"
    )


def main() -> None:
    """Measure."""
    peer = Peer(sys.argv[1]) if len(sys.argv) > 1 else None
    speed(peer, FIELDS, 1)
    speed(peer, 5, FIELDS // 5)
    correctness(peer)
    if peer:
        peer.close()


if __name__ == "__main__":
    main()
