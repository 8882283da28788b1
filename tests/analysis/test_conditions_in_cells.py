"""``%%lp --where`` and ``--assert``, in a real shell; the server is a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import lpwidgets as lp
from lpwidgets.display import magic
from tests.scripted import END, Script, sse, words

if TYPE_CHECKING:
    from IPython.utils.capture import CapturedIO


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Let every client of the magics talk to one script of three words."""
    script, client = Script(sse(*words(3), END)), lp.Client

    def scripted(*_: object, **__: object) -> lp.Client:
        return client(base_url="http://127.0.0.1:9/v1", model="m", transport=script)

    monkeypatch.setattr("lpwidgets.client.client.Client", scripted)
    return script


@pytest.fixture
def shell(script: Script) -> InteractiveShell:
    """Give the shell with the extension just loaded."""
    assert script.asked == []
    shell = InteractiveShell.instance(history_length=0)
    shell.reset()
    magic.register(shell)
    return shell


def run(shell: InteractiveShell, cell: str) -> tuple[BaseException | None, CapturedIO]:
    """Run a cell; return what it raised and what it showed."""
    with capture_output() as shown:
        error = shell.run_cell(cell).error_in_exec
    return error, shown


def test_where_shows_the_tokens_below_the_answer(shell: InteractiveShell) -> None:
    """Marked in their text."""
    error, shown = run(
        shell, "%%lp --where \"logprob < 0 and part == 'generated'\"\nhi"
    )
    assert error is None
    views = [out.data for out in shown.outputs if "Selection" in str(out.data)]
    assert len(views) == 1
    assert "of 3 tokens" in views[0]["text/plain"]
    assert "logprob &lt; 0" in views[0]["text/html"]


def test_an_assertion_that_holds_is_silent(shell: InteractiveShell) -> None:
    """The answer is there as always."""
    error, _ = run(shell, "%%lp --assert \"tokens == 3 and status == 'complete'\"\nhi")
    assert error is None
    assert len(shell.user_ns["_lp"]) == 3


def test_an_assertion_that_fails_keeps_the_answer(shell: InteractiveShell) -> None:
    """A path is not a shell variable, and reaches the check as typed."""
    error, _ = run(shell, '%%lp --assert "p($.total) > 0.9" -o gen\nhi')
    assert isinstance(error, lp.CheckFailed)
    assert "there is no $.total in it" in str(error)
    assert len(shell.user_ns["gen"]) == 3


@pytest.mark.parametrize("option", ["--where", "--assert"])
def test_a_mistake_is_found_before_anything_is_asked(
    shell: InteractiveShell, script: Script, option: str
) -> None:
    """It costs nothing."""
    error, _ = run(shell, f'%%lp {option} "logprop < 3"\nhi')
    assert isinstance(error, lp.LpError)
    assert "  logprop < 3\n  ^^^^^^^" in str(error)
    assert script.asked == []
