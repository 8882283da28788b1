"""`Leaf`: one text of a tree, whole again when it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.generation import Generation, TokenRow
from lpwidgets.pieces import display_text
from lpwidgets.tree.planting import spelled
from lpwidgets.tree.sheet import Run, Sheet
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.columns import Columns
    from lpwidgets.meta import Status
    from lpwidgets.tree.node import End, Node, Path

_LARGEST = 700.0
"""Raw logits may be above any log probability; exp can still say this one."""

_SHOWN = 40
"""Characters of the text in a repr."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """One text of a tree, as the tree was when it was asked for.

    Attributes
    ----------
    path
        The nodes from the root to the one in which it ends.
    """

    path: Path
    end: End

    def __len__(self) -> int:
        return self.path[-1].stop

    @property
    def name(self) -> str:
        """What it is called in its tree."""
        return self.end.name

    @property
    def node(self) -> Node:
        """The node in which it ends."""
        return self.path[-1]

    @property
    def status(self) -> Status:
        """How it ended."""
        return self.end.meta.status

    @property
    def position(self) -> int:
        """Where it leaves the texts beside it; its length where it leaves none."""
        own = not self.node.children and len(self.node.ends) == 1
        return self.node.start if own else len(self)

    @property
    def generation(self) -> Generation:
        """The whole text, equal to the one that was added."""
        bare = Generation(self._columns(), self.end.meta, None)
        if self.end.texts is None:
            return bare
        texts = {
            part: said if isinstance(said, str) else spelled(bare, part)[slice(*said)]
            for part, said in self.end.texts.items()
        }
        return Generation(bare.columns, bare.meta, texts)

    def shown(self, position: int) -> TokenRow:
        """Return a token as the tree keeps it, values of its own aside.

        Raises
        ------
        IndexInputError
            There is no such position.
        """
        node = next((one for one in self.path if position < one.stop), self.node)
        row = node.tokens[position - node.start]
        return row._replace(position=position)

    @property
    def text(self) -> str:
        """The answer, as ``generation.text``."""
        said = (self.end.texts or {}).get(Part.GENERATED)
        if isinstance(said, str):
            return said
        spoken = np.isin(self._values("part"), (Part.GENERATED, Part.FORCED))
        data = b"".join(np.array(self._pieces(), dtype=object)[spoken])
        if self.end.texts is None:
            return display_text(data)
        return data.decode("utf-8", "replace")[slice(*said)] if said else ""

    def _pieces(self) -> list[bytes]:
        """Return the bytes of each token."""
        runs = [node.run for node in self.path]
        return [
            one.columns.pieces[code]
            for one in runs
            for code in one.columns.token[one.start : one.stop]
        ]

    def _values(self, column: str) -> NDArray[Any]:
        """Return a column of all its tokens, shape (n,)."""
        runs = [node.run for node in self.path]
        whole = [getattr(one.columns, column)[one.start : one.stop] for one in runs]
        values = np.concatenate(whole)
        if self.end.own:
            values[self.end.own.positions] = getattr(self.end.own.columns, column)
        return values

    def _columns(self) -> Columns:
        sheet, own = Sheet(), self.end.own
        for node in self.path:
            sheet.extend(node.run)
        if own is None:
            return sheet.columns(trim=True)
        rows = np.arange(len(self))
        rows[own.positions] = len(self) + np.arange(len(own.positions))
        sheet.extend(Run(own.columns, 0, len(own.positions)))
        return sheet.columns().take(rows)

    @property
    def logprobs(self) -> NDArray[np.float64]:
        """Log probabilities of all its tokens, nats, shape (n,); NaN unknown."""
        return self._values("logprob")

    @property
    def logprob(self) -> float:
        """Its mass: the log of the product of the probabilities along it, in nats.

        Of all tokens after the prompt, those that were forced too; NaN if one is
        unknown.
        """
        answer = self._values("part") != Part.PROMPT
        return float(self.logprobs[answer].sum())

    @property
    def probability(self) -> float:
        """exp(`logprob`)."""
        return math.exp(min(self.logprob, _LARGEST))

    def __repr__(self) -> str:
        tail = self.node.text
        shown = tail if len(tail) <= _SHOWN else f"{tail[: _SHOWN - 1]}…"
        facts = [f"{len(self)} tokens", f"from {self.node.start} on {shown!r}"]
        if not math.isnan(self.logprob):
            facts.append(f"{self.logprob:.4g} nats")
        return f"<Leaf {self.name!r} · {' · '.join(facts)} · {self.status}>"


class Parting(NamedTuple):
    """Where two texts part: the position, and the token of each there.

    A text that ends there has None; two equal texts part at their end.
    """

    position: int
    one: TokenRow | None
    other: TokenRow | None

    @property
    def probabilities(self) -> tuple[float, float]:
        """What the model gave to each token; NaN unknown, or no token."""
        return _probability(self.one), _probability(self.other)


def _probability(row: TokenRow | None) -> float:
    return math.nan if row is None else math.exp(min(row.logprob, _LARGEST))


def compared(a: Leaf, b: Leaf) -> Parting:
    """Return where two leaves of one tree part."""
    pairs = zip(a.path, b.path, strict=False)
    common = [one for one, other in pairs if one is other]
    position = common[-1].stop
    return Parting(position, _row(a, position), _row(b, position))


def _row(leaf: Leaf, position: int) -> TokenRow | None:
    return leaf.generation[position] if position < len(leaf) else None
