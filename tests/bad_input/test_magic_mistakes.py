"""What users mistype in cells: one message, no traceback, in the words of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.core.error import UsageError

import lpwidgets as lp
from tests.test_magic import only_shell, run, shell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["only_shell", "shell"]

HERE = "--base-url http://127.0.0.1:9/v1"

MISTAKES = {
    "%%lp --bogus 3\nhi": "there is no option --bogus; there are: --provider, --model",
    "%%lp --topk 5\nhi": "did you mean --top?",
    "%%lp -top 5\nhi": "did you mean --top?",
    "%%lp --max_tokens 5\nhi": "did you mean --max-tokens?",
    "%%lp -k5\nhi": "did you mean -k 5?",
    "%%lp --help\nhi": "%lp? explains them",
    "%%lp -- hi\nhi": "there is no option --",
    "%%lp --api-key word\nhi": "set the provider's variable, such as DEEPINFRA_API_KEY",
    "%%lp --token=word\nhi": "a key is never typed into a cell",
    "%%lp --top\nhi": "--top needs a value",
    "%%lp -o\nhi": "-o needs a value",
    "%%lp -p=\nhi": "-p needs a value",
    "%%lp --top five\nhi": "-k/--top: 'five' is no whole number",
    "%%lp -k 5.5\nhi": "'5.5' is no whole number",
    "%%lp -k -1\nhi": "--top -1: it is a whole number, 0 or more for local",
    "%%lp --max-tokens 0\nhi": "--max-tokens 0: it is a whole number, 1 or more",
    "%%lp -t hot\nhi": "-t/--temperature: 'hot' is no number",
    "%%lp -t nan\nhi": "--temperature nan: it is a number from 0",
    "%%lp -n 0\nhi": "-n 0: it is a whole number, 1 to 128",
    "%%lp --seed 1.5\nhi": "--seed: '1.5' is no whole number",
    "%%lp -o 1x\nhi": "-o takes the name of a variable, such as gen, not '1x'",
    "%%lp -o class\nhi": "not 'class'",
    "%%lp -o a.b\nhi": "not 'a.b'",
    "%%lp\n": "Did you mean the line magic %lp",
    "%%lp\n\n  ": "write the prompt below %%lp",
    "%lp": "%lp takes the prompt after its options",
    "%lp -k 5": "%lp takes the prompt after its options",
    "%%lp hello\nhi": "the prompt is the cell",
    "%%lp top 5\nhi": "takes only options here, not 'top 5'",
    "%%lp -p deepinfa\nhi": "did you mean 'deepinfra'?",
    "%%lp -p http://h.test\nhi": "an address goes into --base-url http://127.0.0.1",
    "%%lp -p a.gguf\nhi": "a file goes into -m path/to/model.gguf",
    "%%lp -p deepinfra\nhi": "without any key: -p local",
    "%%lp -a chatt\nhi": "it has: chat, completions, native",
    "%%lp -a native -s x\nhi": "or use --api chat",
    "%%lp -c red\nhi": "there are: probability",
    "%%lp --base-url 127.0.0.1:9 -m x\nhi": "--base-url http://127.0.0.1:9",
    f"%%lp {HERE}\nhi": "127.0.0.1:9 has no default; add -m MODEL",
    f"%%lp {HERE} -m x\nhi": "nothing listens at 127.0.0.1:9",
    "%%lp -m nowhere.gguf\nhi": "nowhere.gguf: No such file or directory",
    "%%lp -m gpt-4\nhi": "or -p local for SmolLM2-135M-Instruct",
}


@pytest.mark.engine
@pytest.mark.parametrize("cell", MISTAKES)
def test_a_mistake(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], cell: str
) -> None:
    """At most three lines, which an error of ours or a usage error prints."""
    error = run(shell, cell)
    captured = capsys.readouterr()
    shown = (captured.out + captured.err).strip()
    assert isinstance(error, lp.LpError | UsageError)
    assert MISTAKES[cell] in shown
    assert 1 <= len(shown.splitlines()) <= 3
    assert "Traceback" not in shown
    assert "word" not in shown
    assert "_lp" not in shell.user_ns
