"""The widget's side in Python: what it sends, what it is told, its fallbacks."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lpwidgets import Client, Generation, Tree, TreeWidget
from lpwidgets.display import tree_html
from lpwidgets.errors import InputError
from tests.make_generation import generation, token
from tests.test_codec import _header
from tests.tree.strategies import words

if TYPE_CHECKING:
    from collections.abc import Callable

SAT = words("The", " cat", " sat")
RAN = words("The", " cat", " ran", " off")


class Recorder(TreeWidget):
    """A widget that keeps the messages it sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[tuple[dict[str, Any], dict[str, Any]]] = []
        super().__init__(*args, **kwargs)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keep the structure, and the header of the tokens."""
        assert content["type"] == "append"
        self.sent.append((content["tree"], _header(buffers[0])))


def rows(structure: dict[str, Any]) -> list[list[int]]:
    """Return the rows of each node."""
    return [
        [row for a, b in zip(runs[::2], runs[1::2], strict=True) for row in range(a, b)]
        for runs in structure["runs"]
    ]


def wait(done: Callable[[], bool]) -> None:
    """Wait for something that a thread does."""
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_every_token_is_sent_once() -> None:
    """The structure says of each node where it hangs and which rows it has."""
    widget = TreeWidget(Tree([SAT, RAN]))
    structure = widget.tree
    assert structure["parent"] == [-1, 0, 0]
    assert structure["position"] == [0, 2, 2]
    assert sorted(chain(*rows(structure))) == list(range(5))
    assert _header(widget.frame)["generations"][0]["columns"]["token"]["length"] == 5
    assert [leaf["name"] for leaf in structure["leaves"]] == ["1", "2"]
    assert structure["leaves"][1]["logprob"] == pytest.approx(-2.0)
    assert structure["seq"] == _header(widget.frame)["seq"]


def test_it_follows_the_tree_and_rows_stay_where_they_are() -> None:
    """What is open in the page is known by its rows; nothing is sent for nothing."""
    tree = Tree([SAT, RAN])
    widget = TreeWidget(tree)
    before = {len(one): one for one in rows(widget.tree)}
    tree.add(words("The", " dog"))
    assert rows(widget.tree)[0] == [0]
    assert set(before[2]) < set(chain(*rows(widget.tree)))
    frame = widget.frame
    tree.rename("3", "dog")
    assert "dog" in {leaf["name"] for leaf in widget.tree["leaves"]}
    tree.undo()
    tree.undo()
    assert {len(one): one for one in rows(widget.tree)} == before
    assert widget.frame is frame
    widget.live = False
    tree.add(words("A"))
    assert len(widget.tree["leaves"]) == 2
    widget.close()


def grown(count: int) -> Generation:
    """Return a branch that has so many tokens by now."""
    return words("The", *(f" t{k}" for k in range(count)))


def test_growing_sends_what_is_new_and_the_end_is_a_keyframe() -> None:
    """Appends without a gap; rows that are as they were stay the same rows."""
    tree = Tree(SAT)
    widget = Recorder(tree)
    (name,) = tree.state.reserve([], 1)
    for count in range(1, 6):
        widget._due = 0.0
        tree.state.follow({name: grown(count)})
    news = [header["generations"][0] for _, header in widget.sent]
    assert [one["rows"][0] for one in news] == [[0, 1]] * 5
    seqs = [one["seq"] for one in news]
    assert seqs == list(range(seqs[0], seqs[0] + 5))
    assert [structure["seq"] for structure, _ in widget.sent] == seqs
    assert all(structure["live"] for structure, _ in widget.sent)
    last = rows(widget.sent[-1][0])
    tree.state.settle([name], {name: grown(6)})
    header = _header(widget.frame)
    assert (header["kind"], header["live"]) == ("keyframe", False)
    assert not widget.tree["live"]
    assert rows(widget.tree)[2][:5] == last[2]
    assert header["generations"][0]["columns"]["token"]["length"] == 3 + 6


def test_a_large_tree_is_not_sent_too_often() -> None:
    """A message waits until its page has had time for the last."""
    tree = Tree(SAT)
    widget = Recorder(tree)
    (name,) = tree.state.reserve([], 1)
    for count in range(1, 50):
        tree.state.follow({name: grown(count)})
    assert 1 <= len(widget.sent) < 25
    tree.state.settle([name], {name: grown(50)})
    assert sum(map(len, rows(widget.tree))) == 3 + 50


@pytest.mark.engine
def test_a_click_branches_and_a_stop_keeps_what_came(client: Client) -> None:
    """Two clicks grow at once, in the background; stop ends both."""
    answer = client.generate("Tell me about the sea.", temperature=0, max_tokens=12)
    tree = Tree(answer)
    options = {"max_tokens": 1500, "ignore_eos": True}
    widget = TreeWidget(tree, client, options=options)
    assert widget.can_branch
    for place in (1, 2):
        asked = {"type": "branch", "leaf": "1", "position": 3, "token": place}
        widget._on_message(widget, asked, [])
    wait(lambda: len(widget._growths) == 2)
    wait(lambda: len(tree.state.shown.children) == 3)
    assert widget.error == ""
    widget._on_message(widget, {"type": "stop"}, [])
    wait(lambda: len(tree) == 3)
    forced = {leaf.generation[3].bytes for leaf in tree if leaf.name != "1"}
    assert forced == {answer[3].alternatives[k].bytes for k in (1, 2)}
    assert {leaf.status for leaf in tree if leaf.name != "1"} == {"interrupted"}
    wait(lambda: not widget.tree["live"])
    assert not widget.tree["stoppable"]


def test_what_goes_wrong_is_said_in_the_view() -> None:
    """In one line; the tree stays as it is."""
    tree = Tree(SAT)
    widget = TreeWidget(tree)
    asked = {"type": "branch", "leaf": "1", "position": 1, "token": 1}
    widget._on_message(widget, asked, [])
    assert "this view has no client" in widget.error
    own = Client(base_url="http://a-server/v1", model="a-model")
    widget = TreeWidget(tree, own)
    widget._on_message(widget, {**asked, "leaf": "9"}, [])
    assert "there is no leaf '9'" in widget.error
    widget._on_message(widget, {**asked, "position": 9}, [])
    assert "there is no token 9" in widget.error
    widget._on_message(widget, asked, [])
    assert "this generation is of 'local'" in widget.error
    widget._on_message(widget, {"type": "branch"}, [])
    assert widget.error
    widget._on_message(widget, "nonsense", [])
    assert len(tree) == 1
    with pytest.raises(InputError, match="a Tree is shown here"):
        TreeWidget(SAT)  # type: ignore[arg-type]


class Seen(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Keep a tag."""
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.text += data


def test_the_fallbacks_hold_what_is_shown_and_run_nothing() -> None:
    """Every text is escaped, names too; runs without JavaScript."""
    evil = generation(token("The", -0.5), token("<img src=x onerror=a()>", -1.0))
    tree = Tree([SAT, evil])
    tree.rename("2", "<script>")
    data, _ = TreeWidget(tree)._repr_mimebundle_()
    assert data["text/plain"] == repr(tree)
    seen = Seen(data["text/html"])
    assert seen.tags <= {"div", "span", "details", "summary"}
    assert "<img src=x onerror=a()>" in seen.text
    assert "[<script>: complete]" in seen.text
    assert data["text/html"].count("<details") == 1


def test_a_large_tree_is_cut_in_the_fallback() -> None:
    """With the rest counted in words; however deep it is."""
    names = [f" {k}" for k in range(60)]
    tree = Tree(words(*names))
    tree.extend(
        words(*names[:k], *(f" !{k}.{j}" for j in range(80))) for k in range(1, 50)
    )
    page = tree_html.render(tree.root, "a tree")
    said = Seen(page).text
    left = tree.token_count - tree_html.MAX_TOKENS
    assert f"{left:,} more tokens not shown" in said


def test_floats_are_json() -> None:
    """A mass that is unknown is null, never NaN."""
    unknown = generation(token("The", -0.5), token(" end", None))
    leaves = TreeWidget(Tree(unknown)).tree["leaves"]
    assert [leaf["logprob"] for leaf in leaves] == [None]
    assert not np.isnan(TreeWidget(Tree(SAT)).tree["leaves"][0]["logprob"])
