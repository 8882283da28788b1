"""The search works; then objects, their copies, tables and files."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest

import lpwidgets as lp
from lpwidgets.display.static_html import render
from lpwidgets.display.widget import TokensWidget
from tests.canary.echo import ANSWER, CUT, WHOLE, tree
from tests.canary.needles import KEY, SPELLINGS, found_in, places_with_key
from tests.client.server import FaultServer, head

FORMS: dict[str, str | bytes] = {
    "bearer": f"Bearer {KEY}!",
    "capitals": KEY.upper(),
    "reversed": KEY[::-1],
    "first half": KEY[:20],
    "second half": KEY[20:],
    "quoted": quote(KEY),
    "hex": KEY.encode().hex(),
    "numbers": json.dumps(list(KEY.encode())),
    "pickle": pickle.dumps({"key": KEY}),
}
FORMS |= {
    f"base64 after {n}": base64.b64encode(b"x" * n + KEY.encode() + b"yz")
    for n in range(6)
}


@pytest.mark.parametrize("place", FORMS.values(), ids=FORMS)
def test_a_planted_key_is_found(place: str | bytes) -> None:
    """Or the searches below would prove nothing."""
    assert found_in(place)
    assert len(SPELLINGS) == 13
    with pytest.raises(AssertionError):
        places_with_key({"an empty place": ""})


def answers(kind: str) -> tuple[Any, list[Any]]:
    """Return a client and what it answered, from a server that repeats the key."""
    in_json = (head("application/json"), WHOLE)
    with FaultServer(ANSWER, in_json, CUT, ANSWER) as server:
        if kind == "AsyncClient":
            answer: tuple[Any, list[Any]] = asyncio.run(_async_answers(server.url))
        else:
            client = server.client(api_key=KEY)
            given = [client.generate("Hi"), client.generate("Hi", stream=False)]
            given += [client.generate("Hi"), *client.stream("Hi")]
            answer = client, given
        sent = [request.count(KEY.encode()) for request in server.requests]
        assert sent == [1, 1, 1, 1]
    return answer


async def _async_answers(url: str) -> tuple[lp.AsyncClient, list[Any]]:
    client = lp.AsyncClient(base_url=url, model="m", api_key=KEY)
    given = [await client.generate("Hi"), await client.generate("Hi", stream=False)]
    given += [await client.generate("Hi")]
    given += [snapshot async for snapshot in client.stream("Hi")]
    await client.close()
    return client, given


@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_objects_and_what_they_lead_to(kind: str, tmp_path: Path) -> None:
    """A server that repeats the key in tokens, ids, headers and errors changes nothing.

    Its tokens have an ellipsis in place of the key.
    """
    client, given = answers(kind)
    places: dict[str, str | bytes] = {
        "repr of the client": repr(client) + str(client) + f"{client}",
        "tree of the client": tree(client),
        "dir of the client": repr([(n, getattr(client, n)) for n in dir(client)]),
        "tree of a flight": tree(client.flight("Hi")),
        "last": tree(client.last),
    }
    for number, gen in enumerate(given):
        file = tmp_path / f"{number}.parquet"
        gen.to_pandas("alternatives").to_parquet(file)
        page = tmp_path / "page.html"
        page.write_text(render([gen]))
        widget = TokensWidget([gen])
        places |= {
            f"{number} tree": tree(gen),
            f"{number} text": gen.text + repr(gen) + str(gen),
            f"{number} rows": repr(list(gen)) + repr(gen[:2].text),
            f"{number} meta": repr(gen.meta),
            f"{number} findings": repr(gen.findings) + gen.status,
            f"{number} summary": repr(gen.summary()),
            f"{number} arrays": b"".join(gen.columns.pieces.as_bytes) + b" ",
            f"{number} frame": gen.to_pandas().to_csv() + repr(gen.to_pandas().attrs),
            f"{number} Arrow": repr(pa.table(gen).to_pydict()),
            f"{number} Parquet": file.read_bytes(),
            f"{number} to_openai": json.dumps(gen.to_openai()),
            f"{number} read again": tree(lp.read(gen.to_openai())),
            f"{number} pickle": pickle.dumps(gen),
            f"{number} deep copy": tree(copy.deepcopy(gen)),
            f"{number} static HTML": page.read_bytes(),
            f"{number} bundle": repr(gen._repr_mimebundle_()),
            f"{number} widget state": repr(widget.get_state()) + tree(widget.frame),
        }
    assert places_with_key(places) == {}
    assert "Bearer …" in given[0].text
    assert given[0][0].bytes == "Bearer …".encode()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_is_not_copied(copied: Any) -> None:
    """A copy would be one more place."""
    client = lp.Client("vllm", api_key=KEY)
    for thing in (client, client._endpoint.key):
        with pytest.raises(TypeError) as caught:
            copied(thing)
        assert not found_in(repr(caught.value))


ALONE = """
import os, sys, time
from tests.canary.leftovers import holders
import lpwidgets as lp
key = sys.stdin.readline().strip()
client = lp.Client(base_url=os.environ["SERVER"], model="m", api_key=key)
client.generate("Hi")
print(holders(key))
client.close()
del client
end = time.monotonic() + 5  # the background thread lets go a moment later
while "Key" in (left := holders(key)) and time.monotonic() < end:
    time.sleep(0.01)
print(left)
"""


def test_nothing_holds_it_once_the_client_is_gone() -> None:
    """As far as the garbage collector can see, the variable of the caller aside."""
    with FaultServer(ANSWER) as server:
        done = subprocess.run(
            [sys.executable, "-c", ALONE],
            input=KEY,
            env=os.environ | {"SERVER": server.url},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
    while_open, afterwards = done.stdout.splitlines()
    assert json.loads(while_open.replace("'", '"')) == ["Key", "dict"]
    assert json.loads(afterwards.replace("'", '"')) == ["dict"]
    assert not found_in(done.stdout + done.stderr)
