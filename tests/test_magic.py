"""The magics, in a real IPython shell; the server is a script."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import lpwidgets as lp
from lpwidgets.display import magic
from tests.scripted import END, Script, sse, words


@pytest.fixture(scope="module")
def only_shell() -> InteractiveShell:
    """Make the one shell that a process can have."""
    return InteractiveShell.instance(history_length=0)


@pytest.fixture
def shell(
    only_shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> InteractiveShell:
    """Give a shell with the extension just loaded, and no keys in its environment."""
    for name in ("DEEPINFRA_API_KEY", "DEEPINFRA_API_TOKEN", "DEEPINFRA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    only_shell.reset()
    magic.register(only_shell)
    return only_shell


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Let every client of the magics talk to one script."""
    script, client = Script(sse(*words(3), END)), lp.Client

    def scripted(_: str | None, base_url: str | None, model: str | None) -> lp.Client:
        url = base_url or "http://127.0.0.1:9/v1"
        return client(base_url=url, model=model or "m", transport=script)

    monkeypatch.setattr("lpwidgets.client.client.Client", scripted)
    return script


def run(shell: InteractiveShell, cell: str) -> BaseException | None:
    """Run a cell and return what it raised."""
    error: BaseException | None = shell.run_cell(cell).error_in_exec
    return error


def test_the_cell_is_the_prompt_byte_for_byte(
    shell: InteractiveShell, script: Script
) -> None:
    """Braces, dollars, quotes and blank lines are the user's."""
    prompt = '{"a": "{x}", b: $HOME}\n\n  %%time \'quoted\' \\n 😀'
    assert run(shell, f"%%lp\n{prompt}") is None
    assert script.asked[0]["messages"] == [{"role": "user", "content": prompt}]


def test_what_follows_the_options_is_the_prompt_of_a_line(
    shell: InteractiveShell, script: Script
) -> None:
    """Apostrophes and spaces stay as typed."""
    run(shell, "%lp --top 7 -s 'be brief' What's  the \"best\" -o way")
    system, user = script.asked[0]["messages"]
    assert user["content"] == 'What\'s  the "best" -o way'
    assert system == {"role": "system", "content": "be brief"}
    assert script.asked[0]["top_logprobs"] == 7


def test_options_reach_the_server(shell: InteractiveShell, script: Script) -> None:
    """And those that were not given are not sent."""
    run(shell, "%%lp -k 2 --max-tokens=9 -t 0.25 --seed 4\nhi")
    sent = script.asked[0]
    assert (sent["top_logprobs"], sent["max_tokens"]) == (2, 9)
    assert (sent["temperature"], sent["seed"]) == (0.25, 4)
    run(shell, "%%lp\nhi")
    assert not {"temperature", "seed", "max_tokens", "n"} & set(script.asked[1])


def test_the_result_is_bound(shell: InteractiveShell, script: Script) -> None:
    """To the name that was given, and always to _lp."""
    assert script.body
    run(shell, "%%lp -o gen\nhi")
    assert shell.user_ns["gen"].text == " w0 w1 w2"
    assert shell.user_ns["_lp"] is shell.user_ns["gen"]


def test_defaults_are_configurable(shell: InteractiveShell, script: Script) -> None:
    """%config is remembered, an option wins over it."""
    run(shell, "%config LpMagics.temperature = 0.5")
    run(shell, "%config LpMagics.top = 9")
    run(shell, "%%logprobs --top 3\nhi")
    assert script.asked[0]["temperature"] == 0.5
    assert script.asked[0]["top_logprobs"] == 3


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%lp\n\n  ", "the cell is empty"),
        ("%lp", "takes the prompt after its options"),
        ("%%lp hello\nhi", "the prompt is the cell"),
        ("%%lp -o 1x\nhi", "name of a variable"),
        ("%%lp -p nowhere\nhi", "there are: local, deepinfra"),
        ("%%lp -p deepinfra\nhi", "DEEPINFRA_API_KEY"),
        ("%%lp -c certainty\nhi", "there are: probability"),
        ("%%lp --base-url 127.0.0.1 -m x\nhi", "http"),
    ],
)
def test_a_mistake_is_one_clear_message(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str, message: str
) -> None:
    """Without a traceback, and still an error that stops "run all"."""
    error = run(shell, cell)
    shown = capsys.readouterr().out
    assert isinstance(error, lp.LpError)
    assert message in shown
    assert "Traceback" not in shown
    assert len(shown.strip().splitlines()) <= 3


def test_a_mistyped_option_is_one_line_too(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """From IPython's own argument parser, where it finds the mistake."""
    run(shell, "%%lp --top x\nhi")
    captured = capsys.readouterr()
    assert (
        captured.out + captured.err
        == "UsageError: argument -k/--top: 'x' is no whole number\n"
    )


def test_an_error_leaves_earlier_results_alone(
    shell: InteractiveShell, script: Script
) -> None:
    """A refused question has no answer."""
    run(shell, "%%lp -o gen\nhi")
    script.status, script.body = 404, b'{"error": {"message": "no such model"}}'
    error = run(shell, "%%lp -o other\nhi")
    assert "no such model" in str(error)
    assert shell.user_ns["_lp"] is shell.user_ns["gen"]
    assert "other" not in shell.user_ns


def test_an_interrupt_keeps_what_came_and_stops(
    shell: InteractiveShell,
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The tokens are in the variable, the message is one line."""
    assert script.body

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpwidgets.display.live._follow", interrupted)
    error = run(shell, "%%lp -o gen\nhi")
    assert isinstance(error, KeyboardInterrupt)
    assert isinstance(shell.user_ns["gen"], lp.Generation)
    assert "interrupted: what had arrived is in gen" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%%lp --se", ["--seed"]),
        ("%lp --m", ["--model", "--max-tokens"]),
        ("%%logprobs -p de", ["deepinfra"]),
        ("%%lp --color ra", ["rank"]),
    ],
)
def test_tab_completes_options_and_their_values(
    shell: InteractiveShell, line: str, offered: list[str]
) -> None:
    """Providers and metrics come from their tables."""
    assert shell.Completer is not None
    with provisionalcompleter():
        found = shell.Completer.completions(line, len(line))
        texts = [one.text for one in found]
    assert [text for text in texts if text in offered] == offered


def test_help_lists_every_option() -> None:
    """As %lp? shows it."""
    for action in magic.LpMagics.lp.parser._actions:
        for name in action.option_strings:
            assert name in magic.LpMagics.lp.__doc__


def test_the_extension_loads(only_shell: InteractiveShell) -> None:
    """Under all its names."""
    only_shell.run_line_magic("load_ext", "lpwidgets")
    magics = only_shell.magics_manager.magics
    assert {"lp", "logprobs"} <= set(magics["cell"]) & set(magics["line"])
