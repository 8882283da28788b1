from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import httpx
import msgspec
import pytest

import lpwidgets as lp
from lpwidgets.client.doctor.profile import Profile, Row
from lpwidgets.client.doctor.store import load, path_of, save
from lpwidgets.folders import cache_folder
from tests.client.honest import Honest
from tests.client.patients import CANARY, URL, ask, examine


def test_the_key_is_in_nothing_that_is_left(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even when the server repeats it."""

    class Parrot(Honest):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            response.headers["x-ratelimit-key"] = CANARY
            if len(self.asked) == 5:
                return httpx.Response(400, json={"error": f"{CANARY} may not"})
            body = response.content.replace(b"build 7", CANARY.encode())
            body = body.replace(b'"text": "', b'"text": "' + CANARY.encode())
            return httpx.Response(200, headers=response.headers, content=body)

    server = Parrot()
    profile = examine(server, api_key=CANARY, progress=print)
    assert server.keys == {f"Bearer {CANARY}"}
    (file,) = cache.iterdir()
    out = "".join(capsys.readouterr())
    left = [
        *(repr(profile), profile._repr_html_(), profile.to_pandas().to_csv()),
        *(str(profile.brief()), file.name, file.read_text(), out),
    ]
    encoded = base64.b64encode(CANARY.encode()).decode()
    for text in left:
        assert CANARY[:8] not in text
        assert encoded not in text
    assert "…" in profile["rate limits"].evidence


def test_a_profile_is_kept_and_read_again(cache: Path) -> None:
    """By the server's origin and the model; nothing else lies about."""
    profile = examine(Honest(), model="a/b:c d")
    assert lp.profile_of(URL, model="a/b:c d") == profile
    assert lp.profile_of(base_url=URL, model="a/b:c d") == profile
    assert lp.profile_of(URL, model="a/b") is None
    assert lp.profile_of("http://127.0.0.1:1/v1", model="a/b:c d") is None
    assert lp.profile_of("deepinfra") is None
    (file,) = cache.iterdir()
    assert re.fullmatch(r"127\.0\.0\.1-a-b-c-d-[0-9a-f]{12}\.json", file.name)
    assert json.loads(file.read_text())["model"] == "a/b:c d"
    again = examine(Honest("k - 1"), model="a/b:c d")
    assert lp.profile_of(URL, model="a/b:c d") == again
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b'{"date": 3}', b"[" * 100_000, None]
)
def test_a_damaged_profile_is_ignored(content: bytes | None, cache: Path) -> None:
    """A warning says so; generations go on without, and a visit writes a new one."""
    profile = examine(Honest())
    (file,) = cache.iterdir()
    other = msgspec.json.encode(msgspec.structs.replace(profile, model="other"))
    file.write_bytes(other if content is None else content)
    with pytest.warns(UserWarning, match=r"is ignored .*lpwidgets\.doctor"):
        assert lp.profile_of(URL, model="m") is None
    client = lp.Client(base_url=URL, model="m", transport=Honest())
    with pytest.warns(UserWarning, match="is ignored"):
        gen = ask(client)
    assert gen.meta.profile == {}
    assert ask(client).meta.profile == {}, "looked at once only"
    assert examine(Honest()) == lp.profile_of(URL, model="m")


def test_a_cache_that_cannot_be_written_to(cache: Path) -> None:
    """The profile is returned all the same, and the reason told."""
    cache.write_text("in the way")
    lines: list[str] = []
    profile = examine(Honest(), progress=lines.append)
    assert profile["k"].verdict == "yes"
    assert lines[-1].startswith("the profile could not be kept: ")


def test_a_write_that_fails_leaves_the_old_profile(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it or nothing, and no file beside it."""
    profile = examine(Honest())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(msgspec.structs.replace(profile, date="2000-01-01T00:00:00"))
    assert load(profile.origin, "m") == profile
    assert [file.name for file in cache.iterdir()] == [
        path_of(profile.origin, "m").name
    ]


def test_later_generations_carry_the_gist() -> None:
    """Also of a client that was there before; other models and servers don't."""
    client = lp.Client(base_url=URL, model="m", transport=Honest())
    assert ask(client).meta.profile == {}
    profile = examine(Honest("k - 1"))
    gen = ask(client)
    assert gen.meta.profile == profile.brief() == gen.summary()["profile"]
    assert gen.meta.profile["k"] == 19
    assert gen.meta.profile["raw_values"] == "yes"
    assert gen.meta.profile["date"] == profile.date[:10]
    assert ask(client, model="other").meta.profile == {}
    assert ask(client, model="other").summary()["profile"] is None


def test_looking_for_a_profile_is_done_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request opens no file."""
    examine(Honest())
    client = lp.Client(base_url=URL, model="m", transport=Honest())
    first = ask(client).meta.profile
    monkeypatch.setattr("pathlib.Path.read_bytes", None)
    assert ask(client).meta.profile == first != {}
    assert cache.exists()


def test_values_after_temperature_are_a_finding() -> None:
    """Unless the temperature is 1, which changes nothing."""
    from lpwidgets.analysis.findings.evidence import Evidence
    from lpwidgets.analysis.findings.server import after_temperature

    profile = examine(Honest("applies temperature"))
    client = lp.Client(base_url=URL, model="m", transport=Honest())
    finding = after_temperature(Evidence(ask(client)))
    assert finding
    assert finding.text == (
        "this server reports values after temperature "
        f"(doctor, {profile.date.partition('T')[0]})"
    )
    assert after_temperature(Evidence(ask(client, temperature=1))) is None
    examine(Honest())
    assert after_temperature(Evidence(ask(client))) is None


def test_a_profile_is_a_table() -> None:
    """As text, as HTML without markup of a stranger's, and as a DataFrame."""
    evil = "<script>alert(1)</script>\x1b[2J\u202e"
    row = Row("k", "Do k come?", "partly", evil, {"asked": 20})
    profile = Profile(
        date="2026-11-23T09:45:05+00:00",
        provider="vllm",
        origin="http://127.0.0.1:8000",
        model=evil,
        requests=16,
        checks=(row, *examine(Honest()).checks),
    )
    text, page = repr(profile), profile._repr_html_()
    assert "k                         ◐ partly   <script>" in text
    assert "\x1b" not in text + page
    assert "\u202e" not in text + page
    assert "<script" not in page
    assert page.count("<tr>") == 1 + 18
    assert max(map(len, text.splitlines()[3:])) <= 110
    frame = profile.to_pandas()
    assert list(frame.columns) == [
        "check",
        "question",
        "verdict",
        "evidence",
        "numbers",
    ]
    assert len(frame) == 18
    assert all(frame["question"].str.endswith("?"))


@pytest.mark.parametrize(
    ("system", "variable", "ends"),
    [
        ("linux", "XDG_CACHE_HOME", "x/lpwidgets"),
        ("linux", "", ".cache/lpwidgets"),
        ("darwin", "", "Library/Caches/lpwidgets"),
        ("win32", "LOCALAPPDATA", "x/lpwidgets"),
        ("win32", "", "AppData/Local/lpwidgets"),
        ("win32", "LPWIDGETS_CACHE_DIR", "x"),
    ],
)
def test_the_cache_is_where_the_system_has_it(
    system: str, variable: str, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the user's own folder for such things, or where they want it."""
    for name in ("LPWIDGETS_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "/x")
    monkeypatch.setattr(sys, "platform", system)
    root = Path("/") if variable else Path.home()
    assert cache_folder() == root / ends
