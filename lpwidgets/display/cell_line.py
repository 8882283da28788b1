"""The line of a magic: options and prompt, mistakes in it, and how things are typed."""

from __future__ import annotations

import argparse
import re
from difflib import get_close_matches
from keyword import iskeyword
from typing import TYPE_CHECKING

from lpwidgets.errors import InputError

if TYPE_CHECKING:
    from IPython.core.magic_arguments import MagicArgumentParser

_WORD = re.compile(r"""\s*("[^"]*"|'[^']*'|\S+)""")

_AS_TYPED = (
    (r"pass model=…", "add -m MODEL"),
    (r", or pass api_key=…", ""),
    (r"(?:lpwidgets\.)?Client\(base_url='([^']*)'\)", r"--base-url \1"),
    (r"(?:lpwidgets\.)?Client\(['\"]local['\"], model='([^']*)'\)", r"-m \1"),
    (r"(?:lpwidgets\.)?Client\(['\"](\w+)['\"]\)", r"-p \1"),
    (r"base_url='([^']*)'|base_url=(…)", r"--base-url \1\2"),
    (r"\bbase_url\b", "--base-url"),
    (r"\bapi='(\w+)'", r"--api \1"),
    (r"^top_logprobs=", "--top "),
    (r"^max_tokens=", "--max-tokens "),
    (r"^temperature=", "--temperature "),
    (r"^n=", "-n "),
)
"""How what a message says in Python is typed in a cell."""


def whole(text: str) -> int:
    """Read a whole number, for argparse.

    Raises
    ------
    ArgumentTypeError
        It is none.
    """
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """Read a number, for argparse.

    Raises
    ------
    ArgumentTypeError
        It is none.
    """
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def parse(
    parser: MagicArgumentParser, line: str, cell: str | None
) -> tuple[argparse.Namespace, str]:
    """Split a magic's line into options and, for ``%lp``, the prompt as it was typed.

    Every option takes one value; quotes around a value are taken off.

    Raises
    ------
    InputError
        An option is unknown or lacks its value, or there is no prompt, or too much.
    """
    words, rest = [], line
    while (match := _WORD.match(rest)) and match[1].startswith("-"):
        name, equals, value = match[1].partition("=")
        rest = rest[match.end() :]
        _check_option(parser, name)
        if not equals and (follows := _WORD.match(rest)):
            value, rest = follows[1], rest[follows.end() :]
        if not value:
            raise InputError(f"{name} needs a value; %lp? explains the options")
        words += [name, _unquoted(value)]
    options = parser.parse_args(words)
    name = options.output
    if name is not None and (not name.isidentifier() or iskeyword(name)):
        msg = f"-o takes the name of a variable, such as gen, not {name!r}"
        raise InputError(msg)
    rest = rest.strip()
    if cell is None:
        return options, _prompt(rest, "%lp takes the prompt after its options")
    if rest:
        msg = f"%%lp takes only options here, not {rest!r:.40}: the prompt is the cell"
        raise InputError(msg)
    # IPython ends every cell with a newline; the user typed one less.
    prompt = cell.removesuffix("\n")
    return options, _prompt(prompt, "the cell is empty: write the prompt below %%lp")


def _check_option(parser: MagicArgumentParser, name: str) -> None:
    known = list(parser._option_string_actions)  # noqa: SLF001
    if name in known or any(one.startswith(name) for one in known if name[2:]):
        return
    if re.fullmatch("--(api-?)?(key|token)", name.replace("_", "-")):
        msg = (
            "a key is never typed into a cell, which is saved: set the provider's "
            "variable, such as DEEPINFRA_API_KEY, before starting Jupyter"
        )
        raise InputError(msg)
    near = get_close_matches(f"--{name.lstrip('-')}", known, 1, 0.75)
    split = f"{name[:2]} {name[2:]}" if name[:2] in known and name[2:].isdigit() else ""
    guess = split or (near[0] if near else "")
    listed = ", ".join(one for one in known if one.startswith("--"))
    raise InputError(
        f"there is no option {name:.30}"
        + (f"; did you mean {guess}?" if guess else f"; there are: {listed}")
        + "\n%lp? explains them"
    )


def _prompt(text: str, advice: str) -> str:
    if not text.strip():
        raise InputError(advice)
    return text


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
    return value[1:-1] if quoted else value


def as_typed(said: str) -> str:
    """Return a message as it reads where options are typed, not arguments."""
    for pattern, typed in _AS_TYPED:
        said = re.sub(pattern, typed, said)
    return said
