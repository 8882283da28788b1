"""What there is of a text that is made step by step, and what may come next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import msgspec

from lpwidgets.client.llamacpp import spelled
from lpwidgets.client.loop import Job
from lpwidgets.errors import InputError
from lpwidgets.meta import Status
from lpwidgets.pieces import display_text
from lpwidgets.stepping.guesses import unseen
from lpwidgets.stepping.moves import Moves, Place
from lpwidgets.stepping.steps import How, Step, built, said
from lpwidgets.wire.records import Candidate, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    import pandas as pd

    from lpwidgets.client.client import Client
    from lpwidgets.generation import Generation, TokenRow
    from lpwidgets.meta import Meta
    from lpwidgets.stepping.ground import Ground
    from lpwidgets.tree.tree import Tree

ENDED = "the text has ended: rewind to go on another way"


class Text:
    """A text so far; `lpwidgets.Stepping` has what can be done with it."""

    def __init__(
        self,
        steps: Sequence[Step] = (),
        at: int = 0,
        *,
        meta: Meta,
        ground: Ground | None = None,
        client: Client | None = None,
    ) -> None:
        self._ground, self._client, self._meta = ground, client, meta
        self._moves = Moves(Place(tuple(steps), at))
        self._known: dict[tuple[int, ...], list[Candidate]] = {}
        self._created = time.time()
        self.watchers: WeakSet[Any] = WeakSet()

    @property
    def place(self) -> Place:
        """The tokens, those ahead too, and how many of them are the text."""
        return self._moves.place

    @property
    def position(self) -> int:
        """The position of the next token: how many there are."""
        return self.place.at

    def __len__(self) -> int:
        return self.position

    @property
    def text(self) -> str:
        """The text so far."""
        return said(self.place.text)

    @property
    def ahead(self) -> int:
        """How many tokens were cut off by `rewind`, and can be gone to."""
        return len(self.place.steps) - self.position

    @property
    def over(self) -> bool:
        """Whether nothing can come next."""
        place = self.place
        if self._ground is None:
            return place.at == len(place.steps)
        return bool(place.text) and place.text[-1].token.id in self._ground.ends

    @property
    def ends(self) -> frozenset[int]:
        """The ids of tokens that end a text, as far as they are known."""
        return self._ground.ends if self._ground else frozenset()

    @property
    def has_client(self) -> bool:
        """Whether there is a server to go on with."""
        return self._ground is not None

    @property
    def can(self) -> tuple[bool, bool]:
        """Whether there is something to undo, and to redo."""
        return self._moves.can

    @property
    def generation(self) -> Generation:
        """The text so far, with all values.

        What was picked or written is `Part.FORCED`: nobody sampled it, and it is no
        part of a score such as the perplexity.
        """
        return self._generation(self.place.text)

    @property
    def tree(self) -> Tree:
        """All ways that were tried, a leaf each, as an `lpwidgets.Tree`."""
        from lpwidgets.tree.tree import Tree

        return Tree([self._generation(steps) for steps in self._moves.tried])

    @property
    def candidates(self) -> pd.DataFrame:
        """What may come next, most likely first; asked for if it is not known yet.

        A row a token: rank, token, bytes, token_id, logprob (nats), probability. The
        mass of all others is `unseen`. Empty at the end of the text.

        Raises
        ------
        LpError
            The server did not answer.
        """
        import numpy as np
        import pandas as pd

        listed = self.listed()
        frame = pd.DataFrame(
            {
                "rank": range(1, len(listed) + 1),
                "token": [text_of(one) for one in listed],
                "bytes": [spelled(one) for one in listed],
                "token_id": [one.id for one in listed],
                "logprob": np.array([one.logprob for one in listed], dtype=np.float64),
            }
        )
        return frame.assign(probability=np.exp(frame["logprob"]))

    @property
    def unseen(self) -> float:
        """The mass of all tokens that are not among the candidates, from 0 to 1."""
        return unseen(self.listed())

    def known(self) -> list[Candidate] | None:
        """Return the candidates, None if they have to be asked for."""
        place = self.place
        if place.at < len(place.steps):
            return place.steps[place.at].listed
        return [] if self.over else self._known.get(self._ids())

    def listed(self) -> list[Candidate]:
        """Return the candidates.

        Raises
        ------
        LpError
            The server did not answer.
        """
        listed = self.known()
        if listed is None:
            ids = self._ids()
            self._need_room(1)
            ground = self._ground
            assert ground  # noqa: S101 — without one all is known
            listed = self._ask(ground.peek([*ground.prompt, *ids]))
            self._known[ids] = listed
        return listed

    def _row(self) -> TokenRow:
        """Return the newest token."""
        row = built(self.place.text[-1:], self._meta)[0]
        return row._replace(position=self.position - 1)

    def _ids(self) -> tuple[int, ...]:
        return tuple(one.token.id for one in self.place.text)

    def _refresh(self) -> None:
        for watcher in list(self.watchers):
            watcher.refresh()

    def _ask(self, work: Coroutine[Any, Any, Any]) -> Any:
        return Job(work).wait()

    def _need_client(self, does: str) -> Ground:
        if self._ground is None:
            msg = (
                f"there is no client that {does} here: client.stepping(prompt) has one"
            )
            raise InputError(msg)
        return self._ground

    def _need_room(self, count: int) -> None:
        room = self._ground.room if self._ground else None
        if self.over:
            raise InputError(ENDED)
        if room is not None and self.position + count > room:
            msg = f"the model's context has room for {room:,} tokens after this prompt"
            raise InputError(f"{msg}: rewind to go on another way")

    def _generation(self, steps: Sequence[Step]) -> Generation:
        meta, ground = self._meta, self._ground
        if ground is None:
            return built(steps, meta)
        ended = bool(steps) and steps[-1].token.id in ground.ends
        sampled = sum(one.part is Part.GENERATED for one in steps)
        counts = {how: sum(one.how is how for one in steps) for how in How}
        note = ", ".join(f"{n} {how}" for how, n in counts.items() if n)
        meta = msgspec.structs.replace(
            meta,
            status=Status.COMPLETE if ended else Status.STOPPED,
            finish_reason="stop" if ended else "",
            note=f"made step by step: {note or 'no tokens yet'}",
            requests=ground.requests,
            usage=Usage(len(ground.prompt), sampled),
            created=self._created,
        )
        return built(steps, meta)


def text_of(one: Candidate) -> str:
    """Return what a candidate spells, half characters escaped."""
    return display_text(spelled(one))
