"""Graphemes, by Unicode Standard Annex #29: extended grapheme clusters.

The standard's own regular expression (table 1c) is run over a text in which each
character is replaced by a letter for its class. Classes come from the categories of
`unicodedata`, so that no table of Unicode has to be carried along; some hundred rare
characters (old symbols, spacing marks of Myanmar) differ from the standard's own list.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PICTOGRAPHS = (
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa"
    r"\u231a\u231b\u2328\u2388\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2"
    r"\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612"
    r"\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721"
    r"\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757"
    r"\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935"
    r"\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171"
    r"\U0001f17e\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5"
    r"\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a"
    r"\U0001f23c-\U0001f23f\U0001f249-\U0001f3fa\U0001f400-\U0001f64f"
    r"\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff"
    r"\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff"
    r"\U0001fc00-\U0001fffd"
)
_CONSONANTS = (
    r"\u0915-\u0939\u0958-\u095f\u0978-\u097f\u0995-\u09b9\u09dc-\u09df\u09f0\u09f1"
    r"\u0a95-\u0ab9\u0af9\u0b15-\u0b39\u0b5c-\u0b5f\u0b71\u0c15-\u0c39\u0c58-\u0c5a"
    r"\u0d15-\u0d3a"
)
_CLASSES = {
    "r": r"\r",  # carriage return
    "n": r"\n",  # line feed
    "z": r"\u200d",  # zero width joiner
    "i": r"\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d",  # links consonants, and extends
    "s": r"\u0e33\u0eb3",  # marks with a width
    "x": r"\u200c\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f",  # extends
    "p": r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2",  # is prepended
    "R": r"\U0001f1e6-\U0001f1ff",  # half a flag
    "L": r"\u1100-\u115f\ua960-\ua97c",  # Hangul: leading consonant
    "V": r"\u1160-\u11a7\ud7b0-\ud7c6",  # vowel
    "T": r"\u11a8-\u11ff\ud7cb-\ud7fb",  # trailing consonant
    "W": r"\uac00-\ud7a3",  # syllable; those that end in a vowel become U
    "K": _CONSONANTS,
    "E": _PICTOGRAPHS,
}
_SPECIAL = re.compile("|".join(f"(?P<{k}>[{some}])" for k, some in _CLASSES.items()))
_BY_CATEGORY = {
    **dict.fromkeys(("Mn", "Me"), "x"),
    **dict.fromkeys(("Cc", "Cf", "Zl", "Zp", "Cs"), "c"),
    "Mc": "s",
}
_GRAPHEME = re.compile(
    "rn|[rnc]|p*(?:"
    "L*(?:U[VT]*|W|V+)T*|L+|T+"  # Hangul syllables
    "|RR|E(?:[xi]*zE)*|K(?:[xiz]*i[xiz]*K)*|[^rnc]"
    ")[xizs]*|p+[xizs]*"
)


@lru_cache(maxsize=4096)
def _class(character: str) -> str:
    match = _SPECIAL.match(character)
    if match is None:
        return _BY_CATEGORY.get(unicodedata.category(character), "A")
    vowel_last = match["W"] and (ord(character) - ord("가")) % 28 == 0
    return "U" if vowel_last else str(match.lastgroup)


def graphemes(text: str) -> list[int]:
    """Return where the graphemes of a text begin, and its end, in characters.

    >>> graphemes("e\u0301\U0001f1e8\U0001f1ed!")
    [0, 2, 4, 5]
    """
    classes = "".join(map(_class, text))
    return [*(match.start() for match in _GRAPHEME.finditer(classes)), len(text)]
