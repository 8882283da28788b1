"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("busy", deadline=None)  # an example may take its time
settings.load_profile("busy")
