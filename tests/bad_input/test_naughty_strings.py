"""The Big List of Naughty Strings as prompts, and as tokens that come back."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import lpwidgets as lp
from lpwidgets.display import codec
from lpwidgets.display.static_html import render, visible
from tests.bad_input.suites import naughty_strings
from tests.client.server import DONE, HELLO, STOP, FaultServer, head, said
from tests.scripted import END, Script, sse, words
from tests.test_magic import only_shell, run, shell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["only_shell", "shell"]

STRINGS = naughty_strings()
ELEMENTS = {"div", "span", "details", "summary", "bdi", "ol", "li"}
ATTRIBUTES = {"style", "title", "dir", "class"}
PROMPTS = [string for string in STRINGS if string.strip()]


def prompt_in(request: bytes) -> bytes:
    """Return the UTF-8 of the prompt that a request has."""
    (message,) = json.loads(request.partition(b"\r\n\r\n")[2])["messages"]
    content: str = message["content"]
    return content.encode()


def test_the_list_is_whole() -> None:
    """As many as its authors collected; four are blank."""
    assert (len(STRINGS), len(STRINGS) - len(PROMPTS)) == (485, 4)


def test_a_prompt_arrives_byte_for_byte() -> None:
    """Nothing is trimmed, normalised, expanded or escaped twice; "" is refused."""
    with FaultServer(HELLO) as server, server.client(timeout=20) as client:
        with pytest.raises(lp.LpError, match="prompt is empty"):
            client.generate("")
        sent = [string for string in STRINGS if string]
        for string in sent:
            client.generate(string)
        assert list(map(prompt_in, server.requests)) == [s.encode() for s in sent]


def test_a_cell_is_the_prompt_byte_for_byte(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what IPython expands elsewhere: braces, dollars, quotes, percent signs."""
    own = ["{x}", "$x", "{{x}} ${x} {x!r:>5} %s", "!ls", "?x", "%time 1", "a\\", "'''"]
    script = Script(sse(*words(1), END))
    scripted_client(monkeypatch, script)
    shell.user_ns["x"] = "expanded"
    cells = [*own, *PROMPTS]
    for cell in cells:
        assert run(shell, f"%%lp\n{cell}") is None
    asked = [body["messages"][0]["content"].encode() for body in script.asked]
    assert asked == [cell.encode() for cell in cells]


def scripted_client(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    """Let the magics ask a script, and show nothing."""
    client = lp.Client("vllm", model="m", transport=script)
    monkeypatch.setattr("lpwidgets.client.client.Client", lambda *_, **__: client)

    def wait(stream: Any, _: str) -> None:
        list(stream)

    monkeypatch.setattr("lpwidgets.display.live.show_live", wait)


class Page(HTMLParser):
    """What a browser would make of a fragment: its elements and its text."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


def test_a_token_comes_back_byte_for_byte() -> None:
    """In text, rows, tables and frames; in the fallback it stays text, never markup."""
    scripts = [(head(), said(string), STOP, DONE) for string in STRINGS]
    with FaultServer(*scripts) as server, server.client(timeout=20) as client:
        for string in STRINGS:
            answer = client.generate("Hi")
            assert answer.text.encode() == string.encode()
            assert answer[0].bytes == string.encode()
            assert list(answer.to_pandas().token) == [string]
            assert string.encode() in codec.keyframe([answer], 1, live=False)
            assert_harmless(answer, string)


def assert_harmless(answer: lp.Generation, string: str) -> None:
    """Check that the fallback has a token's text as text, and no other elements."""
    page = Page(render([answer]))
    assert page.elements <= ELEMENTS
    assert page.attributes <= ATTRIBUTES
    assert visible(string) in page.text
