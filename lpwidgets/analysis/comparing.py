"""`Comparison`: what texts have in common byte by byte, where they part, at what cost.

What is compared is what the models said: reasoning, answer, tool calls, forced tokens.
Two tokenizers cut one text differently, so the unit is a stretch: the fewest bytes that
begin and end where tokens of both do. Every token is in one stretch, whole, so that
surprisals add up. Of several texts each is compared with the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lpwidgets.analysis.cutting import said
from lpwidgets.analysis.naming import names_of
from lpwidgets.analysis.stretching import Stretch, Text, stretched
from lpwidgets.errors import InputError
from lpwidgets.pieces import display_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lpwidgets.analysis.stretching import Fork
    from lpwidgets.generation import Generation


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """Several texts, each compared with the first; see `lpwidgets.compare`.

    Parameters
    ----------
    generations
        What is compared.
    names
        What to call them.
    stretches
        All of the second text, then all of the third, and so on.
    forks
        Of the second text, of the third, …; None if nothing is known to differ.
    """

    generations: tuple[Generation, ...]
    names: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    forks: tuple[Fork | None, ...]

    @property
    def fork(self) -> Fork | None:
        """The first byte where any text differs, or the largest divergence if none."""
        found = [fork for fork in self.forks if fork]
        texts = [fork for fork in found if fork.kind == "text"]
        if texts:
            return min(texts, key=lambda fork: fork.byte)
        return max(found, key=lambda fork: fork.divergence, default=None)

    @property
    def bits_per_byte(self) -> tuple[float, ...]:
        """The score of that name of each text; NaN unknown."""
        return tuple(one.score("bits_per_byte") for one in self.generations)

    def against(self, generation: int) -> tuple[Stretch, ...]:
        """Return the stretches of one text, 1 for the second."""
        return tuple(one for one in self.stretches if one.generation == generation)

    def to_pandas(self) -> pd.DataFrame:
        """Return a row a stretch: its fields, ``delta``, and the ``text`` of both."""
        import pandas as pd

        texts = [said(one).text for one in self.generations]
        frame = pd.DataFrame(self.stretches, columns=list(Stretch._fields))
        first, other = _texts(texts, self.stretches)
        frame.insert(1, "name", [self.names[one.generation] for one in self.stretches])
        frame.insert(3, "text", first)
        frame.insert(4, "other_text", other)
        return frame.assign(delta=frame.other_bits_per_byte - frame.bits_per_byte)

    def __repr__(self) -> str:
        from lpwidgets.display.compare_html import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        from lpwidgets.display.compare import CompareWidget

        return CompareWidget(self)._repr_mimebundle_()


def _texts(
    texts: Sequence[bytes], stretches: Sequence[Stretch]
) -> tuple[list[str], list[str]]:
    first = [display_text(texts[0][one.start : one.stop]) for one in stretches]
    other = [
        display_text(texts[one.generation][one.other_start : one.other_stop])
        for one in stretches
    ]
    return first, other


def comparison(
    generations: Sequence[Generation], names: Sequence[str] | None = None
) -> Comparison:
    """Return the comparison of generations with the first; see `lpwidgets.compare`.

    Raises
    ------
    InputError
        There are fewer than two, one has no tokens, or there are not as many names.
    """
    if len(generations) < 2:  # noqa: PLR2004
        msg = f"to compare takes at least two generations, there is {len(generations)}"
        raise InputError(msg)
    called = names_of(generations, names)
    first, *others = [_text(number, one) for number, one in enumerate(generations)]
    pairs = [stretched(first, other, k) for k, other in enumerate(others, start=1)]
    stretches = tuple(one for found, _ in pairs for one in found)
    forks = tuple(fork for _, fork in pairs)
    return Comparison(tuple(generations), called, stretches, forks)


def _text(number: int, generation: Generation) -> Text:
    try:
        return Text(generation.columns, said(generation))
    except InputError as error:
        msg = f"generation {number + 1} of those to compare {error}"
        raise InputError(msg) from None
