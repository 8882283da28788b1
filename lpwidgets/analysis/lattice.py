"""`lattice`: many runs of one question as one graph of what the model would say.

Runs are one where they begin alike, and again where all that can follow is the same, up
to the answer: the smallest automaton that reads these runs, token by token, and tells
their answers. No path in it was taken by no run.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lpwidgets.analysis.merging import Edge, merged, told
from lpwidgets.analysis.samples import ALONE, Samples
from lpwidgets.errors import InputError
from lpwidgets.generation import Generation

if TYPE_CHECKING:
    import pandas as pd

    from lpwidgets.analysis.agreement import Same
    from lpwidgets.generation import MimeBundle


class Answer(NamedTuple):
    """Runs that say the same.

    ``text`` is what most of them say. ``paths`` counts their different token sequences,
    ``mass`` is the probability of all of these together, NaN if one is unknown.
    """

    text: str
    runs: tuple[int, ...]
    mass: float
    paths: int


class Lattice:
    """The runs of one question as a graph, and their answers at its leaves.

    Parameters
    ----------
    runs
        The runs.
    same
        Whether two texts say the same; see `lpwidgets.analysis.agreement.clusters`.

    Attributes
    ----------
    runs
        The generations, numbered from 0.
    edges
        A list of `Edge`; state 0 is the beginning, every target larger than its source.
    paths
        The numbers of each run's edges, from the beginning to its answer.
    """

    def __init__(self, runs: list[Generation], same: Same | None = None) -> None:
        self._samples = Samples(runs, same)
        order = np.argsort(-self._samples.sizes, kind="stable")
        self._clusters: list[int] = order.tolist()
        self.runs = self._samples.generations
        answers = np.argsort(order)[self._samples.labels].tolist()
        self.edges, self.paths = merged(self.runs, self._samples.texts, answers)

    @cached_property
    def leaves(self) -> list[Answer]:
        """The answers, most frequent first; `answers` gives them as a frame."""
        samples = self._samples
        logprobs = samples.cluster_logprobs(samples.sequence_logprobs)
        masses = np.exp(np.minimum(logprobs, _LARGEST)).tolist()
        found = []
        for cluster in self._clusters:
            runs = tuple(samples.members(cluster))
            paths = len({tuple(self.paths[run]) for run in runs})
            text = samples.text_of(cluster)
            found.append(Answer(text, runs, masses[cluster], paths))
        return found

    def to_pandas(self) -> pd.DataFrame:
        """Return the edges, a row each.

        Returns
        -------
        DataFrame
            ``source, target, token, bytes, token_id, part, count, share, probability,
            contexts, answer``; see `Edge`. ``count`` is the number of runs through it,
            ``share`` their share of all runs.
        """
        frame = self._framed(self.edges, Edge)
        names = ["source", "target", "token", "bytes", "token_id", "part", "count"]
        return frame[[*names, "share", "probability", "contexts", "answer"]]

    def answers(self) -> pd.DataFrame:
        """Return the answers, a row each, most frequent first.

        Returns
        -------
        DataFrame
            ``text, count, share, mass, paths, runs``; see `Answer`. ``share`` is how
            often it came, ``mass`` how likely the model thought what came.
        """
        frame = self._framed(self.leaves, Answer)
        return frame[["text", "count", "share", "mass", "paths", "runs"]]

    def _framed(
        self, rows: list[Edge] | list[Answer], kind: type[Edge | Answer]
    ) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame(rows, columns=list(kind._fields))
        frame["count"] = [len(row.runs) for row in rows]
        frame["share"] = frame["count"] / len(self.runs)
        return frame

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know."""
        pairs = zip(self.runs, self._samples.texts, strict=True)
        untold = sum(bool(text) and not told(run).size for run, text in pairs)
        forks = {edge.source for edge in self.edges if edge.answer < 0}
        begun = sum(self.edges[path[-1]].source in forks for path in self.paths)
        known = [note for note in self._samples.notes("run") if note != ALONE]
        ours = ((_UNTOLD, untold), (_BEGUN, begun))
        return (*known, *(f"{what}: {_runs(count)}" for what, count in ours if count))

    def __repr__(self) -> str:
        most, total = self.leaves[0], len(self.runs)
        text = most.text if len(most.text) <= _SHOWN else most.text[: _SHOWN - 1] + "…"
        different = len({tuple(path) for path in self.paths})
        facts = [_runs(total), f"{different} different"]
        facts.append(f"{len(self.leaves)} answer{'s' * (len(self.leaves) > 1)}")
        facts.append(f"{text!r} {len(most.runs) / total:.0%}")
        return f"<Lattice {' · '.join(facts)}>"

    def _repr_mimebundle_(self, **_: object) -> MimeBundle:
        from lpwidgets.display.lattice_widget import LatticeWidget

        return LatticeWidget(self)._repr_mimebundle_()


def lattice(
    runs: Generation | Iterable[Generation], *, same: Same | None = None
) -> Lattice:
    """Merge the runs of one question into a graph that ends in their answers.

    Parameters
    ----------
    runs
        `Generations`, or any number of `Generation`: the runs.
    same
        Whether two texts say the same; see `lpwidgets.analysis.agreement`. Without,
        equal but for case, space and a full stop.

    Raises
    ------
    InputError
        There are none, they are something else, or ``same`` cannot be asked.

    >>> lattice(gens)
    <Lattice 4 runs · 2 different · 2 answers · 'a' 75%>
    >>> lattice(gens).answers()[["text", "count", "share", "mass"]]
      text  count  share  mass
    0    a      3   0.75  0.50
    1    b      1   0.25  0.25
    """
    listed = [runs] if isinstance(runs, Generation) else _listed(runs)
    for one in listed:
        if not isinstance(one, Generation):
            msg = (
                f"{one!r:.40} is no Generation: a lattice is of the runs of one "
                "question, such as\nclient.generate(…, n=20); lp.read makes "
                "generations of what you hold"
            )
            raise InputError(msg)
    return Lattice(listed, same)


def _listed(runs: Any) -> list[Any]:
    return list(runs) if isinstance(runs, Iterable) else [runs]


_LARGEST = 80.0
"""Raw logits may be above any log probability; exp can still say this one."""
_SHOWN = 30
_UNTOLD = "without tokens, so that the text is one piece"
_BEGUN = "without an end token, where another goes on, so that the mass is both's"


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count > 1)}"
