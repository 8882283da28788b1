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
    from lpwidgets.analysis.calibration.maps import CalibrationMap, load_calibration
    from lpwidgets.analysis.choices import Choices
    from lpwidgets.client.async_client import AsyncClient
    from lpwidgets.client.client import Client
    from lpwidgets.client.doctor.profile import Profile
    from lpwidgets.client.doctor.visit import doctor, profile_of
    from lpwidgets.display.show import show
    from lpwidgets.display.widget import TokensWidget
    from lpwidgets.errors import CheckFailed, LpError
    from lpwidgets.generation import Generation, Generations
    from lpwidgets.meta import Meta, Status
    from lpwidgets.reading.read import read
    from lpwidgets.wire.records import Part

__version__ = "0.1.0"

_HOMES = {
    "AsyncClient": "lpwidgets.client.async_client",
    "Calibration": "lpwidgets.analysis.calibration.calibrate",
    "CalibrationMap": "lpwidgets.analysis.calibration.maps",
    "Choices": "lpwidgets.analysis.choices",
    "CheckFailed": "lpwidgets.errors",
    "Client": "lpwidgets.client.client",
    "Generation": "lpwidgets.generation",
    "Generations": "lpwidgets.generation",
    "LpError": "lpwidgets.errors",
    "Meta": "lpwidgets.meta",
    "Part": "lpwidgets.wire.records",
    "Profile": "lpwidgets.client.doctor.profile",
    "Status": "lpwidgets.meta",
    "TokensWidget": "lpwidgets.display.widget",
    "calibrate": "lpwidgets.analysis.calibration.calibrate",
    "doctor": "lpwidgets.client.doctor.visit",
    "load_calibration": "lpwidgets.analysis.calibration.maps",
    "profile_of": "lpwidgets.client.doctor.visit",
    "read": "lpwidgets.reading.read",
    "show": "lpwidgets.display.show",
}

__all__ = [
    "AsyncClient",
    "Calibration",
    "CalibrationMap",
    "CheckFailed",
    "Choices",
    "Client",
    "Generation",
    "Generations",
    "LpError",
    "Meta",
    "Part",
    "Profile",
    "Status",
    "TokensWidget",
    "calibrate",
    "doctor",
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
