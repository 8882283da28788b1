from __future__ import annotations

import re
import sys
from typing import Any

import pytest

import lpwidgets as lp
from lpwidgets.errors import InputError
from lpwidgets.local.cli import main
from tests.client.honest import Honest
from tests.client.patients import CANARY, URL


def test_nothing_is_sent_elsewhere_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without anybody to ask, the error says what it costs and how to agree."""
    server = Honest()
    options: dict[str, Any] = {"transport": server, "api_key": CANARY}
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(InputError) as caught:
        lp.doctor("deepinfra", **options)
    said = str(caught.value)
    assert re.search(r"up to 16 requests to deepinfra for deepseek-ai/DeepSeek", said)
    assert re.search(r"about \d+ tokens in and at most \d+ out, which charges", said)
    assert "yes=True" in said
    assert "--yes" in said
    assert len(said.splitlines()) <= 3
    assert server.asked == []


@pytest.mark.parametrize("typed", ["n", "", "yes please"])
def test_whoever_is_asked_may_decline(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but yes means no."""
    server, lines = Honest(), list[str]()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda *_: typed)
    with pytest.raises(InputError, match="nothing was sent"):
        lp.doctor(
            "https://lp.invalid/v1", model="m", transport=server, progress=lines.append
        )
    assert server.asked == []
    assert "which may charge for them. Send them? [y/N]" in lines[0]


def test_whoever_is_asked_may_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it goes on."""
    server = Honest()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    profile = lp.doctor("https://lp.invalid/v1", model="m", transport=server)
    assert profile.origin == "https://lp.invalid"
    assert server.asked


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"server": URL}, "name a model"),
        ({"server": "gpt"}, "no provider 'gpt'"),
        ({"server": URL, "base_url": URL, "model": "m"}, "two addresses"),
        ({"server": "gemini", "api_key": CANARY, "model": "m"}, "OpenAI's kind"),
        ({}, "name a provider"),
    ],
)
def test_arguments_that_cannot_work(arguments: dict[str, Any], said: str) -> None:
    """Each is told before anything is sent."""
    with pytest.raises(InputError, match=said):
        lp.doctor(**arguments, yes=True)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad usage is 2, a server that is not there 1; each with one line."""
    assert main(["doctor", "http://127.0.0.1:9/v1", "--model", "m"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("lpwidgets: nothing listens at 127.0.0.1:9")
    for wrong in (["nowhere"], ["deepinfra"], [URL], ["https://lp.invalid", "--json"]):
        with pytest.raises(SystemExit) as caught:
            main(["doctor", *wrong])
        assert caught.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1
