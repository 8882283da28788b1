"""Whether the tokens spell the text that the server sent, and if not, why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lpwidgets.analysis.findings import alphabet
from lpwidgets.analysis.findings.finding import Finding, check, counted
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpwidgets.analysis.findings.evidence import Evidence

_SPECIAL = re.compile(
    rb"<\|[^<>|]*\|>|</?s>|<(?:bos|eos|pad|unk|(?:start|end)_of_turn)>"
)
_LOST = "\ufffd".encode()
_AROUND = 16
"""Bytes shown on either side of a difference."""


@check
def spelling(evidence: Evidence) -> Finding | None:
    """Tell why tokens and text differ, where they do."""
    generation = evidence.generation
    text = generation.text.encode("utf-8", "surrogatepass").strip()
    columns = evidence.columns
    apart = Part.FORCED in (generation.texts or {})
    own = (Part.GENERATED,) if apart else (Part.GENERATED, Part.FORCED)
    codes = columns.token[np.isin(columns.part, own)]
    pieces = list(columns.pieces.as_bytes[codes])
    joined = b"".join(pieces).strip()
    if generation.texts is None or not joined or joined == text:
        return None
    special = {piece for piece in set(pieces) if _SPECIAL.fullmatch(piece)}
    pieces = [piece for piece in pieces if piece not in special]
    joined = b"".join(pieces).strip()
    if joined == text or _is_trimmed(joined, text, pieces, evidence.meta.parameters):
        return None
    return (
        _raw_vocabulary(pieces, text)
        or _lost_bytes(pieces, text)
        or _difference(joined, text)
    )


def _is_trimmed(
    joined: bytes, text: bytes, pieces: list[bytes], parameters: dict[str, object]
) -> bool:
    """Say whether only the end is missing: within the last token, or a stop text."""
    if not text or not joined.startswith(text):
        return False
    rest = joined[len(text) :]
    stops = parameters.get("stop") or ()
    ends = [stops] if isinstance(stops, str) else stops
    if isinstance(ends, list) and any(
        str(end).encode("utf-8", "surrogatepass") in rest for end in ends
    ):
        return True
    return len(rest) < len(pieces[-1])


def _raw_vocabulary(pieces: list[bytes], text: bytes) -> Finding | None:
    readings: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
        (
            "GPT-2's byte alphabet, where Ġ is a space and Ċ a line break",
            alphabet.from_gpt2,
        ),
        ("SentencePiece, where ▁ is a space", alphabet.from_sentencepiece),
    )
    for name, read in readings:
        reading = {piece: read(piece) for piece in set(pieces)}
        meant = [reading[piece] for piece in pieces]
        if b"".join(meant).strip() != text:
            continue
        changed = [
            pair for pair in zip(pieces, meant, strict=True) if len(set(pair)) > 1
        ]
        raw, real = (display_text(piece) for piece in changed[0])
        return Finding(
            "warning",
            f"{len(changed):,} of {counted(len(pieces), 'token')} are raw vocabulary "
            f"strings: {raw!r} stands for {real!r}",
            f"the server sends them in {name}; read so, they spell its text exactly. "
            "Their bytes are kept as they came",
        )
    return None


def _lost_bytes(pieces: list[bytes], text: bytes) -> Finding | None:
    lost = sum(_LOST in piece for piece in pieces)
    kept = [part for part in b"".join(pieces).strip().split(_LOST) if part]
    if not lost or not _differ_beyond_ascii(kept, text):
        return None
    verb = "has" if lost == 1 else "have"
    return Finding(
        "warning",
        f"{counted(lost, 'token')} {verb} lost bytes: U+FFFD came where the text has "
        "whole characters",
        "a token may be part of a character, and the server made text of it too early; "
        "the values are right, and which bytes each token had is unknown",
    )


def _differ_beyond_ascii(kept: list[bytes], text: bytes) -> bool:
    """Say whether the text is what was kept, and characters of several bytes."""
    at, rest = 0, b""
    for part in kept:
        start = text.find(part, at)
        if start < 0:
            return False
        rest += text[at:start]
        at = start + len(part)
    return not re.search(rb"[\x00-\x7f]", rest + text[at:])


def _difference(joined: bytes, text: bytes) -> Finding:
    shorter = min(len(joined), len(text))
    one, other = (np.frombuffer(data[:shorter], np.uint8) for data in (joined, text))
    differing = np.flatnonzero(one != other)
    at = int(differing[0]) if len(differing) else shorter
    return Finding(
        "warning",
        f"the tokens do not spell the text that the server sent, from byte {at:,} on",
        f"tokens: {_excerpt(joined, at)}\ntext: {_excerpt(text, at)}\n"
        f"{len(joined):,} and {len(text):,} bytes",
    )


def _excerpt(data: bytes, at: int) -> str:
    """Show what stands around a byte."""
    start, end = max(at - _AROUND, 0), at + _AROUND
    shown = display_text(data[start:end])
    before, after = "…" * (start > 0), "…" * (end < len(data))
    return f"{before}{shown!r}{after}"
