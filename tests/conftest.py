"""What holds for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from lpwidgets import Client
from lpwidgets.local.engine import acquire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lpwidgets.local.engine import Lease

# An example may take its time; --hypothesis-profile=explore tries new ones.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("gate")


@pytest.fixture(scope="session", autouse=True)
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the user's folder alone; tests that run side by side share no engine."""
    with pytest.MonkeyPatch.context() as env:
        env.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def lease(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    """Run an engine of our own: what others ask at the same time changes rounding."""
    with pytest.MonkeyPatch.context() as env:
        env.setenv("LPWIDGETS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        env.setenv("LPWIDGETS_ENGINE_GRACE", "0.3")
        with acquire() as lease:
            yield lease


@pytest.fixture(scope="module")
def client(lease: Lease) -> Iterator[Client]:
    """Return a client of that engine."""
    assert lease.alive()
    with Client("local", progress=lambda _: None) as client:
        yield client
