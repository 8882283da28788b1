"""`Generation`: what a model said, token by token, with what else it could have said.

A frozen, columnar value: bytes are the truth, text is derived from them, and what a
server did not tell is unknown, never guessed. Analysis, frames and display all read it.
"""

from __future__ import annotations

from collections import UserList
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, overload

import numpy as np

from lpwidgets.errors import AttributeInputError, IndexInputError, InputError
from lpwidgets.exports import Exports
from lpwidgets.pieces import display_text
from lpwidgets.queries import Queries
from lpwidgets.wire.records import Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    MimeBundle = tuple[dict[str, Any], dict[str, Any]]

    from numpy.typing import NDArray

    from lpwidgets.analysis.agreement import Same
    from lpwidgets.analysis.findings import Finding
    from lpwidgets.analysis.lists import ListSums
    from lpwidgets.analysis.samples import Majority, Samples
    from lpwidgets.columns import Columns
    from lpwidgets.meta import Meta, Status

_SHOWN = 40
"""Characters of the text in a repr."""


class Alternative(NamedTuple):
    """A token that could have stood at a position; ``logprob`` in nats, NaN unknown."""

    token: str
    bytes: bytes
    token_id: int
    logprob: float


class TokenRow(NamedTuple):
    """One token; ``logprob`` in nats, NaN unknown; ``rank`` 1 = top, 0 unknown."""

    position: int
    token: str
    bytes: bytes
    token_id: int
    logprob: float
    rank: int
    part: Part
    alternatives: tuple[Alternative, ...]


class Generation(Exports, Queries):
    """The tokens of one text with their log probabilities and alternatives.

    ``gen[i]`` is a `TokenRow`, ``gen[a:b]`` a `Generation`, ``len(gen)`` counts tokens.
    Two generations are equal when they say the same: tokens, values, alternatives,
    texts, status and finish reason; not how long it took.

    Parameters
    ----------
    columns
        The arrays, see `lpwidgets.columns.Columns`.
    meta
        Where it came from and how it ended.
    texts
        The text that the server sent for each part, kept apart from the tokens.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, columns: Columns, meta: Meta, texts: Mapping[Part, str] | None = None
    ) -> None:
        self._columns = columns
        self._meta = meta
        self._texts = texts

    @property
    def columns(self) -> Columns:
        """The arrays, one row a token."""
        return self._columns

    @property
    def meta(self) -> Meta:
        """Provider, model, parameters, usage, timing, and how it ended."""
        return self._meta

    @property
    def texts(self) -> Mapping[Part, str] | None:
        """The text that the server sent for each part; None for a slice."""
        return self._texts

    @property
    def status(self) -> Status:
        """How it ended."""
        return self._meta.status

    @property
    def text(self) -> str:
        """The answer: as the server sent it, for a slice as its tokens give it."""
        return self.text_of(Part.GENERATED)

    def text_of(self, part: Part) -> str:
        """Return the text of one part: reasoning, generated, refusal, …."""
        if self._texts is not None:
            return self._texts.get(part, "")
        return display_text(self.bytes_of(part))

    def bytes_of(self, part: Part) -> bytes:
        """Return the joined bytes of the tokens of one part; an answer's forced too."""
        parts = (part, Part.FORCED) if part is Part.GENERATED else (part,)
        codes = self._columns.token[np.isin(self._columns.part, parts)]
        return b"".join(self._columns.pieces.as_bytes[codes])

    @property
    def has_logprobs(self) -> bool:
        """Whether at least one token's log probability is known."""
        return bool(np.isfinite(self._columns.logprob).any())

    @property
    def sequence_logprob(self) -> float:
        """Sum of the sampled tokens' log probabilities, nats; NaN if one is unknown."""
        return float(self._scores.sequence_logprob(self))

    @property
    def mean_logprob(self) -> float:
        """`sequence_logprob` divided by the number of sampled tokens, nats a token."""
        return float(self._scores.mean_logprob(self))

    @property
    def perplexity(self) -> float:
        """exp(−`mean_logprob`)."""
        return float(self._scores.perplexity(self))

    @property
    def _scores(self) -> ModuleType:
        from lpwidgets.analysis import scores

        return scores

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is missing or odd about this generation, worst first."""
        from lpwidgets.analysis.findings import find

        return find(self)

    @cached_property
    def list_sums(self) -> ListSums:
        """Sums over each token's alternatives, which the metrics share."""
        from lpwidgets.analysis.lists import sums_of

        return sums_of(self.columns)

    def metric(self, name: str) -> NDArray[np.float64]:
        """Return a metric of every token, shape (n,), NaN where it is unknown.

        Raises
        ------
        InputError
            There is no metric of that name; the message lists them.
        """
        from lpwidgets.analysis.metrics import get

        return get(name).compute(self)

    def score(self, name: str, **options: Any) -> float:
        """Return a score of the whole, NaN if it is unknown.

        Parameters
        ----------
        name
            Such as ``"bits_per_byte"``; all are in `lpwidgets.analysis.scores`.
        **options
            The score's own, such as ``q=0.1`` of ``"quantile_probability"``.

        Raises
        ------
        InputError
            There is no score of that name, or it has no such option.
        """
        return float(self._scores.SCORES.value(name, self, options))

    def scores(self) -> dict[str, float]:
        """Return all scores of the whole by name, options at their defaults."""
        return dict(self._scores.all_of(self))

    def summary(self) -> dict[str, Any]:
        """Return the figures people look at first: counts, scores, status, cost."""
        from lpwidgets.analysis.scores import summary

        return summary(self)

    def check(self, expression: str) -> dict[str, Any]:
        """Return what was measured if a condition holds, such as ``p($.a) > 0.9``.

        See `lpwidgets.analysis.checks` for what can stand in it.

        Raises
        ------
        CheckFailed
            It does not hold, or cannot be known.
        InputError
            The expression is no condition; the message points at the word.
        """
        from lpwidgets.analysis.checks import check

        return check([self], expression)[0]

    def _each(self) -> list[Generation]:
        return [self]

    def __len__(self) -> int:
        return len(self._columns)

    @overload
    def __getitem__(self, index: int) -> TokenRow: ...
    @overload
    def __getitem__(self, index: slice) -> Generation: ...
    def __getitem__(self, index: int | slice) -> TokenRow | Generation:
        try:
            positions = range(len(self))[index]
        except (IndexError, TypeError) as error:
            raise _no_position(index, len(self), error) from None
        if isinstance(positions, int):
            return self._row(positions)
        taken = self._columns.take(np.array(positions, dtype=np.int64))
        return Generation(taken, self._meta)

    def __iter__(self) -> Iterator[TokenRow]:
        return (self._row(position) for position in range(len(self)))

    def _row(self, position: int) -> TokenRow:
        c = self._columns
        piece = c.pieces[c.token[position]]
        start, end = c.alternative_offsets[position : position + 2]
        return TokenRow(
            position,
            display_text(piece),
            piece,
            int(c.token_id[position]),
            float(c.logprob[position]),
            int(c.rank[position]),
            Part(c.part[position]),
            tuple(self._alternative(i) for i in range(start, end)),
        )

    def _alternative(self, i: int) -> Alternative:
        c = self._columns
        piece = c.pieces[c.alternative[i]]
        return Alternative(
            display_text(piece),
            piece,
            int(c.alternative_id[i]),
            float(c.alternative_logprob[i]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Generation):
            return NotImplemented
        return self._identity() == other._identity() and all(
            np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(self._values(), other._values(), strict=True)
        )

    def _identity(self) -> tuple[object, ...]:
        texts = self._texts or {}
        meta = self._meta
        return len(self), dict(texts), meta.status, meta.finish_reason, meta.unread

    def _values(self) -> Iterator[NDArray[Any]]:
        c = self._columns
        yield c.pieces.as_bytes[c.token]
        yield from (c.token_id, c.logprob, c.rank, c.part, c.chosen)
        yield c.alternative_offsets
        yield c.pieces.as_bytes[c.alternative]
        yield from (c.alternative_id, c.alternative_logprob)

    def __repr__(self) -> str:
        text = self.text or self.text_of(Part.REFUSAL)
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        facts = [f"{len(self)} tokens", repr(shown), str(self.status)]
        if self.has_logprobs:
            facts.append(f"perplexity {self.perplexity:.3g}")
        return f"<Generation {' · '.join(facts)}>"

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        from lpwidgets.display.widget import mimebundle

        return mimebundle([self])


def _no_position(index: object, count: int, error: Exception) -> InputError:
    if isinstance(error, IndexError):
        msg = f"there is no token {index}: there are {count}, counted from 0"
        return IndexInputError(msg)
    return InputError(
        f"gen[{index!r:.40}]: a position or slice goes there, such as gen[3] or "
        'gen[3:9];\nfor columns and conditions take gen.to_pandas()["logprob"]'
    )


class Generations(UserList[Generation], Exports, Queries):
    """Several generations: the n samples of a request, or any list of them."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_") or not hasattr(Generation, name):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        raise AttributeInputError(
            f"several answers have no {name} together, each has its own: "
            f"[one.{name} for one in answers], or answers[0].{name}"
        )

    def score(self, name: str, *, same: Same | None = None, **options: Any) -> float:
        """Return a score of all answers together, NaN if it is unknown.

        Parameters
        ----------
        name
            Such as ``"semantic_entropy"``; all are in
            `lpwidgets.analysis.sample_scores`.
        same
            Whether two texts say the same, for what compares them; see
            `lpwidgets.analysis.agreement`. Without, equal but for case, space and a
            full stop.
        **options
            The score's own.

        Raises
        ------
        InputError
            There are no answers, no score of that name, or it has no such option.
        """
        from lpwidgets.analysis.sample_scores import SAMPLE_SCORES

        return SAMPLE_SCORES.value(name, self._samples(same), options)

    def scores(self, *, same: Same | None = None) -> dict[str, Any]:
        """Return all scores of the answers together, with ``notes`` for the reader.

        Raises
        ------
        InputError
            There are no answers.
        """
        from lpwidgets.analysis.samples import all_of

        return all_of(self._samples(same))

    def majority(self, *, same: Same | None = None) -> Majority:
        """Return the answer that most of them give, its share, and who gave it.

        Raises
        ------
        InputError
            There are no answers.
        """
        return self._samples(same).majority()

    def _samples(self, same: Same | None) -> Samples:
        from lpwidgets.analysis.samples import Samples

        return Samples(self, same)

    def __repr__(self) -> str:
        tokens = sum(len(generation) for generation in self)
        return f"<Generations {len(self)} answers · {tokens} tokens>"

    def _each(self) -> list[Generation]:
        return list(self)

    def check(self, expression: str) -> list[dict[str, Any]]:
        """Return what was measured of each; one that fails raises `CheckFailed`."""
        from lpwidgets.analysis.checks import check

        return check(self._each(), expression)

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        from lpwidgets.display.widget import mimebundle

        return mimebundle(list(self))
