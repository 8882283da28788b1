"""Token log probabilities in notebooks: live, hoverable, and ready to compute with.

>>> import lpwidgets as lp
>>> client = lp.Client("local")                          # doctest: +SKIP
>>> gen = client.generate("Say hello in one word")       # doctest: +SKIP
>>> gen.to_pandas()                                      # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from lpwidgets.analysis.calibration.calibrate import Calibration, calibrate
    from lpwidgets.analysis.calibration.maps import (
        CalibrationMap,
        calibrations,
        load_calibration,
    )
    from lpwidgets.analysis.choices import Choices
    from lpwidgets.analysis.comparing import Comparison
    from lpwidgets.analysis.deciding import Deciding
    from lpwidgets.analysis.lattice import Lattice, lattice
    from lpwidgets.analysis.ranked import Ranked
    from lpwidgets.client.async_client import AsyncClient
    from lpwidgets.client.client import Client
    from lpwidgets.client.doctor.profile import Profile
    from lpwidgets.client.doctor.visit import doctor, profile_of
    from lpwidgets.display.compare import CompareWidget, compare
    from lpwidgets.display.fields_widget import FieldsWidget
    from lpwidgets.display.label_widget import LabelWidget, label
    from lpwidgets.display.show import show
    from lpwidgets.display.step_widget import StepWidget
    from lpwidgets.display.table_widget import TableWidget
    from lpwidgets.display.tree_widget import TreeWidget
    from lpwidgets.display.widget import TokensWidget
    from lpwidgets.errors import CheckFailed, LpError
    from lpwidgets.generation import Generation, Generations
    from lpwidgets.meta import Meta, Status
    from lpwidgets.reading.read import read
    from lpwidgets.searching.budget import Budget
    from lpwidgets.stepping.guesses import Guess
    from lpwidgets.stepping.stepping import Stepping, guessing
    from lpwidgets.tree.tree import Tree
    from lpwidgets.wire.records import Part

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "lpwidgets.client.async_client",
    "Budget": "lpwidgets.searching.budget",
    "Calibration": "lpwidgets.analysis.calibration.calibrate",
    "CalibrationMap": "lpwidgets.analysis.calibration.maps",
    "Choices": "lpwidgets.analysis.choices",
    "CheckFailed": "lpwidgets.errors",
    "Client": "lpwidgets.client.client",
    "CompareWidget": "lpwidgets.display.compare",
    "Comparison": "lpwidgets.analysis.comparing",
    "Deciding": "lpwidgets.analysis.deciding",
    "FieldsWidget": "lpwidgets.display.fields_widget",
    "Generation": "lpwidgets.generation",
    "Generations": "lpwidgets.generation",
    "Guess": "lpwidgets.stepping.guesses",
    "LabelWidget": "lpwidgets.display.label_widget",
    "Lattice": "lpwidgets.analysis.lattice",
    "LpError": "lpwidgets.errors",
    "Meta": "lpwidgets.meta",
    "Part": "lpwidgets.wire.records",
    "Profile": "lpwidgets.client.doctor.profile",
    "Ranked": "lpwidgets.analysis.ranked",
    "Status": "lpwidgets.meta",
    "StepWidget": "lpwidgets.display.step_widget",
    "Stepping": "lpwidgets.stepping.stepping",
    "TableWidget": "lpwidgets.display.table_widget",
    "TokensWidget": "lpwidgets.display.widget",
    "Tree": "lpwidgets.tree.tree",
    "TreeWidget": "lpwidgets.display.tree_widget",
    "calibrate": "lpwidgets.analysis.calibration.calibrate",
    "calibrations": "lpwidgets.analysis.calibration.maps",
    "compare": "lpwidgets.display.compare",
    "doctor": "lpwidgets.client.doctor.visit",
    "guessing": "lpwidgets.stepping.stepping",
    "label": "lpwidgets.display.label_widget",
    "lattice": "lpwidgets.analysis.lattice",
    "load_calibration": "lpwidgets.analysis.calibration.maps",
    "profile_of": "lpwidgets.client.doctor.visit",
    "read": "lpwidgets.reading.read",
    "show": "lpwidgets.display.show",
}

__all__ = [
    "AsyncClient",
    "Budget",
    "Calibration",
    "CalibrationMap",
    "CheckFailed",
    "Choices",
    "Client",
    "CompareWidget",
    "Comparison",
    "Deciding",
    "FieldsWidget",
    "Generation",
    "Generations",
    "Guess",
    "LabelWidget",
    "Lattice",
    "LpError",
    "Meta",
    "Part",
    "Profile",
    "Ranked",
    "Status",
    "StepWidget",
    "Stepping",
    "TableWidget",
    "TokensWidget",
    "Tree",
    "TreeWidget",
    "calibrate",
    "calibrations",
    "compare",
    "doctor",
    "guessing",
    "label",
    "lattice",
    "load_calibration",
    "profile_of",
    "read",
    "show",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module 'lpwidgets' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%%lp``, ``%lp``, ``%%logprobs`` and their completion."""
    from lpwidgets.display.magic import register

    register(shell)
