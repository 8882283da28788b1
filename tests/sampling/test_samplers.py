"""Every built-in sampler beside the plain definition, on whole distributions cut to k.

The references are loops over Python numbers, written from the papers.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lpwidgets.errors import InputError, SamplerError
from lpwidgets.sampling import (
    DRY,
    XTC,
    Candidates,
    Choices,
    Compose,
    Context,
    Contrastive,
    EntropyGated,
    Guidance,
    MinP,
    Mirostat,
    Regex,
    RepetitionPenalty,
    Temperature,
    TopK,
    TopNSigma,
    TopP,
    Typical,
)
from lpwidgets.sampling.drafts import Dynamic

if TYPE_CHECKING:
    from collections.abc import Callable

    Reference = Callable[[list[float]], list[float]]

shares = st.floats(1e-3, 1.0)


@st.composite
def lists(draw: st.DrawFn) -> list[float]:
    """Return probabilities of the top k of a vocabulary, likeliest first."""
    weights = draw(st.lists(st.floats(0.01, 100.0), min_size=2, max_size=12))
    k = draw(st.integers(2, len(weights)))
    total = sum(weights)
    return sorted((weight / total for weight in weights), reverse=True)[:k]


def candidates(p: list[float], context: Context | None = None) -> Candidates:
    """Return them as a sampler sees them; ids count up."""
    pieces = tuple(f" t{i}".encode() for i in range(len(p)))
    return Candidates(np.arange(len(p)), pieces, np.log(p), context or Context())


def normal(weights: list[float]) -> list[float]:
    """Divide by the sum."""
    return [weight / sum(weights) for weight in weights]


def agrees(sampler: Any, p: list[float], expected: list[float], **more: Any) -> None:
    """Compare with a reference; a value at the very edge of a cut tells nothing."""
    found = sampler(candidates(p, **more))
    assert found.sum() == pytest.approx(1.0)
    assert found == pytest.approx(normal(expected), abs=1e-9)


@given(lists(), st.floats(0.1, 3.0))
def test_temperature(p: list[float], t: float) -> None:
    """Powers of the probabilities."""
    agrees(Temperature(t), p, [(x / p[0]) ** (1 / t) for x in p])


@given(lists())
def test_no_temperature(p: list[float]) -> None:
    """The top alone, the first of equals."""
    agrees(Temperature(0), p, [float(i == 0) for i in range(len(p))])


@given(lists(), st.floats(0.1, 0.9), st.floats(1.0, 2.0))
def test_dynamic_temperature(p: list[float], cold: float, warm: float) -> None:
    """A line over the entropy, as a share of the most that the list can have."""
    q = normal(p)
    entropy = -sum(x * math.log(x) for x in q)
    t = cold + (warm - cold) * entropy / math.log(len(p))
    agrees(Dynamic(cold, warm), p, [(x / p[0]) ** (1 / t) for x in p])


@given(lists(), st.integers(1, 15))
def test_top_k(p: list[float], k: int) -> None:
    """The first k."""
    agrees(TopK(k), p, [x if i < k else 0.0 for i, x in enumerate(p)])


@given(lists(), shares)
def test_top_p(p: list[float], mass: float) -> None:
    """From the top until the mass is reached."""
    sums = np.cumsum(p)
    assume(min(abs(sums - mass)) > 1e-9)
    kept = [x if i == 0 or sums[i - 1] < mass else 0.0 for i, x in enumerate(p)]
    agrees(TopP(mass), p, kept)


@given(lists(), shares)
def test_min_p(p: list[float], least: float) -> None:
    """At least a share of the top."""
    assume(min(abs(x / p[0] - least) for x in p) > 1e-9 or least == 1.0)
    agrees(MinP(least), p, [x if x >= least * p[0] else 0.0 for x in p])


@given(lists(), shares)
def test_typical(p: list[float], mass: float) -> None:
    """In the order of the distance from the entropy."""
    entropy = -sum(x * math.log(x) for x in p)
    far = [abs(-math.log(x) - entropy) for x in p]
    order = sorted(range(len(p)), key=far.__getitem__)
    ordered = sorted(far)
    assume(all(b - a > 1e-9 for a, b in pairwise(ordered)))
    sums = np.cumsum([p[i] for i in order])
    assume(min(abs(sums - mass)) > 1e-9)
    kept = [0.0] * len(p)
    for place, i in enumerate(order):
        if place == 0 or sums[place - 1] < mass:
            kept[i] = p[i]
    agrees(Typical(mass), p, kept)


@given(lists(), st.floats(0.1, 3.0))
def test_top_n_sigma(p: list[float], n: float) -> None:
    """Within n deviations of the top, in logits."""
    x = [math.log(one) for one in p]
    mean = sum(x) / len(x)
    sigma = math.sqrt(sum((one - mean) ** 2 for one in x) / len(x))
    assume(min(abs(x[0] - n * sigma - one) for one in x) > 1e-9)
    kept = [a if b >= x[0] - n * sigma else 0.0 for a, b in zip(p, x, strict=True)]
    agrees(TopNSigma(n), p, kept)


@given(lists(), st.floats(0.01, 0.5), st.floats(0.0, 1.0))
def test_xtc(p: list[float], threshold: float, chance: float) -> None:
    """Mixed from both cases."""
    top = [i for i, x in enumerate(p) if x >= threshold]
    cut = [0.0 if i in top[:-1] else x for i, x in enumerate(p)]
    pairs = zip(normal(p), normal(cut), strict=True)
    agrees(XTC(threshold, chance), p, [(1 - chance) * a + chance * b for a, b in pairs])


@given(lists(), st.floats(0.5, 6.0), st.lists(st.floats(-8.0, -0.01), max_size=5))
def test_mirostat(p: list[float], tau: float, said: list[float]) -> None:
    """μ follows token by token, as the paper's algorithm does."""
    mu = 2 * tau
    for value in said:
        mu -= 0.1 * (-value / math.log(2) - tau)
    surprise = [-math.log2(x) for x in p]
    assume(min(abs(one - mu) for one in surprise) > 1e-9)
    kept = [x if s <= mu else 0.0 for x, s in zip(p, surprise, strict=True)]
    if not any(kept):
        kept = [float(x == p[0]) for x in p]
    agrees(Mirostat(tau), p, kept, context=Context(logprobs=tuple(said)))


@given(lists(), st.floats(0.1, 1.0), st.floats(1.1, 2.0))
def test_entropy_gated(p: list[float], low: float, high: float) -> None:
    """A line between two temperatures."""
    q = normal(p)
    entropy = -sum(x * math.log(x) for x in q)
    share = min(max((entropy - low) / (high - low), 0.0), 1.0)
    t = 0.3 + share * (1.2 - 0.3)
    agrees(EntropyGated(low, high, 0.3, 1.2), p, [(x / p[0]) ** (1 / t) for x in p])


@given(lists(), st.lists(st.integers(0, 5), max_size=8), st.floats(1.0, 2.0))
def test_repetition_penalty(p: list[float], said: list[int], penalty: float) -> None:
    """On log probabilities, which are logits below 0, and counted."""
    expected = []
    for i, x in enumerate(p):
        count = said[-4:].count(i)
        value = math.log(x) * (penalty if count else 1.0)
        expected.append(math.exp(value - 0.3 * count - 0.2 * bool(count)))
    sampler = RepetitionPenalty(penalty, frequency=0.3, presence=0.2, last_n=4)
    agrees(sampler, p, expected, context=Context(ids=tuple(said)))


@given(lists(), st.lists(st.integers(0, 3), max_size=9), st.integers(1, 3))
def test_dry(p: list[float], said: list[int], least: int) -> None:
    """The longest sequence that the token would repeat, found by comparing all."""
    expected = []
    for i, x in enumerate(p):
        longest = 0
        for size in range(1, len(said)):
            tail = [*said[len(said) - size :], i]
            starts = range(len(said) - size)
            if any(said[at : at + size + 1] == tail for at in starts):
                longest = size
        over = longest - least
        penalty = 0.8 * 1.5**over if over >= 0 and longest else 0.0
        expected.append(x * math.exp(-penalty))
    pieces = tuple(b"x" for _ in said)
    context = Context(ids=tuple(said), pieces=pieces)
    agrees(DRY(0.8, 1.5, least), p, expected, context=context)


def test_dry_stops_at_a_breaker() -> None:
    """A sequence does not go on across a line."""
    context = Context(ids=(1, 2, 3, 1, 2), pieces=(b"a", b"\n", b"b", b"a", b"\n"))
    assert DRY().repeats(context) == {}
    whole = Context(ids=(1, 2, 3, 1, 2), pieces=(b"a",) * 5)
    assert DRY().repeats(whole) == {3: 2}


def against(p: list[float], q: list[float]) -> Candidates:
    """Return candidates with the values after a second prompt."""
    found = candidates(p)
    known = np.ones(len(p), dtype=bool)
    return Candidates(
        found.ids,
        found.pieces,
        found.logprobs,
        second=np.log(q),
        second_seen=known,
    )


@given(lists(), st.data(), st.floats(0.0, 2.0))
def test_two_prompts(p: list[float], data: st.DataObject, weight: float) -> None:
    """Contrast within the plausible, and guidance everywhere."""
    size = len(p)
    q = data.draw(st.lists(st.floats(0.01, 1.0), min_size=size, max_size=size))
    assume(min(abs(x / p[0] - 0.1) for x in p) > 1e-9)
    pairs = list(zip(p, q, strict=True))
    weights = [
        a ** (1 + weight) / b**weight if a >= 0.1 * p[0] else 0 for a, b in pairs
    ]
    found = Contrastive("", alpha=0.1, beta=weight)(against(p, q))
    assert found == pytest.approx(normal(weights), abs=1e-9)
    guided = Guidance("", scale=weight)(against(p, q))
    weights = [b * (a / b) ** weight for a, b in pairs]
    assert guided == pytest.approx(normal(weights), abs=1e-9)


@given(lists())
def test_a_chain_is_its_steps(p: list[float]) -> None:
    """Each step sees what the one before left, renormalised."""
    chain = Compose(TopK(3), Temperature(0.5), MinP(0.2))
    q = normal([x * x for x in normal(p[:3])])
    kept = [x if x >= 0.2 * q[0] else 0.0 for x in q] + [0.0] * len(p[3:])
    assume(min(abs(x / q[0] - 0.2) for x in q) > 1e-9)
    agrees(chain, p, kept)


PATTERNS = (
    *(r"\d{3}-\d{2}", "(ab|cd)*e?", "[^x]+x", r"a.c|\[\d+\]", "(?:a|b){2,3}", "é+😀"),
    *("a{2,}b", "((a|b)c)?d", r"[\w.]+@[a-z]+\.(com|org)", "", "a|"),
)


@given(st.sampled_from(PATTERNS), st.data())
def test_patterns_match_as_re_does(pattern: str, data: st.DataObject) -> None:
    """And every beginning of a match is one."""
    language = Regex(pattern)._language
    text = data.draw(st.one_of(st.text("abcdex19-.@é😀[]", max_size=8)))
    assert language.has(text.encode()) == bool(re.fullmatch(pattern, text, re.DOTALL))
    fit = data.draw(st.from_regex(pattern, fullmatch=True)).encode()
    assume(re.fullmatch(pattern, fit.decode(), re.DOTALL))
    assert all(language.begins(fit[:size]) for size in range(len(fit) + 1))
    assert language.has(fit)


LANGUAGES: tuple[tuple[str, Any], ...] = tuple(
    (pattern, Regex(pattern))
    for pattern in ("(ab|a|b)c?", "a{1,3}b?", "[^b]{2}", "c|ab+")
) + tuple(("|".join(texts), Choices(texts)) for texts in (["ab", "abc"], ["c", "ba"]))


@given(st.sampled_from(LANGUAGES), lists(), st.data())
def test_what_keeps_within_a_language(
    language: tuple[str, Any], p: list[float], data: st.DataObject
) -> None:
    """All that some text of the language goes on with, by trying every text.

    Of choices, none that only begins what longer candidates spell.
    """
    pattern, sampler = language
    words = ["".join(one) for n in range(6) for one in product("abc", repeat=n)]
    texts = [one for one in words if re.fullmatch(pattern, one)]
    text = data.draw(st.sampled_from(texts))
    said = text[: data.draw(st.integers(0, len(text)))]
    pieces = data.draw(
        st.lists(st.text("abc", max_size=3), min_size=len(p), max_size=len(p))
    )
    ends = data.draw(st.frozensets(st.integers(0, len(p) - 1), max_size=2))
    expected = [
        x * (said in texts if i in ends else _continues(texts, said, piece))
        for i, (x, piece) in enumerate(zip(p, pieces, strict=True))
    ]
    if isinstance(sampler, Choices):
        open_ = [(i, pieces[i]) for i, x in enumerate(expected) if x and i not in ends]
        for i, piece in open_:
            beyond = [one for _, one in open_ if one != piece and one.startswith(piece)]
            if not _lost(texts, said + piece, [said + one for one in beyond]):
                expected[i] = 0.0
    context = Context(pieces=(said.encode(),))
    codes = tuple(map(str.encode, pieces))
    seen = Candidates(np.arange(len(p)), codes, np.log(p), context, ends)
    if sum(expected) > 0:
        assert sampler(seen) == pytest.approx(normal(expected))
    else:
        with pytest.raises(SamplerError, match="none of the"):
            sampler(seen)
    longer = any(one != said and one.startswith(said) for one in texts)
    assert sampler.done(context) == (said in texts and not longer)


def _continues(texts: list[str], said: str, piece: str) -> bool:
    return bool(piece) and any(one.startswith(said + piece) for one in texts)


def _lost(texts: list[str], begun: str, others: list[str]) -> bool:
    """Whether a text begins so, but with none of the others."""
    return any(
        text.startswith(begun) and not any(text.startswith(one) for one in others)
        for text in texts
    )


def test_what_cannot_begin_a_match() -> None:
    """Nor go on after one."""
    language = Regex("(yes|no)!?")._language
    assert not language.begins(b"maybe")
    assert language.begins(b"ye")
    assert not language.has(b"ye")
    assert language.goes_on(b"yes")
    assert not language.goes_on(b"yes!")
    assert Regex("é")._language.begins(b"\xc3")
    assert not Regex("é")._language.has(b"\xc3")
    assert not Regex("[a-z]+")._language.begins(b"a\xc3")
    assert not Regex(r"\d")._language.begins(b"\xda")  # no digit begins so
    assert Regex("[😀-😃]")._language.begins(b"\xf0\x9f")
    assert not Regex("[😀-😃]")._language.begins(b"\xf0\x9e")


def test_choices_end_where_nothing_longer_fits() -> None:
    """An end is offered when the text is one of the list."""
    sampler = Choices([" t0", " t0 t1"])
    context = Context().then(0, b" t0", -1.0)
    found = candidates([0.5, 0.3, 0.2], context)
    ending = Candidates(
        found.ids, found.pieces, found.logprobs, context, frozenset({2})
    )
    assert sampler(ending).tolist() == pytest.approx([0.0, 0.6, 0.4])
    assert not sampler.done(context)
    assert sampler.done(context.then(1, b" t1", -1.0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: TopK(0),
        lambda: TopP(1.5),
        lambda: TopP(0),
        lambda: MinP("a"),  # type: ignore[arg-type]
        lambda: Temperature(-1),
        lambda: Temperature(math.nan),
        lambda: Mirostat(0),
        lambda: EntropyGated(low=2, high=1),
        lambda: Choices("yes"),
        lambda: Choices([]),
        lambda: Regex("("),
        lambda: Regex("^a$"),
        lambda: Regex("(?=a)a"),
        lambda: Regex("a{5000}"),
        Compose,
        lambda: Compose(Guidance("a"), Contrastive("b")),
    ],
    ids=range(16),
)
def test_what_no_sampler_can_be(make: Any) -> None:
    """One clear error each."""
    with pytest.raises(InputError) as caught:
        make()
    assert 10 < len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("sampler", "needs"),
    [
        (TopK(2), 0.0),
        (TopK(9), 0.2),
        (TopP(0.7), 0.0),
        (TopP(0.95), 0.15),
        (MinP(0.5), 0.0),
        (MinP(0.01), 0.2),
        (Temperature(0), 0.0),
        (Temperature(1), 0.2),
        (Compose(TopP(0.6), Temperature(2)), 0.0),
    ],
)
def test_the_mass_that_is_needed_and_not_listed(sampler: Any, needs: float) -> None:
    """By how much the list is too short."""
    assert sampler.needs(candidates([0.5, 0.2, 0.1])) == pytest.approx(needs)
