"""What the garbage collector knows that holds a text; imports nothing of the tests."""

from __future__ import annotations

import gc


def holders(text: str) -> list[str]:
    """Return the types of all objects that hold the text, or its bytes, in a part."""
    gc.collect()
    data, found = text.encode(), []
    for thing in gc.get_objects():
        for part in gc.get_referents(thing):
            in_text = isinstance(part, str) and text in part
            if in_text or (isinstance(part, bytes) and data in part):
                found.append(type(thing).__name__)
    return sorted(found)
