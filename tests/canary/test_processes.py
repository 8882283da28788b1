"""Processes that lpwidgets starts: what others see of them, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

import lpwidgets as lp
from tests.canary.needles import KEY, found_in, places_with_key
from tests.gateway.server import CHAT, HELLO, gateway

PROC = Path("/proc")
VARIABLES = (
    *("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN", "OPENAI_API_KEY", "HF_TOKEN"),
    *("AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "LPWIDGETS_TOKEN"),
)

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not PROC.is_dir(), reason="needs /proc"),
]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the key into the environment, and the engine's files into a folder."""
    for name in VARIABLES:
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")


def engine(folder: Path) -> dict[str, str | bytes]:
    """Return what others see of the engine that runs in a folder."""
    (note,) = (folder / "engine").glob("*.json")
    process = PROC / str(json.loads(note.read_text())["pid"])
    return {
        "environment": (process / "environ").read_bytes(),
        "command": (process / "cmdline").read_bytes(),
        "note": note.read_bytes(),
    }


def test_the_engine_is_not_given_keys(tmp_path: Path) -> None:
    """Nor anything else of the environment that is named like a secret."""
    client = lp.Client("local", progress=lambda _: None)
    assert client.generate("Hi", max_tokens=3).text
    places = engine(tmp_path)
    assert b"PATH=" in bytes(places["environment"])  # type: ignore[arg-type]
    assert places_with_key(places) == {}
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert not [str(file) for file in files if found_in(file.read_bytes())]


def test_the_gateway_shows_no_token(tmp_path: Path) -> None:
    """Not in its command, output, refusals, or its engine; yet it wants that token."""
    with gateway(tmp_path) as server:
        bearer = {"authorization": f"Bearer {KEY}"}
        url = server.url + CHAT
        refused = httpx.post(url, json=HELLO, headers={"authorization": "Bearer x"})
        wrong = httpx.post(url, json={"model": 5}, headers=bearer)
        right = httpx.post(url, json=HELLO, headers=bearer, timeout=60)
        assert [refused.status_code, wrong.status_code, right.status_code] == [
            *(401, 422, 200),
        ]
        places = engine(tmp_path) | {
            "command of the gateway": (
                PROC / str(server.process.pid) / "cmdline"
            ).read_bytes(),
            "welcome": server.said,
            "answers": refused.text + wrong.text + right.text,
        }
        server.process.terminate()
        out, err = server.process.communicate(timeout=10)
    places["rest of the output"] = f"end: {out}{err}"
    assert places_with_key(places) == {}
