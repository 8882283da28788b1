"""Scores of several answers to one question, one registered function each.

Everything is in nats. Answers agree when they are in one cluster, see
`lpwidgets.analysis.agreement`. **Duplicates**: as draws all answers count; weighted by
their own probability the same tokens count once, for it already is how often they come
(``duplicates=True`` counts them all). **Length**: a score is of whole sequences unless
its name or option says normalised. **Unknown**: what needs an unknown log probability
is NaN, and what compares answers is NaN for one alone; the notes of ``gens.scores()``
say which it was.

In the examples ``gens`` are four answers of one token each, three times an ``a`` of
probability 1/2 and once a ``b`` of 1/4.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis import scores
from lpwidgets.analysis.registry import Registry
from lpwidgets.analysis.samples import log_sum
from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.analysis.samples import Samples, Values

SAMPLE_SCORES = Registry("several answers")


@SAMPLE_SCORES.add("Monte-Carlo entropy", unit="nats")
def monte_carlo_entropy(samples: Samples) -> float:
    """Entropy of the sequence, estimated by its samples (Malinin and Gales 2021).

    −1/n Σ ln p(s): (3 ln 2 + ln 4) / 4 here.

    >>> round(gens.score("monte_carlo_entropy"), 4)
    0.8664
    """
    return -float(samples.sequence_logprobs.mean())


@SAMPLE_SCORES.add("Monte-Carlo entropy, normalised", unit="nats a token")
def monte_carlo_entropy_normalised(samples: Samples) -> float:
    """Monte-Carlo entropy, each ln p(s) over its tokens (Malinin and Gales 2021).

    >>> round(gens.score("monte_carlo_entropy_normalised"), 4)
    0.8664
    """
    return -float(samples.mean_logprobs.mean())


@SAMPLE_SCORES.add("distinct answers", domain=(1.0, None), certain=1.0)
def distinct_answers(samples: Samples) -> float:
    """How many clusters there are, the semantic sets of Lin, Trivedi and Sun (2024).

    >>> gens.score("distinct_answers")
    2.0
    """
    return float(len(samples.sizes))


@SAMPLE_SCORES.add("exact agreement", domain=(0.0, 1.0), certain=1.0)
def exact_agreement(samples: Samples) -> float:
    """Share of all pairs of answers that have the same text (after Cole et al. 2023).

    White space around it aside. Of six pairs here three are of two ``a``.

    >>> gens.score("exact_agreement")
    0.5
    """
    texts = [text.strip() or f"\0{i}" for i, text in enumerate(samples.texts)]
    return _pairs(np.unique(texts, return_counts=True)[1])


@SAMPLE_SCORES.add("agreement", domain=(0.0, 1.0), certain=1.0)
def cluster_agreement(samples: Samples) -> float:
    """Share of all pairs of answers that are in one cluster.

    Two fresh answers agree with this probability: it is estimated without bias.

    >>> gens.score("cluster_agreement", same=lambda a, b: True)
    1.0
    """
    return _pairs(samples.sizes)


@SAMPLE_SCORES.add("degree matrix", domain=(0.0, 1.0))
def degree_matrix(samples: Samples) -> float:
    """1 − Σ W / n², with W 1 in a cluster and else 0 (Lin, Trivedi and Sun 2024).

    An answer agrees with itself here: 1 − (3² + 1²) / 4².

    >>> gens.score("degree_matrix")
    0.375
    """
    return 1.0 - float((_shares(samples) ** 2).sum())


@SAMPLE_SCORES.add("majority's share", domain=(0.0, 1.0), certain=1.0)
def majority_share(samples: Samples) -> float:
    """Share of the answers in the largest cluster: self-consistency (Wang et al. 2023).

    >>> gens.score("majority_share")
    0.75
    """
    return float(_shares(samples).max())


@SAMPLE_SCORES.add("semantic entropy", unit="nats")
def semantic_entropy(samples: Samples) -> float:
    """Entropy of the clusters' shares, the discrete form (Farquhar et al. 2024).

    At most ln n. −(3/4 ln 3/4 + 1/4 ln 1/4) here.

    >>> round(gens.score("semantic_entropy"), 4)
    0.5623
    """
    return _entropy(_shares(samples))


@SAMPLE_SCORES.add("semantic entropy, weighted", unit="nats")
def semantic_entropy_weighted(
    samples: Samples, *, normalised: bool = True, duplicates: bool = False
) -> float:
    """Entropy of the clusters by their sequences' probabilities (Farquhar et al. 2024).

    The Rao–Blackwellised form: p(c) is Σ p(s) over its sequences, over all clusters' Σ.
    ``normalised`` takes exp of the mean log probability for p(s), as they do, lest the
    shortest answer has all the weight. Here 1/2 and 1/4 become 2/3 and 1/3.

    >>> round(gens.score("semantic_entropy_weighted"), 4)
    0.6365
    """
    logprobs = samples.mean_logprobs if normalised else samples.sequence_logprobs
    of_clusters = _cluster_logprobs(samples, logprobs, duplicates)
    return _entropy(np.exp(of_clusters - log_sum(of_clusters)))


@SAMPLE_SCORES.add("semantic entropy, Monte Carlo", unit="nats", domain=(None, None))
def semantic_entropy_monte_carlo(
    samples: Samples, *, duplicates: bool = False
) -> float:
    """Semantic entropy, estimated by the answers' clusters (Kuhn et al. 2023).

    −1/n Σ ln p(c) over answers, p(c) being what is known of a cluster's probability.
    So it is too high while likely ways of saying it are not among the samples.

    >>> round(gens.score("semantic_entropy_monte_carlo"), 4)
    0.8664
    """
    of_clusters = _cluster_logprobs(samples, samples.sequence_logprobs, duplicates)
    return -float(_unless_alone(samples, of_clusters[samples.labels]).mean())


@SAMPLE_SCORES.add("CoCoA", unit="nats")
def cocoa(samples: Samples, answer: int | None = None) -> float:
    """−ln p of an answer × share of the others that disagree (Vashurin et al. 2025).

    ``answer`` says of which one, from 0; without, of the most probable. ln 2 · 1/3.

    >>> round(gens.score("cocoa"), 4)
    0.231
    """
    place = _place(samples, answer)
    doubt = -samples.sequence_logprobs[place]
    return float(doubt) * (1.0 - _support(samples, place))


@SAMPLE_SCORES.add("CoCoA, normalised", unit="nats a token")
def cocoa_normalised(samples: Samples, answer: int | None = None) -> float:
    """CoCoA with the mean log probability of the answer (Vashurin et al. 2025).

    >>> round(gens.score("cocoa_normalised", answer=3), 4)
    1.3863
    """
    place = _place(samples, answer)
    return float(-samples.mean_logprobs[place]) * (1.0 - _support(samples, place))


@SAMPLE_SCORES.add("confidence × consistency", domain=(0.0, 1.0), certain=1.0)
def confidence_consistency(samples: Samples, answer: int | None = None) -> float:
    """1 / perplexity of an answer × share of the others that agree.

    A confidence after Vashurin et al. (2025), where CoCoA is a doubt. 1/2 · 2/3 here.

    >>> round(gens.score("confidence_consistency"), 4)
    0.3333
    """
    place = _place(samples, answer)
    return float(np.exp(samples.mean_logprobs[place])) * _support(samples, place)


@SAMPLE_SCORES.add("mean self-certainty ≥", unit="nats", certain=None)
def mean_self_certainty_low(samples: Samples) -> float:
    """Mean of the answers' self-certainties (Kang, Zhao and Song 2025), lower bound.

    >>> gens.score("mean_self_certainty_low") > 0
    True
    """
    values = [scores.mean_self_certainty_low(one) for one in samples.generations]
    return float(np.mean(values))


def _unless_alone(samples: Samples, values: Values) -> Values:
    return values if len(samples) > 1 else np.full_like(values, np.nan)


def _shares(samples: Samples) -> Values:
    return _unless_alone(samples, samples.sizes / len(samples))


def _pairs(counts: NDArray[np.integer[Any]]) -> float:
    """Return the share of pairs that are of one kind, NaN where there is no pair."""
    count = int(counts.sum())
    same = float((counts * (counts - 1)).sum())
    return same / (count * (count - 1)) if count > 1 else math.nan


def _entropy(p: Values) -> float:
    """Return an entropy in nats; what float noise puts below 0 is 0."""
    return max(float(-(p * np.log(np.where(p == 0, 1.0, p))).sum()), 0.0) + 0.0


def _cluster_logprobs(samples: Samples, logprobs: Values, duplicates: bool) -> Values:
    """Return ln Σ p over each cluster's sequences, shape (c,)."""
    sums = samples.cluster_logprobs(logprobs, duplicates=duplicates)
    return _unless_alone(samples, sums)


def _support(samples: Samples, place: int) -> float:
    """Return the share of the other answers that are in an answer's cluster."""
    others = len(samples) - 1
    same = int(samples.sizes[samples.labels[place]]) - 1
    return same / others if others else math.nan


def _place(samples: Samples, answer: int | None) -> int:
    if answer is None:
        return samples.likeliest()
    if answer not in range(len(samples)):
        msg = f"answer={answer!r:.40}: there are {len(samples)}, counted from 0"
        raise InputError(msg)
    return answer
