"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lpwidgets.generation import Generations
from lpwidgets.sampling import Candidates, Context
from tests.make_generation import generation, token

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "lpwidgets").rglob("*.py")
    if ">>> " in path.read_text()
)
LISTED = [("a", math.log(1 / 2)), ("b", math.log(1 / 4)), ("c", math.log(1 / 8))]


HALVES = Candidates(np.arange(3), (b"a", b"bc", b"c"), np.log([1 / 2, 1 / 4, 1 / 8]))
CANDIDATES = {
    "halves": HALVES,
    "said_a": replace(HALVES, context=Context(ids=(0,))),
    "said_aba": replace(HALVES, context=Context(ids=(1, 0, 1))),
    "against_a": replace(HALVES, second=np.log([1 / 2, 1 / 4, 1 / 8])),
}
"""Tokens 0, 1 and 2 of an eighth less than all mass, and what was said before."""


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_an_example_shows_what_comes_out(name: str) -> None:
    """``gen`` is one token of probability 1/2, with 1/4 and 1/8 beside it.

    ``gens`` are three of these and one of the second. Samplers see `CANDIDATES`.
    """
    gen = generation(token("a", math.log(1 / 2), LISTED))
    other = generation(token("b", math.log(1 / 4), LISTED))
    examples = {"gen": gen, "gens": Generations([gen, gen, gen, other]), **CANDIDATES}
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, extraglobs=examples)
    assert tried > 0
    assert failed == 0
