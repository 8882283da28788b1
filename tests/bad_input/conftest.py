"""What every test of bad input needs."""

from __future__ import annotations

from tests.client.conftest import clean_environment, no_waits

__all__ = ["clean_environment", "no_waits"]
