"""The colours from certain to uncertain, for the widget and the static fallback alike.

One hue that only gets darker (or lighter, on dark pages): the order is read from
lightness, so it survives every colour-vision deficiency. Body text keeps a contrast of
4.5 : 1 on each.
"""

from __future__ import annotations

Stops = tuple[str, ...]

LIGHT: Stops = ("#ffffff", "#fdebd3", "#f9c98f", "#f0a04f", "#d9702b")
DARK: Stops = ("#111111", "#2f2213", "#553514", "#7b4510", "#9c520e")
INK = {LIGHT: "#1f1f1f", DARK: "#ececec"}
STEPS = 32


def color(share: float, stops: Stops = LIGHT) -> str:
    """Return the colour at `share` of the way from certain (0) to uncertain (1).

    >>> color(0.0), color(1.0), color(0.5)
    ('#ffffff', '#d9702b', '#f9c98f')
    """
    position = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    low, high = _channels(stops[index]), _channels(stops[index + 1])
    mixed = (a + (b - a) * (position - index) for a, b in zip(low, high, strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def css() -> str:
    """Return the colours as the stylesheet that the views share.

    ``js/src/styles/palette.css`` is a copy of it, which a test compares.
    """
    values = [
        f"{selector} {{\n{_declarations(stops)}}}\n"
        for selector, stops in ((".lpw", LIGHT), ('.lpw[data-theme="dark"]', DARK))
    ]
    classes = [
        f".lpw .lpw-c{step} {{\n  background-color: var(--lpw-step-{step});\n"
        "  color: var(--lpw-on-step);\n}\n"
        for step in range(1, STEPS)
    ]
    return "\n".join([*values, *classes])


def _declarations(stops: Stops) -> str:
    steps = [color(step / (STEPS - 1), stops) for step in range(STEPS)]
    values = {f"step-{step}": value for step, value in enumerate(steps)}
    values |= {
        "on-step": INK[stops],
        "gradient": f"linear-gradient(to right, {', '.join(stops)})",
    }
    return "".join(f"  --lpw-{name}: {value};\n" for name, value in values.items())


def _channels(code: str) -> tuple[int, ...]:
    return tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))
