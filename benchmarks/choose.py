"""`client.choose` on 50 questions, beside what whole lists of tokens give."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import lpwidgets as lp
from lpwidgets.local import acquire

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.choosing import Reference

YES = ("yes", "no", "maybe")
QUESTIONS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    *(
        (f"Is {thing} {kind}? Answer yes, no or maybe.", YES, False)
        for thing in ("snow", "a whale", "the moon", "chess", "iron")
        for kind in ("cold", "alive", "a game", "made of metal")
    ),
    *(
        (f"{a} + {b} =", ("1", "10", "12", "100", "7"), True)
        for a in (2, 5, 8)
        for b in (2, 5, 7, 92)
    ),
    *(
        (f"The capital of {land} is", ("Rome", "Paris", "New York", "New"), True)
        for land in ("France", "Italy", "the USA", "Peru", "Japan", "Norway")
    ),
    *(
        (f"What a {word} film! Positive or negative?", ("Positive", "Negative"), False)
        for word in ("great", "dull", "lovely", "boring", "splendid", "sad")
    ),
    *(
        (f"Say {word} in one emoji or word.", ("😀", "👌🏽", "joy", "not"), False)
        for word in ("joy", "good", "bad", "yes", "no", "wow")
    ),
)

COUNT = 50
CLOSE = 1e-4


def main() -> None:
    """Print the largest differences, and the time a question takes."""
    assert len(QUESTIONS) == COUNT
    worst = worst_other = 0.0
    seconds: list[float] = []
    with acquire() as lease, lp.Client("local", progress=lambda _: None) as client:
        reference = Reference(lease.base_url)
        client.choose("Hello", YES)
        for prompt, labels, raw in QUESTIONS:
            api = "completions" if raw else None
            began = time.perf_counter()
            found = client.choose(prompt, labels, api=api)
            seconds.append(time.perf_counter() - began)
            expected, other = reference.choose(prompt, labels, raw=raw)
            for label, value in expected.items():
                worst = max(worst, abs(found[label].probability - value))
            worst_other = max(worst_other, *(abs(one - other) for one in found.other))
    seconds.sort()
    print(f"{COUNT} questions: median {seconds[COUNT // 2]:.2f} s, ", end="")
    print(f"longest {seconds[-1]:.2f} s; largest difference ", end="")
    print(f"{worst:.1e}, of the other mass {worst_other:.1e}")
    assert worst < CLOSE
    assert worst_other < CLOSE


if __name__ == "__main__":
    main()
