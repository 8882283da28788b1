"""`read`: a `Generation` from what people already hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lpwidgets.errors import InputError
from lpwidgets.frames import read_parquet
from lpwidgets.generation import Generation, Generations
from lpwidgets.reading import answers, objects
from lpwidgets.reading.shapes import plain
from lpwidgets.reading.text import documents, is_data

if TYPE_CHECKING:
    from lpwidgets.reading.text import Document
    from lpwidgets.wire.records import Done

    Item = Document | Done | Generation

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FIELDS = ("choices", "output", "response_metadata", "logprobs", "logprob", "content")


def read(x: Any, *, tokenizer: Any = None, top: int = 20) -> Generation | Generations:
    """Return the generation, or the generations, that something holds.

    It is recognised by its shape; no other library is imported, nothing is fetched or
    evaluated. What was cut off has status `TRUNCATED`, with every token that came.

    Parameters
    ----------
    x
        An answer of an OpenAI-style server (chat completions, completions, Responses)
        or of the own API of Gemini, DeepInfra, Text Generation Inference, SGLang,
        llama.cpp or Ollama, as the object of an SDK, its stream chunks, dicts, JSON,
        JSON Lines (also of the batch API), server-sent events, a path to a file of
        those, an open file, or an HTTP response; an output of vLLM, transformers,
        LangChain or inspect_ai; the path of a Parquet file that ``to_parquet`` wrote;
        ``logprobs`` alone, or a list of ``{token, logprob, top_logprobs}``;
        generations, returned as they are; a list of any.
    tokenizer
        What turns the ids of transformers into text.
    top
        How many alternatives a token to keep of the scores of transformers.

    Returns
    -------
    Generation or Generations
        One `Generation`, or `Generations` if there are several.

    Raises
    ------
    InputError
        It has no shape that is known, is empty, is a URL, or no such file exists.
    WireError
        It promises an answer and holds something else.
    """
    if isinstance(x, Generation | Generations):
        return x
    if objects.is_transformers(x):
        found = objects.from_transformers(x, tokenizer, top)
    else:
        found = list(_grouped(_items(x)))
    if not found:
        raise InputError(f"there is nothing in this {type(x).__name__}: no answer yet?")
    return found[0] if len(found) == 1 else Generations(found)


def _grouped(items: Iterable[Item]) -> Iterator[Generation]:
    waiting: list[Document | Done] = []
    for item in items:
        if isinstance(item, Generation):
            yield from answers.generations(waiting)
            waiting.clear()
            yield item
        else:
            waiting.append(item)
    yield from answers.generations(waiting)


def _items(x: Any) -> Iterator[Item]:
    """Yield the documents, and the generations that have none, in their order."""
    if isinstance(x, Generation):
        yield x
    elif isinstance(x, str | bytes | bytearray | memoryview | Path):
        yield from _of_text(x)
    elif objects.is_vllm(x):
        yield from objects.from_vllm(x)
    elif (body := _body(x)) is not None:
        yield from documents(body)
    elif _is_object(x):
        yield plain(x) or _nothing(x)
    elif hasattr(x, "readline"):
        yield from _items(x.read())
    elif isinstance(x, Iterable):
        for item in x:
            yield from _items(item)
    else:
        raise answers.unknown(x)


def _nothing(x: Any) -> NoReturn:
    raise answers.unknown(x)


def _is_object(x: Any) -> bool:
    known = isinstance(x, Mapping) or hasattr(x, "model_dump")
    return known or any(hasattr(x, name) for name in _FIELDS)


def _body(x: Any) -> bytes | None:
    """Return the body of an HTTP response, None for anything else."""
    try:
        content = getattr(x, "content", None)
    except RuntimeError as error:
        name = type(x).__name__
        msg = f"this {name} has no body yet; call its read() first ({error})"
        raise InputError(msg) from None
    return content if isinstance(content, bytes) else None


def _of_text(x: str | bytes | bytearray | memoryview | Path) -> Iterator[Item]:
    """Yield what a text, or the file it names, holds."""
    if isinstance(x, Path):
        if x.suffix == ".parquet":
            yield from read_parquet(x.expanduser())
            return
        yield from answers.generations(documents(_file(x)))
        return
    data = x.encode("utf-8", "surrogatepass") if isinstance(x, str) else bytes(x)
    if is_data(data):
        yield from documents(data)
    elif isinstance(x, str) and x.strip():
        if _URL.match(x):
            msg = f"lp.read fetches nothing: download {x[:60]} and pass the file"
            raise InputError(msg)
        yield from _of_text(Path(x))
    elif data.strip():
        raise InputError(f"these bytes are neither JSON nor events: {data[:40]!r}")


def _file(path: Path) -> bytes:
    shown = str(path)[:80]
    try:
        data = path.expanduser().read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = (
            f"{shown!r} is neither JSON, nor events, nor a file that can be read "
            f"({reason});\npass the answer itself, its JSON, or the path of its file"
        )
        raise InputError(msg) from None
    if data.strip() and not is_data(data):
        raise InputError(f"the file {shown!r} is neither JSON nor events")
    return data
