"""The parser of expressions: recursive descent, one method a rule of the grammar.

The grammar stands in `lpwidgets.analysis.expression`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lpwidgets.analysis.words import Word, guess, unquoted, words, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["number", "text", "condition"]
Tree = Any
"""A tree as its JSON is; see the module."""

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
AGGREGATES = ("min", "max", "mean", "sum", "count")
_ARGUMENTS = {"abs": (1, 1), "log": (1, 1), "exp": (1, 1), "min": (2, 9), "max": (2, 9)}
_WORDS = {"and", "or", "not", "in", "is", "matches", "unknown", "known"}
_DEEPEST = 40


@dataclass(frozen=True)
class Scope:
    """The names an expression may use, and whether they are numbers or texts.

    With ``tokens`` it is a scope of whole generations, as `lpwidgets.analysis.checks`
    has it: ``p($.path)``, and min, max, mean, sum, count of what that scope knows.
    """

    names: Mapping[str, Kind]
    tokens: Scope | None = None


class _Node(NamedTuple):
    tree: Tree
    kind: Kind
    start: int
    stop: int


class Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._text = text
        self._scope = scope
        self._words = words(text)
        self._at = 0

    @property
    def word(self) -> Word:
        """The word that comes next."""
        return self._words[self._at]

    def error(self, said: str, word: Word) -> Exception:
        """Return an error that points at the word."""
        return wrong(said, self._text, word)

    def _next(self) -> Word:
        word = self.word
        self._at += word.kind != "end"
        return word

    def _take(self, *texts: str) -> str:
        if self.word.kind in {"sign", "name"} and self.word.text in texts:
            return self._next().text
        return ""

    def _close(self, sign: str, opened: Word) -> None:
        if not self._take(sign):
            if self.word.kind == "end":
                raise self.error(f"this {opened.text} is not closed", opened)
            msg = f"{sign} is missing before {self.word.text}"
            raise self.error(msg, self.word)

    def want(self, node: _Node, kind: Kind) -> _Node:
        """Return the node if it is of the kind, else raise what is wrong."""
        if node.kind == kind:
            return node
        word = Word("", "", node.start, node.stop)
        if kind == "condition":
            example = "== 'x'" if node.kind == "text" else "< 3"
            raise self.error(
                f"this is a {node.kind}, no condition: compare it, such as {example}",
                word,
            )
        raise self.error(f"this is a {node.kind}, where a {kind} is needed", word)

    def condition(self, depth: int) -> _Node:
        """Parse a condition, or a value where it ends without a comparison."""
        return self._joined("or", self._both, depth)

    def _both(self, depth: int) -> _Node:
        return self._joined("and", self._negated, depth)

    def _joined(self, word: str, part: Callable[[int], _Node], depth: int) -> _Node:
        node = part(depth)
        if self.word.text != word or self.word.kind != "name":
            return node
        parts = [self.want(node, "condition")]
        while self._take(word):
            parts.append(self.want(part(depth), "condition"))
        tree = [word, *(one.tree for one in parts)]
        return _Node(tree, "condition", node.start, parts[-1].stop)

    def _negated(self, depth: int) -> _Node:
        self._check(depth)
        start = self.word.start
        if self._take("not"):
            node = self.want(self._negated(depth + 1), "condition")
            return _Node(["not", node.tree], "condition", start, node.stop)
        return self._test(depth)

    def _test(self, depth: int) -> _Node:
        node = self._value(depth)
        if self.word.text in COMPARISONS:
            return self._compared(node, depth)
        word = self.word
        negated = bool(self._take("not"))
        if self._take("in"):
            node = self._contained(node)
        elif negated:
            raise self.error("after a value, not stands before in", word)
        elif self._take("~", "matches"):
            node = self._matched(node)
        elif self._take("is"):
            return self._known(node)
        tree = ["not", node.tree] if negated else node.tree
        return node._replace(tree=tree)

    def _compared(self, first: _Node, depth: int) -> _Node:
        pairs, left = [], first
        while (word := self.word).text in COMPARISONS and word.kind == "sign":
            self._next()
            right = self._value(depth)
            self._same_kind(left, right, word)
            pairs.append([word.text, left.tree, right.tree])
            left = right
        tree = pairs[0] if len(pairs) == 1 else ["and", *pairs]
        return _Node(tree, "condition", first.start, left.stop)

    def _same_kind(self, left: _Node, right: _Node, sign: Word) -> None:
        if "condition" in {left.kind, right.kind}:
            msg = "a condition is not compared; join conditions by and, or"
            raise self.error(msg, sign)
        if left.kind != right.kind:
            msg = f"a {left.kind} and a {right.kind} cannot be compared"
            quoted = "; a text stands in quotes" if left.kind == "text" else ""
            raise self.error(msg + quoted, Word("", "", left.start, right.stop))
        if left.kind == "text" and sign.text not in {"==", "!="}:
            raise self.error("texts are compared by ==, !=, in, or ~", sign)

    def _contained(self, node: _Node) -> _Node:
        opened = self.word
        if not self._take("["):
            msg = "a list stands after in, such as ['yes', 'no']"
            raise self.error(msg, opened)
        if node.kind == "condition":
            self.want(node, "number")
        items = []
        while self.word.text != "]" or self.word.kind != "sign":
            item = self.want(self._signed(0), node.kind)
            if isinstance(item.tree, list):
                msg = "a list holds only numbers and texts"
                raise self.error(msg, Word("", "", item.start, item.stop))
            items.append(item.tree)
            if not self._take(","):
                break
        self._close("]", opened)
        stop = self._words[self._at - 1].stop
        return _Node(["in", node.tree, *items], "condition", node.start, stop)

    def _matched(self, node: _Node) -> _Node:
        self.want(node, "text")
        word = self._next()
        if word.kind != "text":
            msg = r"a regular expression in quotes stands after ~, such as '^\d+$'"
            raise self.error(msg, word)
        pattern = unquoted(word.text)
        try:
            re.compile(pattern)
        except re.error as error:
            msg = f"this regular expression does not work: {error}"
            raise self.error(msg, word) from None
        return _Node(
            ["matches", node.tree, pattern], "condition", node.start, word.stop
        )

    def _known(self, node: _Node) -> _Node:
        negated = bool(self._take("not"))
        word = self._next()
        if word.text not in {"unknown", "known"}:
            raise self.error("after is stands unknown, known or not unknown", word)
        tree: Tree = ["unknown", node.tree]
        if negated is (word.text == "unknown"):
            tree = ["not", tree]
        return _Node(tree, "condition", node.start, word.stop)

    def _value(self, depth: int) -> _Node:
        return self._chain(("+", "-"), self._product, depth)

    def _product(self, depth: int) -> _Node:
        return self._chain(("*", "/"), self._signed, depth)

    def _chain(
        self, signs: tuple[str, str], part: Callable[[int], _Node], depth: int
    ) -> _Node:
        node = part(depth)
        while sign := self._take(*signs):
            left = self.want(node, "number")
            right = self.want(part(depth), "number")
            tree = [sign, left.tree, right.tree]
            node = _Node(tree, "number", left.start, right.stop)
        return node

    def _signed(self, depth: int) -> _Node:
        self._check(depth)
        start = self.word.start
        if not self._take("-"):
            return self._atom(depth)
        node = self.want(self._signed(depth + 1), "number")
        literal = not isinstance(node.tree, list)
        tree = -node.tree if literal else ["negative", node.tree]
        return _Node(tree, "number", start, node.stop)

    def _check(self, depth: int) -> None:
        if depth > _DEEPEST:
            msg = f"conditions are nested at most {_DEEPEST} deep"
            raise self.error(msg, self.word)

    def _atom(self, depth: int) -> _Node:
        word = self._next()
        if word.kind == "number":
            return _Node(self._number(word), "number", word.start, word.stop)
        if word.kind == "text":
            return _Node(unquoted(word.text), "text", word.start, word.stop)
        if word.kind == "name" and word.text not in _WORDS:
            called = self.word.text == "(" and self.word.kind == "sign"
            return self._call(word, depth) if called else self._name(word)
        if word.text == "(":
            node = self.condition(depth + 1)
            self._close(")", word)
            return node._replace(start=word.start, stop=self._words[self._at - 1].stop)
        raise self.error(self._no_value(word), word)

    def _no_value(self, word: Word) -> str:
        if word.kind == "path":
            return f"a path stands in p(…), such as p({word.text}) > 0.9"
        said = "the expression ends where" if word.kind == "end" else "before this,"
        return f"{said} a value is missing"

    def _number(self, word: Word) -> float:
        value = float(word.text)
        if math.isinf(value):
            raise self.error("this number is too large", word)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value

    def _name(self, word: Word) -> _Node:
        kind = self._scope.names.get(word.text)
        if kind is None:
            raise self.error(self._unknown_name(word), word)
        return _Node(["column", word.text], kind, word.start, word.stop)

    def _unknown_name(self, word: Word) -> str:
        name = word.text[:40]
        said = f"there is no {name}"
        if self._words[max(self._at - 2, 0)].text in {"==", "!="}:
            return f"{said}; a text stands in quotes: '{name}'"
        tokens = self._scope.tokens
        if tokens is not None and name in tokens.names:
            return f"{said} of a whole answer; write min({name}), max({name}), …"
        return f"{said}; {guess(name, self._scope.names)}"

    def _call(self, word: Word, depth: int) -> _Node:
        if self._scope.tokens is not None and word.text == "p":
            return self._path(word)
        if self._scope.tokens is not None and word.text in AGGREGATES:
            return self._aggregate(word, self._scope.tokens, depth)
        if word.text not in _ARGUMENTS:
            known = [*_ARGUMENTS, *(("p", *AGGREGATES) if self._scope.tokens else ())]
            msg = f"there is no function {word.text}; {guess(word.text, known)}"
            raise self.error(msg, word)
        opened = self._next()
        arguments = [self.want(self._value(depth + 1), "number").tree]
        while self._take(","):
            arguments.append(self.want(self._value(depth + 1), "number").tree)
        self._close(")", opened)
        least, most = _ARGUMENTS[word.text]
        if not least <= len(arguments) <= most:
            many = "one number" if most == 1 else "two numbers or more"
            raise self.error(f"{word.text} takes {many}", word)
        stop = self._words[self._at - 1].stop
        return _Node(["call", word.text, *arguments], "number", word.start, stop)

    def _path(self, word: Word) -> _Node:
        opened, path = self._next(), self._next()
        if path.kind != "path":
            raise self.error("a path stands in p(…), such as $.total", path)
        self._close(")", opened)
        stop = self._words[self._at - 1].stop
        return _Node(["p", path.text], "number", word.start, stop)

    def _aggregate(self, word: Word, tokens: Scope, depth: int) -> _Node:
        outer, self._scope = self._scope, tokens
        opened = self._next()
        wanted: Kind = "condition" if word.text == "count" else "number"
        argument = self.want(self.condition(depth + 1), wanted)
        self._close(")", opened)
        self._scope = outer
        stop = self._words[self._at - 1].stop
        return _Node([word.text, argument.tree], "number", word.start, stop)
