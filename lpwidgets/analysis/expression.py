r"""Conditions on tokens, such as ``logprob < -3 and part == 'generated'``.

The same expression filters tokens here, rows of a DataFrame, and tokens in the browser,
so this is all of its grammar, in which ``*`` repeats and ``[ ]`` is optional::

    condition  = both ("or" both)*
    both       = negated ("and" negated)*
    negated    = "not" negated | test
    test       = value (COMPARE value)*             -3 < logprob <= -1
               | value ["not"] "in" "[" literal ("," literal)* "]"
               | value ("~" | "matches") TEXT       a regular expression, found anywhere
               | (value | "(" condition ")") "is" ["not"]
                 ("unknown" | "known")
               | "(" condition ")"
    value      = product (("+" | "-") product)*
    product    = signed (("*" | "/") signed)*
    signed     = "-" signed | atom
    atom       = NUMBER | TEXT | NAME | FUNCTION "(" value ("," value)* ")"
               | "(" value ")"
    COMPARE    = "<" | "<=" | ">" | ">=" | "==" | "!="
    FUNCTION   = "abs" | "log" | "exp" | "min" | "max"

TEXT stands in single or double quotes; ``\n``, ``\r``, ``\t``, ``\\`` and a quote
after a backslash mean one character, any other backslash stays, so that ``'^\d+$'`` is
what it looks like. Texts are only compared with ``==``, ``!=``, ``in`` and ``~``; a
regular expression keeps to what Python and JavaScript have in common. Numbers are IEEE
doubles.

**Unknown.** What a server did not tell is unknown (NaN), and so is any arithmetic and
comparison with it. Truth has three values, as in SQL: ``not`` unknown is unknown,
``and`` is false if one side is, ``or`` true if one side is, else unknown if one side
is. Only what is true is selected: neither ``x < 3`` nor ``not x < 3`` selects an
unknown x; ``x is unknown`` does, and is itself always known.

**As JSON.** A number and a text stand for themselves; all else is a list whose first
item says what it is: ``["column", name]``, ``["and", a, b, …]``, ``["or", a, b, …]``,
``["not", a]``, a comparison ``["<", a, b]``, ``["in", a, x, …]``, ``["matches", a,
regex]``, ``["unknown", a]``, arithmetic ``["+", a, b]``, ``["negative", a]``,
``["call", function, a, …]``. A chain of comparisons is their ``and``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from lpwidgets.analysis.parser import AGGREGATES, Parser, Scope, Tree
from lpwidgets.analysis.words import Word, wrong


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text
        As it was typed.
    tree
        What `to_json` writes.
    """

    text: str
    tree: Tree = field(repr=False)

    def to_json(self) -> str:
        """Return the tree as JSON; the module says how it reads."""
        return json.dumps(self.tree, ensure_ascii=False)

    @property
    def columns(self) -> list[str]:
        """The names it uses, sorted."""
        return sorted(set(_columns(self.tree)))

    def __str__(self) -> str:
        return unparse(self.tree)


def _columns(tree: Tree) -> list[str]:
    if not isinstance(tree, list):
        return []
    if tree[0] == "column":
        return [tree[1]]
    return [name for branch in tree[1:] for name in _columns(branch)]


def parse(text: object, scope: Scope) -> Expression:
    """Parse a condition.

    Raises
    ------
    InputError
        It is none; the message points at the word.
    """
    if not isinstance(text, str) or not text.strip():
        msg = f"a condition goes there, such as 'logprob < -3', not {text!r:.40}"
        raise wrong(msg, "logprob < -3", Word("", "", 0, 12))
    parser = Parser(text, scope)
    node = parser.condition(0)
    word = parser.word
    if word.kind != "end":
        raise parser.error(_unexpected(word), word)
    parser.want(node, "condition")
    return Expression(text, node.tree)


def _unexpected(word: Word) -> str:
    if word.text in {")", "]"}:
        return f"this {word.text} closes nothing"
    return f"{word.text} is not expected here; join two conditions by and, or by or"


def unparse(tree: Tree) -> str:
    """Return a tree as an expression that parses to it.

    >>> unparse(["and", ["<", ["column", "logprob"], -3], ["not", ["unknown", 1]]])
    '(logprob < -3) and (not (1 is unknown))'
    """
    if isinstance(tree, str):
        escaped = tree.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    if not isinstance(tree, list):
        return repr(tree)
    head, *rest = tree
    if head in _NAMING:
        return _NAMING[head].format(rest[0])
    if head == "call":
        head, *rest = rest
    elif head not in AGGREGATES:
        return _signed(head, [_inner(branch) for branch in rest])
    return f"{head}({', '.join(map(unparse, rest))})"


_NAMING = {"column": "{}", "p": "p({})"}
_AROUND = {"not": "not {}", "negative": "-{}", "unknown": "{} is unknown"}


def _signed(head: str, parts: list[str]) -> str:
    if head in _AROUND:
        return _AROUND[head].format(parts[0])
    if head == "in":
        return f"{parts[0]} in [{', '.join(parts[1:])}]"
    sign = "~" if head == "matches" else head
    return f" {sign} ".join(parts)


def _inner(tree: Tree) -> str:
    text = unparse(tree)
    plain = not isinstance(tree, list) or tree[0] in {"call", *_NAMING, *AGGREGATES}
    return text if plain else f"({text})"
