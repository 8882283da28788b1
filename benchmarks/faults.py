"""What clients make of streams that are cut at each of their bytes, in six ways.

A stream with log probabilities is served over loopback and cut; the answer of `Client`
and, for chats, the chunks of openai-python are compared with what was sent by then.
The two tables count how each request ended.
"""

from __future__ import annotations

import platform
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import product
from typing import TYPE_CHECKING, Any

import openai
import stamina

import lpwidgets as lp
from benchmarks.cut_streams import STREAMS, WAYS, CuttingServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Ask = Callable[[str, str, int], str]

AT_ONCE = 48
SILENCE = 2.0
PATIENCE = 30.0
OURS = ("complete", "cut, said so", "typed error", "SILENT", "NOT A PREFIX", "RAW")
THEIRS = ("complete", "typed error", "silent loss", "raw exception")


def timeout(way: str) -> float:
    """Return the seconds without a byte that a client should wait."""
    return SILENCE if way == "stall" else PATIENCE


class Ours:
    """Asks with `lpwidgets.Client`, and judges what comes back."""

    def __init__(self, url: str) -> None:
        self._clients = {
            (provider, way): lp.Client(
                provider, base_url=url, api_key="key-for-tests", timeout=timeout(way)
            )
            for provider, way in product(("deepinfra", "ollama"), WAYS)
        }
        self._whole = {
            name: rows(self._ask(name, "end", len(stream.body)))
            for name, stream in STREAMS.items()
        }

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _ask(self, name: str, way: str, cut: int) -> lp.Generation:
        stream, model = STREAMS[name], f"cut/{name}/{way}/{cut}"
        client = self._clients[stream.provider, way]
        answer: lp.Generation = client.generate("Hi", model=model, api=stream.api)
        return answer

    def __call__(self, name: str, way: str, cut: int) -> str:
        """Return how a request ended: the last three of `OURS` are faults of ours."""
        stream = STREAMS[name]
        try:
            answer = self._ask(name, way, cut)
        except lp.LpError as error:
            short = len(str(error).splitlines()) <= 3  # noqa: PLR2004
            nothing = stream.tokens_by(cut - stream.mark) == 0
            return "typed error" if short and nothing else "NOT A PREFIX"
        except Exception as error:  # noqa: BLE001
            return f"RAW {type(error).__name__}"
        return self._judge(name, way, cut, answer)

    def _judge(self, name: str, way: str, cut: int, answer: lp.Generation) -> str:
        stream, came = STREAMS[name], rows(answer)
        # Garbage runs into an event that lacks its end mark, and spoils it.
        least = stream.tokens_by(cut - stream.mark if way == "garbage" else cut)
        fits = least <= len(came) <= stream.tokens_by(cut)
        if not fits or came != self._whole[name][: len(came)]:
            return "NOT A PREFIX"
        if answer.status in {"truncated", "error"} and answer.findings:
            return "cut, said so"
        finished = cut >= stream.finish and answer.status == "length"
        return "complete" if finished else "SILENT"


def rows(answer: lp.Generation) -> list[Any]:
    """Return everything of a generation's tokens."""
    return [
        (row.token, row.logprob, [(a.token, a.logprob) for a in row.alternatives])
        for row in answer
    ]


class Theirs:
    """Asks with openai-python, which has no status: its loop ends, or it raises."""

    def __init__(self, url: str) -> None:
        self._clients = {
            way: openai.OpenAI(
                base_url=f"{url}/v1",
                api_key="none",
                max_retries=0,
                timeout=timeout(way),
            )
            for way in WAYS
        }

    def __call__(self, name: str, way: str, cut: int) -> str:
        """Return how a request ended."""
        tokens, reason = 0, None
        try:
            stream = self._clients[way].chat.completions.create(
                model=f"cut/{name}/{way}/{cut}",
                messages=[{"role": "user", "content": "Hi"}],
                logprobs=True,
                stream=True,
            )
            for chunk in stream:
                choice = chunk.choices[0]
                tokens += len((choice.logprobs and choice.logprobs.content) or ())
                reason = choice.finish_reason or reason
        except openai.OpenAIError:
            return "typed error"
        except Exception:  # noqa: BLE001
            return "raw exception"
        whole = reason and tokens == len(STREAMS[name].ends)
        return "complete" if whole else "silent loss"


def ask_all(
    ask: Ask, name: str, ways: Iterable[str] = WAYS, step: int = 1
) -> dict[str, Counter[str]]:
    """Return how often each end came, for each way, at every `step`-th byte."""
    cuts = range(0, len(STREAMS[name].body) + 1, step)
    with (
        stamina.set_testing(True, attempts=3, cap=True),  # retries don't wait
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return {
            way: Counter(pool.map(lambda cut, way=way: ask(name, way, cut), cuts))
            for way in ways
        }


def print_table(
    title: str, ends: tuple[str, ...], counts: dict[str, Counter[str]]
) -> None:
    """Print a row a way."""
    total = sum(sum(row.values()) for row in counts.values())
    print(f"\n{title}, {total:,} requests")
    print(f"{'':15}" + "".join(f"{end:>15}" for end in ends))
    for way, row in counts.items():
        print(f"{way:15}" + "".join(f"{row.pop(end, 0):15,}" for end in ends))
        if row:
            print(f"  and {dict(row)}")


def main() -> None:
    """Print both tables."""
    packages = ("lpwidgets", "openai", "httpx")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"Python {platform.python_version()}, {versions}")
    with CuttingServer() as server:
        ours, theirs = Ours(server.url), Theirs(server.url)
        for name, stream in STREAMS.items():
            title = f"lpwidgets, {name}, {len(stream.body):,} bytes"
            print_table(title, OURS, ask_all(ours, name))
        title = f"openai-python, chat, {len(STREAMS['chat'].body):,} bytes"
        print_table(title, THEIRS, ask_all(theirs, "chat"))
        ours.close()
        print(f"\nconnections that the server still had at the end: {server.open}")


if __name__ == "__main__":
    main()
