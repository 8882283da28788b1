"""What every test of the client needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stamina

from lpwidgets.client.providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    """Retries follow each other at once."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, address or proxy of this machine takes part."""
    keys = {name for row in PROVIDERS.values() for name in row.key_variables}
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
    names = {"OPENAI_BASE_URL", "SSL_CERT_FILE", *keys, *proxies}
    for name in names | {name.lower() for name in proxies}:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No profile of this machine takes part; return where the test's own are."""
    monkeypatch.setattr("lpwidgets.client.doctor.store.cache_folder", lambda: tmp_path)
    return tmp_path / "profiles"
