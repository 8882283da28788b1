"""Outputs of engines that run in this process: vLLM and transformers."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lpwidgets.builder import AnswerBuilder
from lpwidgets.errors import InputError
from lpwidgets.meta import Meta
from lpwidgets.wire.records import Candidate, Delta, Done, Head, Part, Token, Usage
from lpwidgets.wire.vllm import prompt_tokens, ranked_token

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lpwidgets.generation import Generation

_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def is_vllm(value: Any) -> bool:
    """Say whether something looks like vLLM's ``RequestOutput``."""
    outputs = getattr(value, "outputs", None)
    return isinstance(outputs, list | tuple) and all(
        hasattr(output, "token_ids") for output in outputs
    )


def from_vllm(request: Any) -> list[Generation]:
    """Return the generations of one ``RequestOutput``, its prompt's tokens first."""
    ids = list(getattr(request, "prompt_token_ids", None) or ())
    text = getattr(request, "prompt", None) or ""
    rows = list(getattr(request, "prompt_logprobs", None) or ())
    prompt = prompt_tokens(rows, ids, text=text) if ids else []
    text = text or "".join(token.token for token in prompt)
    builder = AnswerBuilder(Meta(dialect="vllm"), len(request.outputs))
    builder.add(Head(str(getattr(request, "request_id", ""))))
    for index, output in enumerate(request.outputs):
        if prompt:
            builder.add(Delta(index, Part.PROMPT, text, prompt))
        pairs = zip(output.token_ids, output.logprobs or (), strict=False)
        tokens = [ranked_token(*pair) for pair in pairs]
        reason = getattr(output, "finish_reason", None)
        builder.add(Delta(index, Part.GENERATED, output.text, tokens, reason))
    count = sum(len(output.token_ids) for output in request.outputs)
    builder.add(Usage(len(ids) or None, count))
    if getattr(request, "finished", True):
        builder.add(Done())
    return list(builder.finish())


def is_transformers(value: Any) -> bool:
    """Say whether something looks like what transformers' ``generate`` returns."""
    return hasattr(value, "sequences") and (
        hasattr(value, "scores") or hasattr(value, "logits")
    )


def from_transformers(output: Any, tokenizer: Any, top: int) -> list[Generation]:
    """Return one generation a sequence, its log probabilities from the scores.

    Raises
    ------
    InputError
        There is no tokenizer, there are no scores, or they are of a beam search.
    """
    steps: Any = getattr(output, "scores", None)
    steps = getattr(output, "logits", None) if steps is None else steps
    _check_transformers(output, steps, tokenizer)
    vocabulary = _Vocabulary(tokenizer)
    sequences = _array(output.sequences).astype(np.int64)
    start = sequences.shape[1] - len(steps)
    ids = [vocabulary.cut(sequence[start:].tolist()) for sequence in sequences]
    tokens: list[list[Token]] = [[] for _ in ids]
    for position, step in enumerate(steps):
        rows = _log_softmax(step)
        if len(rows) != len(ids):
            raise InputError(_BEAMS)
        for index, row in enumerate(rows):
            if position < len(ids[index]):
                one = vocabulary.token(ids[index][position], row, top)
                tokens[index].append(one)
    builder = AnswerBuilder(Meta(dialect="transformers"), len(ids))
    for index, said in enumerate(ids):
        text = tokenizer.decode(said, skip_special_tokens=True)
        reason = "stop" if vocabulary.end in said else None
        builder.add(Delta(index, Part.GENERATED, text, tokens[index], reason))
    builder.add(Done())
    return list(builder.finish())


_BEAMS = (
    "these scores are of a beam search, one row a beam and not a sequence; "
    "generate with num_beams=1 to read them"
)


def _check_transformers(output: Any, steps: Any, tokenizer: Any) -> None:
    if tokenizer is None:
        raise InputError(
            "the output of transformers has ids and no text: "
            "pass lp.read(output, tokenizer=tokenizer)"
        )
    if steps is None:
        raise InputError(
            "this output of transformers has no scores; call "
            "generate(…, return_dict_in_generate=True, output_scores=True)"
        )
    if getattr(output, "beam_indices", None) is not None:
        raise InputError(_BEAMS)


def _array(tensor: Any) -> NDArray[Any]:
    for step in ("detach", "cpu"):
        tensor = getattr(tensor, step, lambda same=tensor: same)()
    if "bfloat16" in str(getattr(tensor, "dtype", "")):
        tensor = tensor.float()
    return np.asarray(tensor)


def _log_softmax(step: Any) -> NDArray[np.float64]:
    scores = _array(step).astype(np.float64)
    shifted = scores - scores.max(axis=-1, keepdims=True)
    total: NDArray[np.float64] = np.exp(shifted).sum(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(total))


class _Vocabulary:
    """What a tokenizer of transformers says of its ids, asked once for each."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[int, tuple[int, ...]] = {}
        self.end: int | None = getattr(tokenizer, "eos_token_id", None)
        self._padding: int | None = getattr(tokenizer, "pad_token_id", None)

    def cut(self, ids: list[int]) -> list[int]:
        """Leave out what fills a shorter sequence up to the longest."""
        if self.end in ids:
            return ids[: ids.index(self.end) + 1]
        while ids and ids[-1] == self._padding:
            ids = ids[:-1]
        return ids

    def token(self, token_id: int, row: NDArray[np.float64], top: int) -> Token:
        """Return a token with the `top` most likely ones of its position."""
        count = min(top, len(row))
        likely = np.argpartition(row, len(row) - count)[len(row) - count :]
        likely = likely[np.argsort(-row[likely], kind="stable")]
        likely = likely[row[likely] > -np.inf]
        listed = [self._candidate(i, row) for i in likely.tolist()]
        one = self._candidate(token_id, row)
        return Token(one.token, one.logprob, one.bytes, token_id, listed)

    def _candidate(self, token_id: int, row: NDArray[np.float64]) -> Candidate:
        if token_id not in self._known:
            self._known[token_id] = tuple(self._piece(token_id))
        return Candidate("", float(row[token_id]), self._known[token_id], token_id)

    def _piece(self, token_id: int) -> bytes:
        text = str(self._tokenizer.decode([token_id]))
        convert = getattr(self._tokenizer, "convert_ids_to_tokens", None)
        name = str(convert(token_id)) if convert else text
        if _REPLACEMENT in text:
            return _fragment(name) or text.encode()
        if name.startswith(_WORD_START) and not text.startswith(" "):
            text = f" {text}"  # decoding takes the space off a first word
        return text.encode("utf-8", "surrogatepass")


def _fragment(name: str) -> bytes:
    """Return the bytes of a token that is no text: ``<0xE2>``, or GPT-2's letters."""
    if name.startswith("<0x") and name.endswith(">"):
        return bytes.fromhex(name[3:-1])
    try:
        return bytes(_BYTE_OF[letter] for letter in name)
    except KeyError:
        return b""


def _gpt2_letters() -> dict[str, int]:
    """Return the byte that each letter of a byte-level vocabulary stands for."""
    shown = list(chain(range(33, 127), range(161, 173), range(174, 256)))
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {chr(byte): byte for byte in shown}
    return letters | {chr(256 + i): byte for i, byte in enumerate(hidden)}


_BYTE_OF = _gpt2_letters()
