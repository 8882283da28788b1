"""How far apart the palette's colours are to those who see them differently.

Colours are told apart by ΔE OK: the distance in OKLab (Ottosson 2020), in hundredths;
CSS Color 4 calls 2 just noticeable. Deficiencies are simulated as in Machado, Oliveira
and Fernandes (2009) at severity 1. Run ``python -m benchmarks.colors``.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lpwidgets.display.palette import DARK, INK, LIGHT, STEPS, color

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lpwidgets.display.palette import Stops

    Colors = NDArray[np.float64]

VISIONS = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_KNEE = 0.04045
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Figures(NamedTuple):
    """Least ΔE OK between a palette's stops, and between neighbours of its steps."""

    adjacent: float
    any_two: float
    steps: float


def linear(codes: Sequence[str]) -> Colors:
    """Return sRGB codes as linear light, shape (n, 3)."""
    values = [[int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)] for code in codes]
    rgb = np.array(values)
    return np.where(rgb <= _KNEE, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def oklab(light: Colors) -> Colors:
    """Return linear light in OKLab, in hundredths, shape (n, 3)."""
    return np.asarray(100.0 * np.cbrt(light @ _TO_LMS.T) @ _TO_LAB.T)


def seen(codes: Sequence[str], vision: str) -> Colors:
    """Return what colours look like, in OKLab, shape (n, 3)."""
    return oklab(np.clip(linear(codes) @ VISIONS[vision].T, 0.0, 1.0))


def figures(stops: Stops, vision: str) -> Figures:
    """Return how far apart a palette's colours are."""
    lab = seen(stops, vision)
    every = seen(steps(stops), vision)
    return Figures(
        min(float(np.linalg.norm(a - b)) for a, b in pairwise(lab)),
        min(float(np.linalg.norm(a - b)) for a, b in combinations(lab, 2)),
        min(float(np.linalg.norm(a - b)) for a, b in pairwise(every)),
    )


def steps(stops: Stops) -> list[str]:
    """Return every step of a palette, as the stylesheet has them."""
    return [color(step / (STEPS - 1), stops) for step in range(STEPS)]


def contrasts(stops: Stops) -> list[float]:
    """Return the contrast ratio of text on each step (WCAG 2.2)."""
    ink, *grounds = linear([INK[stops], *steps(stops)]) @ _LUMINANCE + 0.05
    return [float(max(ink, ground) / min(ink, ground)) for ground in grounds]


def main() -> None:
    """Print the figures."""
    print("least ΔE OK       stops next    any two stops    steps next")
    for name, stops in (("light", LIGHT), ("dark", DARK)):
        for vision in VISIONS:
            row = figures(stops, vision)
            print(f"{name:6}{vision:10}" + "".join(f"{one:12.2f}    " for one in row))
    for name, stops in (("light", LIGHT), ("dark", DARK)):
        ratios = contrasts(stops)
        ends = f"{ratios[0]:.1f} … {ratios[-1]:.1f}"
        print(f"contrast of text, {name}: {ends}, least {min(ratios):.2f} : 1")


if __name__ == "__main__":
    main()
