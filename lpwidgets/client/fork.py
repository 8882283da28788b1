"""Where a branch leaves a generation, and with which token; checked before anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, SupportsIndex

from lpwidgets.errors import InputError, LpError
from lpwidgets.generation import Alternative, Generation
from lpwidgets.pieces import display_text
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.generation import TokenRow

_CONSTRAINTS = (
    *("response_format", "json_schema", "grammar", "tools", "guided_json"),
    *("guided_regex", "guided_choice", "guided_grammar", "structured_outputs"),
)
"""Parameters whose state at a position no request can begin with."""


class Fork(NamedTuple):
    """A token that is to stand at a position of a generation.

    ``place`` is where it is in the position's list, −1 if it is not; its ``piece`` is
    None and its ``id`` −1 as long as they are unknown.
    """

    generation: Generation
    position: int
    place: int
    piece: bytes | None
    id: int

    @property
    def before(self) -> list[TokenRow]:
        """The answer's tokens that are kept."""
        rows = (self.generation[place] for place in range(self.position))
        return [row for row in rows if row.part is not Part.PROMPT]

    @property
    def kept(self) -> bytes:
        """The bytes of those tokens."""
        return b"".join(row.bytes for row in self.before)

    @property
    def name(self) -> str:
        """What to call the token in a message."""
        return repr(_shown(self.piece)) if self.piece else f"token {self.id}"


def fork(generation: Any, position: object, token: object) -> Fork:
    """Return what is to be forced, as far as the generation tells.

    Raises
    ------
    InputError
        The position or the token cannot be meant.
    """
    whole = whole_answer(generation)
    row = whole[_position(whole, position)]
    if row.part not in {Part.GENERATED, Part.SPECIAL, Part.FORCED}:
        where = "prompt" if row.part is Part.PROMPT else row.part.name.lower()
        own = (one.position for one in whole if one.part is Part.GENERATED)
        hint = f"the answer begins at {next(own, len(whole))}"
        msg = f"token {row.position} is of the {where}: a branch leaves the answer"
        raise InputError(f"{msg}; {hint}")
    listed = row.alternatives
    if isinstance(token, Alternative):
        found = [place for place, one in enumerate(listed) if _same(one, token)]
        if not found:
            raise InputError(_not_listed(row, repr(token.token)))
        return Fork(whole, row.position, found[0], token.bytes, token.token_id)
    if isinstance(token, str | bytes):
        return _by_bytes(whole, row, token)
    if isinstance(token, SupportsIndex) and not isinstance(token, bool):
        return _by_id(whole, row, int(token))
    msg = (
        f"token={token!r:.40}: it is text, bytes, an id, or one of "
        f"gen[{row.position}].alternatives"
    )
    raise InputError(msg)


def _by_id(whole: Generation, row: TokenRow, token: int) -> Fork:
    if token < 0:
        raise InputError(f"token={token}: an id is 0 or more")
    ids = [one.token_id for one in row.alternatives]
    if token not in ids:
        return Fork(whole, row.position, -1, None, token)
    place = ids.index(token)
    return Fork(whole, row.position, place, row.alternatives[place].bytes, token)


def _by_bytes(whole: Generation, row: TokenRow, token: str | bytes) -> Fork:
    listed = row.alternatives
    data = token.encode("utf-8", "replace") if isinstance(token, str) else token
    found = [place for place, one in enumerate(listed) if one.bytes == data]
    if not found and isinstance(token, str):  # a half character as it is shown
        found = [place for place, one in enumerate(listed) if one.token == token]
    if not data or len(found) > 1:
        what = (
            f"{len(found)} alternatives are spelled" if data else "nothing is spelled"
        )
        msg = (
            f"{what} {token!r}: pass an id, or one of gen[{row.position}].alternatives"
        )
        raise InputError(msg)
    if not found:
        return Fork(whole, row.position, -1, data, -1)
    one = listed[found[0]]
    return Fork(whole, row.position, found[0], one.bytes, one.token_id)


def whole_answer(generation: object) -> Generation:
    """Return what can be branched.

    Raises
    ------
    InputError
        It is no whole answer, or one that was constrained.
    """
    if not isinstance(generation, Generation):
        several = isinstance(generation, list) or hasattr(generation, "data")
        hint = ": pass one of its answers, such as answers[0]" if several else ""
        msg = f"a branch leaves a Generation, not {type(generation).__name__}{hint}"
        raise InputError(msg)
    if generation.texts is None:
        msg = "this is a slice: pass the whole answer, and count the position there"
        raise InputError(msg)
    if not len(generation):
        msg = "this generation has no tokens: there is no position to branch at"
        raise InputError(msg)
    for name in _CONSTRAINTS:
        if generation.meta.parameters.get(name):
            msg = (
                f"this answer was constrained by {name}, and a server begins that anew "
                "in a branch\nask without it, and constrain with client.sample"
            )
            raise InputError(msg)
    return generation


def _position(whole: Generation, position: object) -> int:
    if not isinstance(position, SupportsIndex) or isinstance(position, bool):
        msg = f"position={position!r:.40}: it is a whole number, such as 3"
        raise InputError(msg)
    return whole[int(position.__index__())].position


def _same(one: Alternative, other: Alternative) -> bool:
    return (one.bytes, one.token_id) == (other.bytes, other.token_id)


def _not_listed(row: TokenRow, name: str) -> str:
    few = [one.token for one in row.alternatives[:3]]
    return (
        f"{name} is not among the {len(row.alternatives)} alternatives of token "
        f"{row.position}: {', '.join(map(repr, few))} …\n"
        "pass one of them, or ask again with more top_logprobs"
    )


def require_listed(fork: Fork) -> None:
    """Refuse a token without a known value, where none can be found out.

    Raises
    ------
    InputError
        It is not among the alternatives.
    """
    if fork.place < 0:
        raise InputError(_not_listed(fork.generation[fork.position], fork.name))


def ids_of(rows: Sequence[TokenRow]) -> list[int] | None:
    """Return the ids of tokens, None if one is unknown."""
    ids = [row.token_id for row in rows]
    return None if any(one < 0 for one in ids) else ids


def text_before(fork: Fork, name: str) -> str:
    """Return the kept text with the forced token, for a server that takes text.

    Raises
    ------
    LpError
        No text says exactly that.
    """
    rows, forced = fork.before, fork.piece or b""
    spoken = {Part.GENERATED, Part.FORCED}
    strange = next((row for row in rows if row.part not in spoken), None)
    if strange is not None:
        kind = strange.part.name.lower()
        raise LpError(
            _only_text(name, f"token {strange.position} is {kind} and no text of it")
        )
    said = fork.generation.text.encode("utf-8", "surrogatepass")
    if not said.startswith(fork.kept.rstrip()):
        why = "the tokens of this answer do not spell its text"
        raise LpError(_only_text(name, why))
    try:
        return (fork.kept + forced).decode()
    except UnicodeDecodeError:
        raise LpError(
            _only_text(name, f"{fork.name} ends inside a character")
        ) from None


def _only_text(name: str, why: str) -> str:
    return (
        f"{name} would get the beginning as text, and {why}\n"
        "branch elsewhere, or take a server that gets token ids, such as 'local'"
    )


def _shown(data: bytes) -> str | bytes:
    text = display_text(data)
    return text if text.encode() == data else data
