"""What is at the other end of a kernel."""

from __future__ import annotations

import os
from typing import Any

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def draws_widgets() -> bool:
    """Whether there is a page that may draw a widget.

    What runs a notebook without one (nbclient, and so nbconvert and papermill) takes no
    input either, and says so with every cell. Voila takes none and still has a page.
    """
    from IPython.core.getipython import get_ipython

    kernel: Any = getattr(get_ipython(), "kernel", None)
    request = kernel.get_parent() if hasattr(kernel, "get_parent") else {}
    takes_input = request.get("content", {}).get("allow_stdin", True)
    return bool(takes_input) or "VOILA_REQUEST_URL" in os.environ
