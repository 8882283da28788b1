"""Our scores beside those of uqlm and LM-Polygraph, on the same 100 answers.

The embedded model answers 20 questions five times each, seeded; the rows of
`benchmarks.peer_scores` say what is compared. What differs by definition is measured
below the table and argued in docs/scores.md.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import lpwidgets as lp
from benchmarks.peer_scores import ROWS, Answers, Row, entropy, exps, kuhn
from lpwidgets.generation import Generations

if TYPE_CHECKING:
    from collections.abc import Sequence

QUESTIONS = (
    "What is the capital of France?",
    "What is the capital of Australia?",
    "What is the capital of Burkina Faso?",
    "What is two plus two?",
    "What is 17 times 23?",
    "Who wrote Romeo and Juliet?",
    "Who wrote Middlemarch?",
    "Who painted the Mona Lisa?",
    "What is the chemical symbol of gold?",
    "What is the chemical symbol of tungsten?",
    "Which planet is the largest?",
    "How many legs has a spider?",
    "In which year did the First World War begin?",
    "In which year was the Suez Canal opened?",
    "What colour is the sky on a clear day?",
    "Which language is spoken in Brazil?",
    "What is the longest river of Europe?",
    "Is a tomato a fruit?",
    "Who discovered penicillin?",
    "What is the opposite of hot?",
)
SAMPLES = 5
CLOSE = 1e-6


def answers_of(ours: Generations) -> Answers:
    """Return answers as the three see them."""
    choices = ours.to_openai()["choices"]
    texts = [choice["message"]["content"] or "" for choice in choices]
    return Answers(ours, [choice["logprobs"]["content"] for choice in choices], texts)


def ask(client: lp.Client, question: str, samples: int = SAMPLES) -> Answers:
    """Return seeded samples at temperature 1; the engine leaves out unlikely tokens."""
    prompt = f"{question} Answer in one or two words."
    return answers_of(
        Generations(
            client.generate(
                prompt, seed=seed, max_tokens=16, top_logprobs=20, temperature=1.0
            )
            for seed in range(1, samples + 1)
        )
    )


class Outcome(NamedTuple):
    """The values of a row, ours and theirs, and those that ours leaves unknown."""

    row: Row
    ours: list[float]
    theirs: list[float]
    unknown: int

    @property
    def apart(self) -> float:
        """Return the largest difference."""
        return max(abs(a - b) for a, b in zip(self.ours, self.theirs, strict=True))


def compared(row: Row, answers: Sequence[Answers]) -> Outcome:
    """Return a row's values; what is unknown to us is a placeholder's to them."""
    ours = [value for one in answers for value in row.ours(one.ours)]
    theirs = [value for one in answers for value in row.theirs(one)]
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if not math.isnan(a)]
    return Outcome(
        row, [a for a, _ in pairs], [b for _, b in pairs], len(ours) - len(pairs)
    )


def disagreements(answers: Sequence[Answers]) -> None:
    """Print how far apart the scores are that are not defined alike."""
    tokens = [t for one in answers for tokens in one.tokens for t in tokens]
    flat = [one for a in answers for one in a.ours]
    low = [bits for one in flat for bits in one.metric("entropy_low").tolist()]
    cut = [
        entropy(exps([o["logprob"] for o in token["top_logprobs"]])) / math.log(2)
        for token in tokens
    ]
    below = sum(a < b - CLOSE for a, b in zip(cut, low, strict=True))
    print(
        f"uqlm's entropy of a list scaled to 1: mean {statistics.fmean(cut):.3f} bits, "
        f"least possible {statistics.fmean(low):.3f}; below it at {below} of "
        f"{len(low)} tokens"
    )
    once = [one.ours.score("semantic_entropy_weighted") for one in answers]
    every = [
        one.ours.score("semantic_entropy_weighted", duplicates=True) for one in answers
    ]
    differ = sum(abs(a - b) > CLOSE for a, b in zip(once, every, strict=True))
    print(
        f"equal answers counted once or each: weighted semantic entropy differs at "
        f"{differ} of {len(answers)} questions"
    )
    negative = sum(kuhn(one, unique=False) < 0 for one in answers)
    print(
        f"LM-Polygraph's SemanticEntropy, which cannot be below 0, is so at {negative} "
        f"of {len(answers)}"
    )


def main() -> None:
    """Print the table."""
    began = time.perf_counter()
    with lp.Client("local") as client:
        answers = [ask(client, question) for question in QUESTIONS]
    spent = time.perf_counter() - began
    count = sum(len(one.texts) for one in answers)
    print(f"{count} answers to {len(answers)} questions in {spent:.0f} s")
    print(f"{'score':42} {'values':>6} {'mean':>9} {'theirs':>9} {'apart':>8}")
    worst = 0.0
    for row in ROWS:
        told = compared(row, answers)
        mean, theirs = statistics.fmean(told.ours), statistics.fmean(told.theirs)
        figures = f"{len(told.ours):6} {mean:9.4f} {theirs:9.4f} {told.apart:8.0e}"
        print(f"{row.name:42} {figures}  {row.source}")
        worst = max(worst, told.apart)
    print(f"largest difference {worst:.1e}\n")
    disagreements(answers)
    assert worst < CLOSE


if __name__ == "__main__":
    main()
