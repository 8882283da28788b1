"""Where a prompt ends that a server repeats before its answer (``echo``).

No server marks it. What tells: how many tokens the prompt has, if that is known; the
text of the prompt, which its tokens spell; where the tokens stand in the text; and the
first one, which alone has no log probability, as nothing predicted it.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from lpwidgets.wire.token_lists import bytes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpwidgets.wire.question import Question
    from lpwidgets.wire.records import Token


class Said(NamedTuple):
    """A piece of a choice.

    ``prompt_tokens`` is how many tokens the whole prompt has, ``all_tokens`` how many
    it and the answer have together, None unknown.
    """

    text: str
    tokens: Sequence[Token] = ()
    offsets: Sequence[int | None] = ()
    prompt_tokens: int | None = None
    all_tokens: int | None = None


class Repeated(NamedTuple):
    """How much of a piece repeats the prompt: its text, and its number of tokens."""

    text: str = ""
    tokens: int = 0


class Echo:
    """Tells, piece by piece, how much of one choice repeats the prompt.

    Parameters
    ----------
    question
        What was asked; without it only the tokens show whether there is an echo: as
        many as prompt and answer have, or a first one without log probability.
    """

    def __init__(self, question: Question | None) -> None:
        asked = question.parameters if question else {}
        prompt = question.prompt if question else None
        last = asked.get("echo_last")
        self._last: int | None = last if isinstance(last, int) and last > 0 else None
        self._prompt = prompt if isinstance(prompt, str) else None
        self._rest = self._prompt or ""
        self._left: int | None = None
        self._begun = self._listed = False
        self._over = bool(question) and not (asked.get("echo") or self._last)

    def split(self, said: Said) -> Repeated:
        """Return how much of the next piece repeats the prompt."""
        if self._over or not (said.text or said.tokens):
            return Repeated()
        if not self._begun:
            self._begun = True
            self._over = not self._begins(said)
            if self._over:
                return Repeated()
        count = self._count(said)
        text = self._text(said, count)
        self._rest = self._rest.removeprefix(text)
        self._left = None if self._left is None else self._left - count
        spelled = bool(self._prompt) and not (self._rest or self._last)
        self._over = spelled or self._left == 0 or count < len(said.tokens)
        return Repeated(text, count)

    def _begins(self, said: Said) -> bool:
        """Say whether the first piece begins with the prompt; set what is left of it.

        A server that ignores ``echo`` must not have its answer taken for the prompt.
        """
        self._left = said.prompt_tokens
        if self._prompt and said.text.startswith(self._prompt):
            return True
        if self._last and self._prompt:
            self._left = min(self._last, said.prompt_tokens or self._last)
            self._rest = _spelled(said.tokens[: self._left])
            return bool(self._rest) and self._prompt.endswith(self._rest)
        return _is_listed(said)

    def _count(self, said: Said) -> int:
        spelling = _spelling(said.tokens, self._rest) if self._rest else None
        if not (self._listed or _is_listed(said) or spelling is not None):
            return 0
        self._listed = True
        if spelling is not None:
            return spelling
        if self._left is not None:
            return min(self._left, len(said.tokens))
        if self._rest and said.offsets and (said.offsets[0] or 0) >= 0:
            end = len(self._prompt or "")
            within = takewhile(lambda at: at is not None and at < end, said.offsets)
            return min(len(list(within)), len(said.tokens))
        return int(bool(said.tokens) and said.tokens[0].logprob is None)

    def _text(self, said: Said, count: int) -> str:
        """Return how the text of a piece begins: with what its first tokens say."""
        told, answer = _spelled(said.tokens[:count]), _spelled(said.tokens[count:])
        if self._rest and said.text.startswith(self._rest):
            return self._rest
        if told and said.text.startswith(told):
            return told
        if count == len(said.tokens):
            return said.text if count else ""
        ends = bool(answer) and said.text.endswith(answer)
        return said.text.removesuffix(answer) if ends else ""


def _is_listed(said: Said) -> bool:
    """Say whether a first piece lists the tokens of the prompt: all there are, say."""
    if not said.tokens:
        return False
    return len(said.tokens) == said.all_tokens or said.tokens[0].logprob is None


def _spelled(tokens: Sequence[Token]) -> str:
    return b"".join(map(bytes_of, tokens)).decode("utf-8", "replace")


def _spelling(tokens: Sequence[Token], prompt: str) -> int | None:
    """Return how many tokens it takes to spell a prompt, None if they do not.

    Control tokens may stand before it, and a first word may have a space too many.
    Fewer characters than the prompt has are spelled by all tokens there are.
    """
    wanted, at = prompt.encode("utf-8", "surrogatepass"), 0
    for count, token in enumerate(tokens):
        piece = bytes_of(token)
        if at == len(wanted):
            return count
        if not at and piece and not wanted.startswith(piece):
            piece = piece.lstrip(b" ") if wanted.startswith(piece.lstrip(b" ")) else b""
        if not wanted.startswith(piece, at):
            return None
        at += len(piece)
    return len(tokens) if at else None
