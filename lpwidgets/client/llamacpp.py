"""What llama.cpp's server can be asked beside answers: tokens, templates, values."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct, field

from lpwidgets.client.call import Call
from lpwidgets.errors import LpError, WireError
from lpwidgets.wire.json_body import decode_json
from lpwidgets.wire.records import Token  # noqa: TC001  (msgspec reads it)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lpwidgets.client.transport import Transport
    from lpwidgets.wire.records import Candidate

WHOLE_VOCABULARY = 2**20
"""More alternatives than any model has tokens."""

_SURE = 1000
"""A bias that makes a token certain; the values reported are those before it."""


class Piece(Struct, frozen=True):
    """One token of a text."""

    id: int
    piece: str | tuple[int, ...]

    @property
    def bytes(self) -> bytes:
        """What it spells, perhaps a part of a character."""
        return self.piece.encode() if isinstance(self.piece, str) else bytes(self.piece)


class Facts(Struct):
    """What is the same as long as the server runs.

    ``context`` is the largest number of tokens of a request. ``prefix`` is what a text
    without a prompt is conditioned on, ``prefix_name`` what that token is called.
    ``ends`` are the tokens that end a generation, ``usual_end`` the model's own one.
    ``neutral`` is a token that is no part of a character. ``min_p`` is the server's
    default. ``slots`` is how many texts it can write at once.
    """

    context: int
    prefix: list[int]
    prefix_name: str
    ends: tuple[int, ...]
    usual_end: int
    neutral: int
    min_p: float
    slots: int


class Vocabulary(NamedTuple):
    """All tokens.

    ``pieces`` are their bytes by id, ``parts`` the ids of those that are no whole
    characters by their bytes.
    """

    pieces: Mapping[int, bytes]
    parts: Mapping[bytes, Sequence[int]]


class _Parameters(Struct, frozen=True):
    min_p: float = 0.0


class _Settings(Struct):
    n_ctx: int = 0
    params: _Parameters = _Parameters()


class _Props(Struct):
    settings: _Settings = field(
        name="default_generation_settings", default_factory=_Settings
    )
    bos_token: str = ""
    eos_token: str = ""
    total_slots: int = 1


class _Tokens(Struct):
    tokens: list[Piece]


class _Template(Struct):
    prompt: str


class _Bias(Struct):
    token: int


class _Used(Struct):
    logit_bias: list[_Bias] = []


class Completion(Struct):
    """An answer of ``/completion``."""

    tokens: list[int] = []
    entries: list[Token] = field(name="completion_probabilities", default_factory=list)
    used: _Used = field(name="generation_settings", default_factory=_Used)


_FACTS: weakref.WeakKeyDictionary[Transport, Facts] = weakref.WeakKeyDictionary()
_VOCABULARIES: weakref.WeakKeyDictionary[Transport, Vocabulary] = (
    weakref.WeakKeyDictionary()
)


class LlamaCpp:
    """A llama.cpp server; `requests` counts what was asked of it.

    Parameters
    ----------
    transport
        The way to it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.requests = 0
        self.pinned: dict[str, int] = {}
        """Sent along where requests are to stay in one slot, which keeps its cache."""

    async def pin(self, place: int) -> None:
        """Stay in a slot, counted from the last; texts alike would else share one."""
        slot = (await self.facts()).slots - 1 - place
        if slot >= 0:
            self.pinned = {"id_slot": slot}

    async def _ask(self, path: str, body: Mapping[str, Any]) -> Call:
        call = Call(path, body)
        self.requests += 1
        await self._transport.carry_out(call, lambda: None)
        return call

    async def tokenize(self, text: str, *, first: bool = False) -> list[Piece]:
        """Return a text's tokens; at the `first` place with what the model adds."""
        body = {"content": text, "with_pieces": True, "parse_special": True}
        call = await self._ask("/tokenize", body | {"add_special": first})
        return call.answer(_Tokens, "list of tokens").tokens

    async def template(self, body: Mapping[str, Any]) -> str:
        """Return what the model reads when a chat is asked with this body."""
        call = await self._ask("/apply-template", body)
        return call.answer(_Template, "prompt").prompt

    async def complete(
        self, prompt: Sequence[int], *, anew: bool = False, **options: Any
    ) -> Completion:
        """Continue ids with the likeliest tokens; `anew` evaluates all of them."""
        plain = {"samplers": ["top_k"], "top_k": 1, "return_tokens": True}
        body = {"prompt": prompt, "cache_prompt": not anew, **plain, **options}
        body |= self.pinned
        call = await self._ask("/completion", body)
        return call.answer(Completion, "completion")

    async def force(
        self, prompt: Sequence[int], run: Sequence[int], top: int, *, anew: bool = False
    ) -> list[Token]:
        """Make the server say these tokens, and return what it reports of them."""
        grammar = "root ::= " + " ".join(f"<[{one}]>" for one in run)
        said = await self.complete(
            prompt, anew=anew, n_predict=len(run), n_probs=top, grammar=grammar
        )
        return said.entries if said.tokens == list(run) else []

    async def next(
        self, prompt: Sequence[int], token: int, top: int, *, anew: bool = False
    ) -> Token:
        """Return what the server reports where a whole token is made to follow.

        Raises
        ------
        WireError
            It reports nothing.
        """
        said = await self.complete(
            prompt, anew=anew, n_predict=1, n_probs=top, logit_bias=[[token, _SURE]]
        )
        if said.tokens != [token] or not said.entries:
            msg = (
                f"the server did not say token {token} although it had to; "
                "is it llama.cpp of 2025 or newer?"
            )
            raise WireError(msg)
        return said.entries[0]

    async def facts(self) -> Facts:
        """Return what is the same as long as the server runs, asked for once.

        Raises
        ------
        LpError
            It is no llama.cpp.
        """
        if self._transport not in _FACTS:
            _FACTS[self._transport] = await self._find_facts()
        return _FACTS[self._transport]

    async def _find_facts(self) -> Facts:
        data = await self._transport.look("/props")
        self.requests += 1
        if not data:
            msg = (
                f"{self._transport.endpoint.name} does not answer as llama.cpp does: "
                "there is no /props\n"
                "check base_url (the server's root, without /v1)"
            )
            raise LpError(msg)
        props = decode_json(data, _Props, "list of properties")
        added = await self.tokenize("", first=True)
        neutral = (await self.tokenize("a"))[-1].id
        end = await self.tokenize(props.eos_token)
        begin = added or await self.tokenize(props.bos_token) or end
        prefix = [piece.id for piece in begin] or [neutral]
        forbidden = await self.complete(prefix, n_predict=1, ignore_eos=True)
        ends = tuple(bias.token for bias in forbidden.used.logit_bias)
        return Facts(
            props.settings.n_ctx,
            prefix,
            b"".join(piece.bytes for piece in begin).decode("utf-8", "replace"),
            ends,
            end[0].id if len(end) == 1 else (ends or (-1,))[0],
            neutral,
            props.settings.params.min_p,
            props.total_slots,
        )

    async def vocabulary(self) -> Vocabulary:
        """Return all tokens, asked for once."""
        if self._transport not in _VOCABULARIES:
            facts = await self.facts()
            entry = await self.next(facts.prefix, facts.neutral, WHOLE_VOCABULARY)
            pieces = {one.id: spelled(one) for one in entry.top_logprobs or ()}
            parts: dict[bytes, list[int]] = {}
            for token, piece in pieces.items():
                if not is_whole(piece):
                    parts.setdefault(piece, []).append(token)
            _VOCABULARIES[self._transport] = Vocabulary(pieces, parts)
        return _VOCABULARIES[self._transport]


def is_whole(data: bytes) -> bool:
    """Say whether bytes are whole characters."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def spelled(candidate: Candidate) -> bytes:
    """Return a candidate's bytes."""
    if candidate.bytes is None:
        return candidate.token.encode("utf-8", "surrogatepass")
    return bytes(candidate.bytes)


def renamed(entry: Token, piece: Piece, top: int) -> Token:
    """Return an entry with its own bytes only, and `top` alternatives."""
    listed = (entry.top_logprobs or [])[:top]
    data = piece.bytes
    text = data.decode("utf-8", "replace")
    return msgspec.structs.replace(
        entry, token=text, bytes=tuple(data), id=piece.id, top_logprobs=listed
    )
