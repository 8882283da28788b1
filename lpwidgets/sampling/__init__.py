"""Your own sampler over a server: `lpwidgets.Client.sample` takes these.

A sampler is anything that is called with the `Candidates` of a position and returns
which one to take, or a probability for each.
"""

from __future__ import annotations

from lpwidgets.sampling.base import Sampler, Second
from lpwidgets.sampling.candidates import Candidates, Context
from lpwidgets.sampling.chains import Compose
from lpwidgets.sampling.constrained import Choices, Regex
from lpwidgets.sampling.cutting import XTC, MinP, TopK, TopNSigma, TopP, Typical
from lpwidgets.sampling.penalties import DRY, RepetitionPenalty
from lpwidgets.sampling.shaping import EntropyGated, Mirostat, Temperature
from lpwidgets.sampling.twofold import Contrastive, Guidance

__all__ = [
    "DRY",
    "XTC",
    "Candidates",
    "Choices",
    "Compose",
    "Context",
    "Contrastive",
    "EntropyGated",
    "Guidance",
    "MinP",
    "Mirostat",
    "Regex",
    "RepetitionPenalty",
    "Sampler",
    "Second",
    "Temperature",
    "TopK",
    "TopNSigma",
    "TopP",
    "Typical",
]
