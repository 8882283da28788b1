"""The formulas of uqlm 0.6.7 and LM-Polygraph 0.7.0, beside the names of ours.

They are written anew from the published sources that each row names, in plain Python on
tokens as OpenAI's API sends them: nothing of ours is shared but the answers. Where
theirs ask another model whether two texts mean the same, equal strings are taken here.
"""

from __future__ import annotations

import itertools
import math
import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

from lpwidgets.analysis.agreement import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lpwidgets.generation import Generations

Tokens = list[dict[str, Any]]


class Answers(NamedTuple):
    """The samples of one question: as ours, and as their tokens and texts."""

    ours: Generations
    tokens: list[Tokens]
    texts: list[str]

    @property
    def sums(self) -> list[float]:
        """Return ln p of each sequence."""
        return [sum(token["logprob"] for token in one) for one in self.tokens]

    @property
    def means(self) -> list[float]:
        """Return the same over its tokens."""
        pairs = zip(self.sums, self.tokens, strict=True)
        return [total / len(tokens) for total, tokens in pairs]

    @property
    def classes(self) -> list[list[int]]:
        """Return which samples say the same."""
        keys = [normalised(text) for text in self.texts]
        of = {key: [i for i, k in enumerate(keys) if k == key] for key in keys}
        return list(of.values())

    @property
    def likeliest(self) -> int:
        """Return the sample that stands for their greedy answer."""
        ranked = list(zip(self.sums, self.texts, strict=True))
        return ranked.index(max(ranked))

    def agreement(self, place: int) -> float:
        """Return the mean similarity, 0 or 1, of a sample to the others."""
        mine = next(one for one in self.classes if place in one)
        return (len(mine) - 1) / (len(self.texts) - 1)


class Row(NamedTuple):
    """A score, how to get it from ours and theirs, and where theirs is written."""

    name: str
    ours: Callable[[Generations], Sequence[float]]
    theirs: Callable[[Answers], Sequence[float]]
    source: str


def each(name: str, sign: float = 1.0) -> Callable[[Generations], list[float]]:
    """Return a score of every single answer."""
    return lambda answers: [sign * one.score(name) for one in answers]


def whole(name: str, **options: Any) -> Callable[[Generations], list[float]]:
    """Return a score of the answers together."""
    return lambda answers: [answers.score(name, **options)]


def exps(values: Sequence[float]) -> list[float]:
    """Return e to each power."""
    return [math.exp(value) for value in values]


def entropy(weights: Sequence[float]) -> float:
    """Return the entropy, nats, of weights that need not add up to 1."""
    shares = [weight / sum(weights) for weight in weights]
    return -sum(share * math.log(share) for share in shares if share > 0)


def margins(tokens: Tokens) -> float:
    """Return the mean distance between the two likeliest tokens."""
    lists = [sorted(exps([o["logprob"] for o in t["top_logprobs"]])) for t in tokens]
    return statistics.fmean(one[-1] - one[-2] for one in lists)


def class_masses(a: Answers, weights: Sequence[float]) -> list[float]:
    """Return the sum of each class's weights."""
    return [sum(weights[i] for i in members) for members in a.classes]


def kuhn(a: Answers, *, unique: bool) -> float:
    """Return −mean ln p(class of a sample); `unique` counts a text once a class."""
    result = 0.0
    for members in a.classes:
        first = {a.texts[i]: i for i in reversed(members)}
        counted = first.values() if unique else members
        mass = sum(math.exp(a.sums[i]) for i in counted)
        result -= len(members) * math.log(mass)
    return result / len(a.texts)


def match_rates(a: Answers) -> float:
    """Return the exact match rate of a response to the rest, over all responses."""
    pairs = list(itertools.permutations(a.texts, 2))
    return statistics.fmean(one == other for one, other in pairs)


W, N, S, E = (
    "uqlm/white_box/",
    "uqlm/nli/entropy_utils.py",
    "estimators/semantic_entropy.py",
    "estimators/",
)
ROWS = [
    Row(
        "exp(mean_logprob)",
        lambda answers: exps([one.mean_logprob for one in answers]),
        lambda a: exps(a.means),
        f"uqlm sequence_probability, {W}baseclass/logprobs_scorer.py",
    ),
    Row(
        "min_probability",
        each("min_probability"),
        lambda a: [min(exps([t["logprob"] for t in one])) for one in a.tokens],
        f"uqlm min_probability, {W}single_logprobs.py",
    ),
    Row(
        "mean of metric margin",
        lambda answers: [float(one.metric("margin").mean()) for one in answers],
        lambda a: [margins(one) for one in a.tokens],
        f"uqlm probability_margin, {W}top_logprobs.py",
    ),
    Row(
        "−sequence_logprob",
        each("sequence_logprob", -1),
        lambda a: [-total for total in a.sums],
        f"LM-Polygraph MaximumSequenceProbability, {E}max_probability.py",
    ),
    Row(
        "−mean_logprob",
        each("mean_logprob", -1),
        lambda a: [-mean for mean in a.means],
        f"LM-Polygraph Perplexity (!), {E}perplexity.py",
    ),
    Row(
        "monte_carlo_entropy",
        whole("monte_carlo_entropy"),
        lambda a: [-statistics.fmean(a.sums)],
        f"LM-Polygraph, {E}monte_carlo_sequence_entropy.py",
    ),
    Row(
        "monte_carlo_entropy_normalised",
        whole("monte_carlo_entropy_normalised"),
        lambda a: [-statistics.fmean(a.means)],
        f"LM-Polygraph, {E}monte_carlo_normalized_sequence_entropy.py",
    ),
    Row(
        "distinct_answers",
        whole("distinct_answers"),
        lambda a: [len(a.classes)],
        f"uqlm num_semantic_sets; LM-Polygraph {E}num_sem_sets.py",
    ),
    Row(
        "semantic_entropy",
        whole("semantic_entropy"),
        lambda a: [entropy([len(members) for members in a.classes])],
        f"uqlm discrete_entropy_values, {N}; LM-Polygraph 'frequency', {S}",
    ),
    Row(
        "semantic_entropy_weighted, duplicates",
        whole("semantic_entropy_weighted", duplicates=True),
        lambda a: [entropy(class_masses(a, exps(a.means)))],
        f"uqlm tokenprob_entropy_values, {N}",
    ),
    Row(
        "… not normalised",
        whole("semantic_entropy_weighted", duplicates=True, normalised=False),
        lambda a: [entropy(class_masses(a, exps(a.sums)))],
        "the same with length_normalize=False",
    ),
    Row(
        "semantic_entropy_monte_carlo, duplicates",
        whole("semantic_entropy_monte_carlo", duplicates=True),
        lambda a: [kuhn(a, unique=False)],
        f"LM-Polygraph SemanticEntropy, {S}",
    ),
    Row(
        "semantic_entropy_monte_carlo",
        whole("semantic_entropy_monte_carlo"),
        lambda a: [kuhn(a, unique=True)],
        "the same with use_unique_responses=True",
    ),
    Row(
        "exact_agreement",
        whole("exact_agreement"),
        lambda a: [match_rates(a)],
        "uqlm exact_match over every response, uqlm/black_box/match.py",
    ),
    Row(
        "degree_matrix",
        whole("degree_matrix"),
        lambda a: [1 - sum(len(c) ** 2 for c in a.classes) / len(a.texts) ** 2],
        f"LM-Polygraph DegMat, {E}deg_mat.py",
    ),
    Row(
        "cocoa",
        whole("cocoa"),
        lambda a: [-max(a.sums) * (1 - a.agreement(a.likeliest))],
        f"LM-Polygraph CocoaMSP, {E}cocoa.py",
    ),
    Row(
        "cocoa_normalised",
        whole("cocoa_normalised"),
        lambda a: [-a.means[a.likeliest] * (1 - a.agreement(a.likeliest))],
        f"LM-Polygraph CocoaPPL, {E}cocoa.py",
    ),
    Row(
        "confidence_consistency",
        whole("confidence_consistency"),
        lambda a: [math.exp(a.means[a.likeliest]) * a.agreement(a.likeliest)],
        f"uqlm consistency_and_confidence, {W}sampled_logprobs.py",
    ),
]
