"""The embedded model: llama.cpp's server as one process that all kernels share."""

from __future__ import annotations

from lpwidgets.local.engine import Lease, acquire

__all__ = ["Lease", "acquire"]
