"""What can be asked of the tokens of a generation, or of several."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    import pandas as pd

    from lpwidgets.analysis.selection import Selection
    from lpwidgets.analysis.spans import Spans
    from lpwidgets.display.fields_widget import FieldsWidget
    from lpwidgets.generation import Generation


class Queries:
    """Filtering, spans, and fields; several generations are numbered from 0."""

    @abstractmethod
    def _each(self) -> Sequence[Generation]:
        """Return the generations one by one."""

    def where(self, expression: str) -> Selection:
        """Return the tokens for which a condition is true, as a view.

        Parameters
        ----------
        expression
            Such as ``"logprob < -3 and part == 'generated'"``, over any metric; names
            are in `lpwidgets.analysis.selection`, the grammar in
            `lpwidgets.analysis.expression`. What is unknown is not selected.

        Raises
        ------
        InputError
            It is no such condition; the message points at the word.
        """
        from lpwidgets.analysis.selection import where

        return where(self._each(), expression)

    def spans(self, expression: str, min_tokens: int = 1, gap: int = 0) -> Spans:
        """Return runs of tokens for which a condition is true.

        Parameters
        ----------
        expression
            As `where` takes it, such as ``"entropy_low > 1"``.
        min_tokens
            Shorter runs are left out.
        gap
            Up to so many other tokens are bridged.

        Raises
        ------
        InputError
            The condition or one of the numbers is none.
        """
        return self.where(expression).spans(min_tokens, gap)

    def by(self, unit: str, part: str | None = None) -> pd.DataFrame:
        """Return the text piece by piece, with the log probability of each.

        Parameters
        ----------
        unit
            ``"word"`` (with a letter or digit in it), ``"sentence"``, ``"line"``,
            ``"grapheme"`` or ``"token"``; see `lpwidgets.analysis.segments`.
        part
            Only this part, such as ``"generated"``; all by default. No piece goes
            across parts.

        Returns
        -------
        DataFrame
            One row a piece, with the fields of `lpwidgets.analysis.spans.Span`.

        Raises
        ------
        InputError
            There is no such unit or part.
        """
        from lpwidgets.analysis import segments, spans

        each = enumerate(self._each())
        found = [segments.by(gen, unit, part, number) for number, gen in each]
        return spans.Spans(span for some in found for span in some).to_pandas()

    def find(self, pattern: str | re.Pattern[str], group: int | str = 0) -> Spans:
        r"""Return where a regular expression matches, such as ``r"\d+"``.

        Parameters
        ----------
        pattern
            Searched in each part on its own.
        group
            The group whose span counts.

        Raises
        ------
        InputError
            The pattern does not work, or has no such group.
        """
        from lpwidgets.analysis import segments, spans

        each = enumerate(self._each())
        found = [segments.find(gen, pattern, group, number=n) for n, gen in each]
        return spans.Spans(span for some in found for span in some)

    def fields(self, schema: Any = None) -> pd.DataFrame:
        """Return each value of the JSON answer with the probability of its tokens.

        Parameters
        ----------
        schema
            A pydantic model or a JSON schema as a dict; without it, the one that the
            request restricted its answer to, if any. Tells the possible values of a
            field, and what is missing.

        Returns
        -------
        DataFrame
            One row a value that holds no other: ``generation, path, value,
            probability, logprob, mean_logprob, min_logprob`` (nats), ``type, n_tokens,
            start, stop, byte_start, byte_stop, weakest`` (its least likely token),
            ``weakest_probability, decided_at`` (the position where its possible
            values part, else of the weakest), ``alternatives`` there as (token,
            probability), ``distribution`` over the possible values of an enum,
            boolean or null, ``unattributed`` (mass that no value could be given),
            ``occurrence`` (from 1, of a path that comes again), ``forced,
            constrained, problem``. Empty if the answer is no JSON.

        Raises
        ------
        InputError
            The schema is none.

        Notes
        -----
        `lpwidgets.analysis.fields` says which tokens count for a value.
        """
        from lpwidgets.analysis.fields import fields

        return fields(self._each(), schema)

    def fields_view(self, schema: Any = None) -> FieldsWidget:
        """Return the view of `fields`: the JSON as a tree, a bar beside each value.

        Parameters
        ----------
        schema
            As for `fields`.

        Raises
        ------
        InputError
            The schema is none.
        """
        from lpwidgets.display.fields_widget import FieldsWidget

        return FieldsWidget(self._each(), schema)
