"""Columns that grow, and an interrupt at any of their lines."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from lpwidgets import builder, growing
from lpwidgets.builder import AnswerBuilder
from lpwidgets.tree import sheet
from lpwidgets.tree.sheet import Run, Sheet
from lpwidgets.wire.records import Delta
from tests.make_generation import META, generation, token

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.generation import TokenRow

FILES = {module.__file__ for module in (builder, growing, sheet)}
WORDS = [
    token(word, -0.5, [(word, -0.5), (f"{word}s", -1.5), (b"\xf0\x9f", -3.0)])
    for word in ("a", "sea", "a", "sail", "the", "sea")
]


def interrupted(line: int, act: Callable[[], object]) -> bool:
    """Raise KeyboardInterrupt at such a line of what grows; say whether it was met."""
    left = line

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in FILES:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def grown(line: int) -> tuple[AnswerBuilder, bool]:
    """Return a builder one of whose snapshots was interrupted."""
    answer = AnswerBuilder(META)
    answer.add(Delta(0, text="asea", tokens=WORDS[:2]))
    answer.snapshot()
    answer.add(Delta(0, text="asailthesea", tokens=WORDS[2:]))
    return answer, interrupted(line, answer.snapshot)


def told(row: TokenRow) -> tuple[Any, ...]:
    """Return what is known of a token."""
    return row.bytes, row.logprob, row.rank, row.part, [*row.alternatives]


def test_an_interrupted_snapshot_loses_nothing() -> None:
    """The next one has all tokens, each once."""
    wanted = generation(*WORDS)
    line, hit = 1, True
    while hit:
        answer, hit = grown(line)
        found = answer.finish()[0]
        assert [*map(told, found)] == [*map(told, wanted)], line
        assert found.text == wanted.text, line
        line += 1
    assert line > 40


def test_an_interrupted_sheet_takes_all_or_nothing() -> None:
    """And what is added afterwards is right."""
    columns = generation(*WORDS).columns
    line, hit = 1, True
    while hit:
        table = Sheet()
        table.extend(Run(columns, 0, 3))
        hit = interrupted(line, partial(table.extend, Run(columns, 3, 6)))
        found = table.columns()
        assert len(found.token) == len(found.logprob) == len(table), line
        assert len(found.alternative) == found.alternative_offsets[-1], line
        assert len(table) in {3, 6}, line
        table.extend(Run(columns, 0, 6))
        last = table.columns()
        pieces = [last.pieces[k] for k in last.token[-6:]]
        assert pieces == [columns.pieces[k] for k in columns.token], line
        assert len({last.pieces[k] for k in range(len(last.pieces))}) == len(
            last.pieces
        )
        line += 1
    assert line > 20
