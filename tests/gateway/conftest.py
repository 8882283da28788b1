"""One gateway for a folder of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gateway.server import Server, gateway

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Share one gateway; SIGTERM ends it quietly."""
    with gateway(tmp_path_factory.mktemp("cache")) as running:
        yield running
        running.process.terminate()
        out, err = running.process.communicate(timeout=10)
        assert "Traceback" not in out + err
        assert "dream" not in err
        assert running.process.returncode == 0
