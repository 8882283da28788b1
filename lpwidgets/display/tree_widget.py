"""`TreeWidget`: a tree in the page, live while its branches grow."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from lpwidgets.analysis import metrics
from lpwidgets.display import codec, saved, tree_html
from lpwidgets.display.bundles import complete
from lpwidgets.display.head import head_of
from lpwidgets.display.news import Extent, News
from lpwidgets.display.tree_layout import Layout
from lpwidgets.errors import InputError
from lpwidgets.tree.growth import Growth
from lpwidgets.tree.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lpwidgets.client.client import Client

_STATIC = Path(__file__).parent.parent / "static"

_PAUSE = 0.05
"""At most 20 messages a second: Jupyter drops what comes much faster."""

_SHARE = 4.0
"""How much longer to pause than the last message took."""


class TreeWidget(anywidget.AnyWidget):
    """The spine of a tree as text, its branches below the tokens they fork at.

    It follows every change of the tree, and the branches that grow in it.

    Parameters
    ----------
    tree
        What to show.
    client
        The `Client` that made it: a click on an alternative then branches there.
    options
        For those branches, as for `lpwidgets.Client.branch`.
    color
        The metric of the background: a name of `lpwidgets.analysis.metrics.names`.
    live
        Whether to follow the tree, or to stay as it is now.

    Attributes
    ----------
    error
        What went wrong with the last branch from the page, empty if nothing did.

    Raises
    ------
    InputError
        It is no tree, or there is no metric of that name.
    """

    _esm = _STATIC / "tree.js"
    _css = _STATIC / "tree.css"

    frame = traitlets.Bytes(help="the table of tokens").tag(
        sync=True, echo_update=False
    )
    tree = traitlets.Any(help="the structure").tag(sync=True, echo_update=False)
    color = traitlets.Unicode(help="the metric of the background").tag(sync=True)
    can_branch = traitlets.Bool(help="whether there is a client").tag(sync=True)
    error = traitlets.Unicode(help="what went wrong").tag(sync=True)

    def __init__(
        self,
        tree: Tree,
        client: Client | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        color: str = "probability",
        live: bool = True,
        **kwargs: Any,
    ) -> None:
        if not isinstance(tree, Tree):
            msg = f"a Tree is shown here, not {type(tree).__name__}: lp.Tree(gen)"
            raise InputError(msg)
        self._shown = tree
        self._client, self._options = client, dict(options or {})
        self._layout = Layout()
        self._growths: set[Growth] = set()
        self._seq = self._keyframe = 0
        self._sent = Extent()
        self._due = 0.0
        with tree.state.lock:
            state = self._state()
            super().__init__(
                **state,
                color=metrics.get(color).name,
                can_branch=client is not None,
                **kwargs,
            )
            self.live = live
        self.on_msg(self._on_message)

    @property
    def live(self) -> bool:
        """Whether it follows the tree."""
        return self in self._shown.state.watchers

    @live.setter
    def live(self, follows: bool) -> None:
        watchers = self._shown.state.watchers
        (watchers.add if follows else watchers.discard)(self)

    def close(self) -> None:
        """Take it off the page."""
        if "_shown" in vars(self):  # one that was refused is closed, too
            self.live = False
        super().close()

    @traitlets.validate("color")
    def _known_color(self, proposal: dict[str, str]) -> str:
        return metrics.get(proposal["value"]).name

    def refresh(self) -> None:
        """Show what the tree is now; while it grows, not more often than is good."""
        with self._shown.state.lock:
            began = time.monotonic()
            if not self._shown.state.growing:
                with self.hold_sync():
                    for name, value in self._state().items():
                        setattr(self, name, value)
            elif began >= self._due:
                self._append()
                took = time.monotonic() - began
                self._due = began + max(_PAUSE, (1 + _SHARE) * took)

    def _state(self) -> dict[str, Any]:
        """Return what the page is to know: the structure, tokens if there are new."""
        structure = self._structure()
        table = self._layout.table
        extent = Extent.of(table)
        if self._seq and extent == self._sent and self._seq == self._keyframe:
            return {"tree": structure}
        self._seq += 1
        self._keyframe, self._sent = self._seq, extent
        live = bool(self._shown.state.growing)
        frame = codec.keyframe([table], self._seq, live=live)
        return {"frame": frame, "tree": structure | {"seq": self._seq}}

    def _structure(self) -> dict[str, Any]:
        state = self._shown.state
        return {
            "seq": self._seq,
            "live": bool(state.growing),
            "stoppable": bool(self._growths),
            **self._layout.place(state.shown),
        }

    def _append(self) -> None:
        """Send what is new."""
        structure = self._structure()
        table = self._layout.table
        self._seq += 1
        news = News(table, self._sent, self._seq, head_of(table)._asdict())
        self._sent = Extent.of(table)
        message = {"type": "append", "tree": structure | {"seq": self._seq}}
        self.send(message, buffers=[codec.append([news])])

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "stop":
            for growth in list(self._growths):
                growth.stop()
        elif kind == "branch":
            try:
                growth = self._growth(
                    **{k: v for k, v in content.items() if k != "type"}
                )
            except Exception as error:  # noqa: BLE001 — nobody else would see it
                self.error = str(error)
                return
            self.error = ""
            threading.Thread(target=self._grow, args=(growth,), daemon=True).start()

    def _growth(self, leaf: str, position: int, token: int) -> Growth:
        """Return the branch that was clicked on, ready to grow.

        ``token`` is its place among the alternatives that are shown at ``position``.
        """
        if self._client is None:
            msg = "this view has no client: lp.TreeWidget(tree, client=client) branches"
            raise InputError(msg)
        source = self._shown.leaf(leaf)
        alternative = source.shown(position).alternatives[token]
        forks = [(position, alternative)]
        state, options = self._shown.state, self._options
        return Growth(state, self._client, source, forks, options=options)

    def _grow(self, growth: Growth) -> None:
        self._growths.add(growth)
        try:
            growth.start()
            while growth.follow():
                pass
        except Exception as error:  # noqa: BLE001 — nobody else would see it
            growth.errors.append(error)
        finally:
            self._growths.discard(growth)
            growth.settle()
        if growth.errors:
            self.error = str(growth.errors[0])

    def __repr__(self) -> str:
        return f"<TreeWidget {self._shown!r}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the live view with its fallbacks, which hold what is shown now."""
        said = repr(self._shown)
        with self._shown.state.lock:
            still = {"seq": 0, "live": False, "stoppable": False}
            tree, table = self._structure() | still, self._layout.table
        return complete(
            super()._repr_mimebundle_(**kwargs),
            said,
            tree_html.render(self._shown.root, said[1:-1]),
            saved.whole("tree", {"tree": tree, "color": self.color}, [table]),
        )
