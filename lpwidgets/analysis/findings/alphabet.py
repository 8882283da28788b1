"""Raw vocabulary strings, which some servers send in place of token text."""

from __future__ import annotations

import re

_PRINTABLE = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
_OTHERS = [byte for byte in range(256) if byte not in _PRINTABLE]
_BYTES = {chr(byte): byte for byte in _PRINTABLE} | {
    chr(0x100 + n): byte for n, byte in enumerate(_OTHERS)
}
"""GPT-2's alphabet: a printable character for each byte, ``Ġ`` for the space."""

_WRITTEN_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def from_gpt2(piece: bytes) -> bytes:
    """Return the bytes that a string of GPT-2's byte alphabet stands for.

    What is none comes back as it is.

    >>> from_gpt2("Ġcaf".encode()), from_gpt2("æĺ¯".encode()).decode()
    (b' caf', '是')
    """
    try:
        return bytes(_BYTES[character] for character in piece.decode())
    except (KeyError, UnicodeDecodeError):
        return piece


def from_sentencepiece(piece: bytes) -> bytes:
    r"""Return the bytes that a piece of SentencePiece stands for.

    >>> from_sentencepiece("▁Hello".encode()), from_sentencepiece(b"<0x0A>")
    (b' Hello', b'\n')
    """
    text = piece.decode("utf-8", "surrogateescape")
    if written := _WRITTEN_BYTE.fullmatch(text):
        return bytes.fromhex(written[1])
    return text.replace("▁", " ").encode("utf-8", "surrogateescape")
