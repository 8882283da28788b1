"""Stop rules: a condition on tokens that has to hold for some of them in a row.

::

    rule = condition ["for" NUMBER ("token" | "tokens")]

such as ``entropy_low > 2 for 3 tokens``; `lpwidgets.analysis.expression` has the
conditions. It is judged over the tokens that the model chose. One for which it is
unknown ends a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.analysis.evaluate import truth
from lpwidgets.analysis.parser import Parser, Tree
from lpwidgets.analysis.selection import column, scope
from lpwidgets.analysis.words import Word, words, wrong
from lpwidgets.errors import InputError
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from lpwidgets.generation import Generation


@dataclass(frozen=True)
class StopRule:
    """A rule: ``tokens`` in a row for which the condition ``tree`` is true."""

    text: str
    tree: Tree = field(repr=False)
    tokens: int = 1


def parse_rule(text: object) -> StopRule:
    """Parse a stop rule.

    Raises
    ------
    InputError
        It is none; the message points at the word.

    >>> parse_rule("entropy_low > 2 for 3 tokens").tokens
    3
    """
    if not isinstance(text, str) or not text.strip():
        msg = f"a stop rule is such as 'entropy_low > 2 for 3 tokens', not {text!r:.40}"
        raise InputError(msg)
    parser = Parser(text, scope())
    node = parser.condition(0)
    parser.want(node, "condition")
    rest = [word for word in words(text) if word.start >= parser.word.start]
    return StopRule(text.strip(), node.tree, _count(text, rest))


def _count(text: str, rest: list[Word]) -> int:
    """Return the number in what follows the condition, 1 if nothing does."""
    if rest[0].kind == "end":
        return 1
    if rest[0].text != "for":
        said = (
            "after the condition stands how long it has to hold, such as for 3 tokens"
        )
        raise wrong(
            f"{said}; two conditions are joined by and, or by or", text, rest[0]
        )
    number = rest[1]
    if not number.text.isdecimal() or not int(number.text):
        raise wrong("for how many tokens? a whole number from 1", text, number)
    unit = rest[2]
    if unit.text not in {"token", "tokens"}:
        raise wrong(f"write for {number.text} tokens", text, unit)
    if rest[3].kind != "end":
        raise wrong("a rule ends after for … tokens", text, rest[3])
    return int(number.text)


class Watch:
    """A rule looking at an answer that grows; each token is judged once.

    Parameters
    ----------
    rule
        What to look for.
    """

    def __init__(self, rule: StopRule) -> None:
        self.rule = rule
        self._seen = 0
        self._run = 0
        self.judged = 0
        """Tokens judged so far."""
        self.unknown = 0
        """Those among them for which the condition is unknown."""
        self.at = -1
        """The position at which the rule came true, −1 if it has not."""

    def look(self, generation: Generation) -> bool:
        """Judge the tokens that are new, and say whether the rule came true."""
        start, self._seen = self._seen, len(generation)
        new = generation[start:]
        if self.at >= 0 or not len(new):
            return self.at >= 0

        def leaf(tree: Tree) -> Any:
            values = column(tree[1], new, generation.meta.choice)
            return values + start if tree[1] == "position" else values

        result = truth(self.rule.tree, leaf)
        true, false = (np.broadcast_to(one, len(new)) for one in result)
        given = np.isin(new.columns.part, (Part.PROMPT, Part.FORCED))
        for place in np.flatnonzero(~given).tolist():
            self.judged += 1
            self.unknown += not (true[place] or false[place])
            self._run = self._run + 1 if true[place] else 0
            if self._run == self.rule.tokens:
                self.at = start + place
                return True
        return False

    def note(self, *, closed: bool) -> str:
        """Return what happened in words; `closed` says whether it ended the answer."""
        said = []
        if self.at >= 0:
            how = "stopped" if closed else "held, when all of the answer had come,"
            said.append(f"stop_when {how} at token {self.at}: {self.rule.text}")
        if self.unknown:
            said.append(
                f"stop_when could not be judged at {self.unknown} of {self.judged} "
                "tokens: the server did not tell what it needs"
            )
        return "; ".join(said)
