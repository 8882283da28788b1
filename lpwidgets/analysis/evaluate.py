"""What an expression says of every row: true, false, or unknown."""

from __future__ import annotations

import operator
import re
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.analysis.parser import AGGREGATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lpwidgets.analysis.parser import Tree

    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]


class Texts(NamedTuple):
    """A column of texts: distinct ``values``, and the index of each row's, shape (n,).

    A condition looks at each distinct text once, however many rows have it.
    """

    values: NDArray[np.object_]
    codes: NDArray[np.integer[Any]]

    def where(self, holds: Callable[[str], bool]) -> Mask:
        """Return the rows whose text it holds for."""
        each = np.fromiter(map(holds, self.values), dtype=bool, count=len(self.values))
        rows: Mask = each[self.codes]
        return rows


class Truth(NamedTuple):
    """Where a condition is true and where it is false; elsewhere it is unknown."""

    true: Mask
    false: Mask

    @property
    def unknown(self) -> Mask:
        """Where it is neither."""
        return ~(self.true | self.false)


_ORDER = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "negative": np.negative,
    "abs": np.abs,
    "log": np.log,
    "exp": np.exp,
    "min": np.minimum,
    "max": np.maximum,
}


def truth(tree: Tree, special: Callable[[Tree], Any]) -> Truth:
    """Return where a condition holds.

    Parameters
    ----------
    tree
        The tree of an `lpwidgets.analysis.expression.Expression`.
    special
        Returns the values of a ``["column", name]`` (and, for whole generations, of a
        ``["p", path]`` or an aggregate): float64, NaN unknown, or `Texts`.
    """
    with np.errstate(all="ignore"):
        return _Evaluation(special).truth(tree)


def values(tree: Tree, special: Callable[[Tree], Any]) -> Any:
    """Return the values of a number, as `truth` would compare them."""
    with np.errstate(all="ignore"):
        return _Evaluation(special).value(tree)


class _Evaluation:
    def __init__(self, special: Callable[[Tree], Any]) -> None:
        self._special = special
        self._known: dict[str, Any] = {}

    def truth(self, tree: Tree) -> Truth:
        head, *rest = tree
        if head in {"and", "or", "not"}:
            return self._joined(head, [self.truth(branch) for branch in rest])
        if head == "unknown":
            unknown = self._unknown(rest[0])
            return Truth(unknown, ~unknown)
        if head in _ORDER:
            return self._compared(head, *map(self.value, rest))
        subject = self.value(rest[0])
        if head == "in":
            return self._contained(subject, rest[1:])
        finds = re.compile(rest[1]).search
        return _decided(_where(subject, lambda text: finds(text) is not None))

    def _joined(self, head: str, parts: list[Truth]) -> Truth:
        if head == "not":
            return Truth(parts[0].false, parts[0].true)
        trues = [part.true for part in parts]
        falses = [part.false for part in parts]
        if head == "and":
            return Truth(reduce(np.logical_and, trues), reduce(np.logical_or, falses))
        return Truth(reduce(np.logical_or, trues), reduce(np.logical_and, falses))

    def _unknown(self, tree: Tree) -> Mask:
        if isinstance(tree, list) and tree[0] in _CONDITIONS:
            return self.truth(tree).unknown
        value = self.value(tree)
        if isinstance(value, Texts):
            return np.zeros(np.shape(value.codes), dtype=bool)
        return np.zeros((), dtype=bool) if isinstance(value, str) else np.isnan(value)

    def _compared(self, sign: str, left: Any, right: Any) -> Truth:
        if isinstance(left, str | Texts):
            equal = _equal(left, right)
            return _decided(equal if sign == "==" else ~equal)
        true = np.asarray(_ORDER[sign](left, right))
        known = ~(np.isnan(left) | np.isnan(right))
        return Truth(true & known, ~true & known)

    def _contained(self, subject: Any, items: list[Any]) -> Truth:
        if isinstance(subject, str | Texts):
            return _decided(_where(subject, set(items).__contains__))
        known = ~np.isnan(subject)
        true = np.isin(subject, items)
        return Truth(true & known, ~true & known)

    def value(self, tree: Tree) -> Any:
        """Return the values of a number or text: float64, `Texts`, or a `str`."""
        if not isinstance(tree, list):
            return tree if isinstance(tree, str) else np.float64(tree)
        head, *rest = tree
        if head == "call":
            head, *rest = rest
        elif head in _LEAVES:
            key = repr(tree)
            if key not in self._known:
                self._known[key] = self._special(tree)
            return self._known[key]
        values = [self.value(branch) for branch in rest]
        function = _ARITHMETIC[head]
        return reduce(function, values) if len(values) > 1 else function(values[0])


_LEAVES = {"column", "p", *AGGREGATES}
_CONDITIONS = {*_ORDER, "and", "or", "not", "in", "matches", "unknown"}


def _decided(true: Mask) -> Truth:
    return Truth(true, ~true)


def _where(subject: Texts | str, holds: Callable[[str], bool]) -> Mask:
    if isinstance(subject, str):
        return np.asarray(holds(subject))
    return subject.where(holds)


def _equal(left: Texts | str, right: Texts | str) -> Mask:
    if isinstance(left, str):
        return _where(right, left.__eq__)
    if isinstance(right, str):
        return _where(left, right.__eq__)
    same: Mask = left.values[left.codes] == right.values[right.codes]
    return same
